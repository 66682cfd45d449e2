"""When a pulse looks: through its slot and a little beyond, or for as long as a person says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.errors import CatalogError
from checks.slots import Slot

OVERLAP = timedelta(seconds=15)
"""How long a scheduled pulse goes on beside the next one, which takes some seconds to start."""


@dataclass(frozen=True, slots=True)
class PulseTime:
    """The time that a pulse is to look at, from `since` (or its start) on; it goes on for `overlap` beyond."""

    since: datetime | None
    until: datetime
    overlap: timedelta


def pulse_time(slot: Slot, *, now: datetime, scheduled: bool, lasting: timedelta | None) -> PulseTime:
    """A scheduled pulse looks until its slot ends; one that a person starts lasts as long as a slot, or as asked."""
    if now >= slot.end:
        raise CatalogError(f"slot {slot.label} is over, and nobody can look at it any more; leave --slot out")
    if scheduled and lasting is None:
        return PulseTime(slot.at, slot.end, OVERLAP)
    return PulseTime(None, now + (lasting or slot.cadence.period), timedelta())
