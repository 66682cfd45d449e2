"""`readiness notify`: tries out who is told."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from flows.cli.terminal import Format, out, print_json
from flows.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tasks.notify.delivering import Told

app = typer.Typer(help="Try out who is told of what.", no_args_is_help=True)


@app.callback()
def notify() -> None:
    """Try out who is told of what."""


@app.command("test")
def try_out(
    route: Annotated[
        str | None, typer.Argument(help="The owner whose sinks to try, or default; by default every sink.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Send one test message to each sink, and show whether it was accepted, and whether it is there.

    Exit code 1 if a sink did not take it.
    """
    from flows.notifying import send_test

    told = send_test(Settings.of(catalog), route)
    if output is Format.JSON:
        print_json([_as_json(one) for one in told])
    else:
        out.print(_table(told))
    if not all(one.delivery.settled for one in told):
        raise typer.Exit(1)


def _table(told: "Sequence[Told]") -> Table:
    table = Table(title="test messages", title_justify="left", header_style="bold")
    for heading in ("sink", "accepted", "delivered", "seconds", "because"):
        table.add_column(heading, overflow="fold")
    for one in told:
        accepted = "yes" if one.delivery.accepted else "no"
        table.add_row(
            one.sink, accepted, str(one.delivery.delivered), f"{one.seconds:.2f}", one.delivery.because or "-"
        )
    return table


def _as_json(one: "Told") -> dict[str, object]:
    return {
        "sink": one.sink,
        "message": one.message.key,
        "accepted": one.delivery.accepted,
        "delivered": str(one.delivery.delivered),
        "because": one.delivery.because,
        "seconds": round(one.seconds, 3),
    }
