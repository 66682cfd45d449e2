"""`readiness run`: cadences once each, as their Prefect flows, in one session."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from checks.durations import parse_duration
from checks.errors import CatalogError
from checks.slots import Cadence, Slot, parse_instant
from flows.cli.terminal import Format
from flows.settings import Settings, prepare_process

SHORTEST, LONGEST = timedelta(seconds=1), timedelta(hours=1)


def run(
    cadences: Annotated[list[Cadence], typer.Argument(help="One or several of: pulse, hourly, daily, weekly.")],
    slot: Annotated[
        str | None, typer.Option(help="Fill this slot, such as 2026-11-22T14:00Z; by default the one that is due.")
    ] = None,
    lasting: Annotated[
        str | None, typer.Option("--for", help="How long a pulse looks, such as 30s; by default five minutes.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Run cadences once each: collect, judge, store, render, seal, publish.

    Exit code 0 means that they ran, whatever the verdicts; 1 that one could not; 2 that the catalogue is wrong.
    """
    settings = Settings.of(catalog)
    at = parse_instant(slot) if slot else None
    length = _length(lasting, cadences)
    _look_before_starting(settings, cadences, at)
    prepare_process(home=settings.home)
    from flows.cli.session import Times, run_in_one_session

    run_in_one_session(cadences, settings, times=Times(at, length), output=output)


def _length(lasting: str | None, cadences: list[Cadence]) -> timedelta | None:
    """How long a pulse is to last."""
    if lasting is None:
        return None
    if Cadence.PULSE not in cadences:
        raise CatalogError("--for says how long a pulse looks; name pulse among the cadences, or leave it out")
    try:
        length = parse_duration(lasting)
    except ValueError as error:
        raise CatalogError(f"--for: {error}") from None
    if not SHORTEST <= length <= LONGEST:
        raise CatalogError(f"--for: {lasting} is not between a second and an hour")
    return length


def _look_before_starting(settings: Settings, cadences: list[Cadence], slot: datetime | None) -> None:
    """Finds what is wrong before a server starts: that takes seconds, and a typing error should not."""
    from flows.wiring import Wiring, now

    wiring = Wiring.of(settings)
    for cadence in cadences:
        if not wiring.catalog.on(cadence):
            raise CatalogError(f"{settings.catalog}: no check is `every: {cadence}`; there is nothing to run")
    if slot is not None and slot > now():
        raise CatalogError(f"slot {slot.isoformat()} is in the future; name one that has begun")
    if slot is not None and Cadence.PULSE in cadences and Slot(slot, Cadence.PULSE).end <= now():
        raise CatalogError(f"slot {slot.isoformat()} is over, and no pulse can look at it any more; leave --slot out")
    settings.check_folders()
