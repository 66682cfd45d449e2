"""Retention: how long evidence is kept, by cadence and by kind of check."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, model_validator

from checks.durations import Duration
from checks.records import Record
from checks.slots import Cadence, Slot

_LEAST = {Cadence.HOURLY: 2 * Cadence.DAILY.period, Cadence.DAILY: 2 * Cadence.WEEKLY.period}


class Retention(Record):
    """How long bundles are kept, counted from the end of their slot; a cadence that `keep` does not name, for good.

    A bundle with a finding of one of `kinds` is kept for at least that long. With an archive, `local` says after how
    long the copy on this disk may go; the one in the archive stays locked until the rest of its time is over.
    """

    keep: dict[Cadence, Duration] = Field(default_factory=dict)
    kinds: dict[str, Duration] = Field(default_factory=dict)
    local: dict[Cadence, Duration] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_meant(self) -> Self:
        problems = [
            f"{name}.{cadence}: shorter than {least / timedelta(days=1):g} days, and what sums it up would find it gone"
            for name, times in (("keep", self.keep), ("local", self.local))
            for cadence, time in times.items()
            if time < (least := _LEAST.get(cadence, cadence.period))
        ]
        problems += [
            f"local.{cadence}: longer than keep.{cadence}, which ends it"
            for cadence, time in self.local.items()
            if time > self.keep.get(cadence, timedelta.max)
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def keeps_until(self, slot: Slot, kinds: Collection[str]) -> datetime | None:
        """When a bundle with findings of some kinds may be deleted; `None` is never."""
        if slot.cadence not in self.keep:
            return None
        return slot.end + max([self.keep[slot.cadence], *(self.kinds[kind] for kind in kinds if kind in self.kinds)])

    def leaves_disk_at(self, slot: Slot) -> datetime | None:
        """When the copy of a bundle on this disk may go, if the archive has another."""
        return slot.end + self.local[slot.cadence] if slot.cadence in self.local else None

    def words(self, slot: Slot, kinds: Collection[str]) -> str:
        """Why a bundle is kept for as long as it is, for an auditor: `hourly 90 days, restart 365 days`."""
        named = {str(slot.cadence): self.keep[slot.cadence]} | {
            kind: self.kinds[kind] for kind in sorted(kinds) if kind in self.kinds
        }
        return ", ".join(f"{name} {time / timedelta(days=1):g} days" for name, time in named.items())
