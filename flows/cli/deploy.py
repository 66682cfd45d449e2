"""`readiness deploy`: tells the deploy ledger when a deploy or maintenance begins and ends."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from checks.deploys import Ended, Planned, Started
from checks.epoch import from_milliseconds
from checks.records import rfc3339
from checks.slots import parse_instant
from flows.cli.refusal import refused_in_words
from flows.cli.terminal import Format, out, print_json
from flows.clock import now
from flows.settings import Settings
from tasks.deploys.appending import append, read_ledger

app = typer.Typer(help="Announce deploys and maintenance in the deploy ledger.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Who says so: your name, or the pipeline's.")]
Reason = Annotated[str, typer.Option(help="What is deployed or done, and why.")]
LedgerFile = Annotated[Path | None, typer.Option("--ledger", help="The ledger; by default the one of this home.")]


@app.command()
def start(
    by: By,
    reason: Reason,
    name: Annotated[str | None, typer.Option("--id", help="Its name, used once; by default one is made.")] = None,
    version: Annotated[str | None, typer.Option(help="The version that is deployed.")] = None,
    approved_by: Annotated[
        str | None, typer.Option(help="Makes it maintenance, approved by somebody else than its author.")
    ] = None,
    ledger: LedgerFile = None,
) -> None:
    """Say that a deploy begins now. Prints the id that ends it."""
    at = now()
    chosen = name or f"deploy-{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    with refused_in_words():
        entry = Started(
            id=chosen,
            at=at,
            by=by,
            reason=reason,
            kind="maintenance" if approved_by else "deploy",
            version=version,
            approved_by=approved_by,
        )
    append(_file(ledger), entry)
    print(chosen)  # noqa: T201 (for a pipeline to keep)


@app.command()
def end(name: Annotated[str, typer.Argument(metavar="ID")], by: By, ledger: LedgerFile = None) -> None:
    """Say that a deploy is over."""
    with refused_in_words():
        entry = Ended(id=name, at=now(), by=by)
    append(_file(ledger), entry)


@app.command()
def window(
    since: Annotated[str, typer.Option("--from", help="Its beginning, such as 2026-11-22T02:00Z.")],
    until: Annotated[str, typer.Option(help="Its end.")],
    by: By,
    reason: Reason,
    approved_by: Annotated[str, typer.Option(help="Who approved it: somebody else.")],
    name: Annotated[str | None, typer.Option("--id", help="Its name, used once; by default one is made.")] = None,
    ledger: LedgerFile = None,
) -> None:
    """Announce maintenance whose beginning and end are known."""
    begins, ends = parse_instant(since), parse_instant(until)
    chosen = name or f"maintenance-{begins:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    fields = {"id": chosen, "from": begins, "until": ends, "by": by, "reason": reason, "approved_by": approved_by}
    with refused_in_words():
        entry = Planned.model_validate(fields)
    append(_file(ledger), entry)
    print(chosen)  # noqa: T201 (for a pipeline to keep)


@app.command("list")
def list_windows(
    ledger: LedgerFile = None, output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT
) -> None:
    """Show every window that the ledger holds, and each line of it that says nothing."""
    found = read_ledger(_file(ledger))
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "from": rfc3339(from_milliseconds(one.start)),
            "until": rfc3339(from_milliseconds(one.end)) if one.end is not None else None,
            "by": one.by,
            "reason": one.reason,
        }
        for one in found.windows
    ]
    if output is Format.JSON:
        print_json({"windows": rows, "problems": found.problems})
        return
    table = Table(header_style="bold")
    for heading in ("id", "kind", "from", "until", "by", "reason"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(str(value) if value is not None else "not ended" for value in row.values()))
    out.print(table)
    for problem in found.problems:
        out.print(problem, style="bold red", soft_wrap=True)


def _file(asked: Path | None) -> Path:
    return asked or Settings().deploys
