"""The pulse flow."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from checks.slots import Cadence
from flows.cadence import RunSummary, run_cadence, run_name

Seconds = Annotated[float, Field(ge=1, le=3600)]


@flow(name="pulse", flow_run_name=run_name(Cadence.PULSE), validate_parameters=True, persist_result=False)
def pulse(slot: datetime | None = None, catalog: Path | None = None, lasting: Seconds | None = None) -> RunSummary:
    """Looks at what is owed every few seconds for five minutes, judges and seals it.

    Args:
        slot: The instant whose slot to fill, in UTC; by default the one that is due now.
        catalog: The catalogue to run; by default the one that the settings name.
        lasting: For how many seconds to look; by default until the slot is over.
    """
    return run_cadence(
        Cadence.PULSE, slot=slot, catalog=catalog, lasting=None if lasting is None else timedelta(seconds=lasting)
    )
