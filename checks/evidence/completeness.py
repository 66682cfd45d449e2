"""Completeness: which slots of a stream were owed, and have no leaf in the log."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.evidence.log_records import AnyRecord, Pause, Resume
from checks.slots import Cadence, Slot, owed


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing was owed on a cadence from one instant until another (exclusive)."""

    cadence: Cadence
    since: datetime
    until: datetime

    def covers(self, slot: Slot) -> bool:
        return slot.cadence is self.cadence and self.since <= slot.at < self.until


def pauses(records: Iterable[AnyRecord]) -> list[Paused]:
    """The pauses among the log's records, each cut short by a resume that follows."""
    found: list[Paused] = []
    for record in records:
        if isinstance(record, Pause):
            found += [Paused(cadence, record.at, record.until) for cadence in record.cadences]
        elif isinstance(record, Resume):
            found = [
                Paused(one.cadence, one.since, min(one.until, record.at)) if one.cadence in record.cadences else one
                for one in found
            ]
    return found


def absent(slots: Sequence[Slot], until: datetime, paused: Sequence[Paused]) -> list[Slot]:
    """The calendar slots of one stream that nothing fills: from its first slot on, up to those not over at an instant.

    A slot is filled by evidence of any minute within its period. Nothing is known before the first.
    """
    if not slots:
        return []
    cadence = slots[0].cadence
    filled = {cadence.floor(slot.at) for slot in slots}
    last = cadence.floor(until)
    return [
        slot
        for slot in owed(cadence, min(filled), last)
        if slot.at not in filled and not any(one.covers(slot) for one in paused)
    ]
