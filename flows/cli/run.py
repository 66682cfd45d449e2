"""`readiness run`: cadences once each, as their Prefect flows, in one session."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from checks.errors import CatalogError
from checks.slots import Cadence, parse_instant
from flows.cli.terminal import Format
from flows.settings import Settings, prepare_process


def run(
    cadences: Annotated[list[Cadence], typer.Argument(help="One or several of: hourly, daily, weekly.")],
    slot: Annotated[
        str | None, typer.Option(help="Fill this slot, such as 2026-11-22T14:00Z; by default the one that is due.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Run cadences once each: collect, judge, store, render, seal, publish.

    Exit code 0 means that they ran, whatever the verdicts; 1 that one could not; 2 that the catalogue is wrong.
    """
    settings = Settings.of(catalog)
    at = parse_instant(slot) if slot else None
    _look_before_starting(settings, cadences, at)
    prepare_process(home=settings.home)
    from flows.cli.session import run_in_one_session

    run_in_one_session(cadences, settings, slot=at, output=output)


def _look_before_starting(settings: Settings, cadences: list[Cadence], slot: datetime | None) -> None:
    """Finds what is wrong before a server starts: that takes seconds, and a typing error should not."""
    from flows.wiring import Wiring, now

    wiring = Wiring.of(settings)
    for cadence in cadences:
        if cadence is Cadence.PULSE:
            raise CatalogError("pulse is no cadence to run once; choose hourly, daily or weekly")
        if not wiring.catalog.on(cadence):
            raise CatalogError(f"{settings.catalog}: no check is `every: {cadence}`; there is nothing to run")
    if slot is not None and slot > now():
        raise CatalogError(f"slot {slot.isoformat()} is in the future; name one that has begun")
    settings.check_folders()
