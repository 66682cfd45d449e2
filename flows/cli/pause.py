"""`readiness pause`: times in which nothing is owed, as leaves of the log."""

from typing import Annotated

import typer

from checks.errors import CatalogError
from checks.slots import Cadence, parse_instant
from flows.cli.refusal import refused_in_words
from flows.cli.terminal import out
from flows.clock import now
from flows.settings import Settings

app = typer.Typer(help="Say when nothing is owed, on record.", no_args_is_help=True)

Cadences = Annotated[list[Cadence], typer.Argument(help="The cadences.")]
Reason = Annotated[str, typer.Option(help="Why, in words an auditor understands.")]


@app.command()
def start(
    cadences: Cadences,
    until: Annotated[str, typer.Option(help="Its end, such as 2026-11-22T14:00Z.")],
    reason: Reason,
) -> None:
    """Owe nothing on some cadences from now on. The log says so, and its audit names no slot of that time."""
    from flows.people import pause

    at, end = now(), parse_instant(until)
    if end <= at:
        raise CatalogError(f"{until} is over; a pause ends in the future")
    with refused_in_words():
        path = pause(Settings(), cadences, until=end, reason=reason, at=at)
    out.print(f"logged as {path}", soft_wrap=True)


@app.command()
def end(cadences: Cadences, reason: Reason) -> None:
    """Owe evidence again, before a pause would have ended."""
    from flows.people import resume

    with refused_in_words():
        path = resume(Settings(), cadences, reason=reason, at=now())
    out.print(f"logged as {path}", soft_wrap=True)
