"""The daily flow."""

from datetime import datetime
from pathlib import Path

from prefect import flow

from checks.slots import Cadence
from flows.cadence import RunSummary, run_cadence, run_name


@flow(name="daily", flow_run_name=run_name(Cadence.DAILY), validate_parameters=True, persist_result=False)
def daily(slot: datetime | None = None, catalog: Path | None = None, *, owed_only: bool = False) -> RunSummary:
    """Collects, judges and seals what is owed each day.

    Args:
        slot: The instant whose slot to fill, in UTC; by default the one that is due now.
        catalog: The catalogue to run; by default the one that the settings name.
        owed_only: Collect nothing where the slot that is due is filled already, as a scheduled run does.
    """
    return run_cadence(Cadence.DAILY, slot=slot, catalog=catalog, owed_only=owed_only)
