"""Slots: the instants at which evidence is owed, in UTC."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache

from checks.errors import CatalogError

_WEEK_ZERO = datetime(1970, 1, 5, tzinfo=UTC)  # a Monday: weekly slots start there
CLOCK_TOLERANCE = timedelta(seconds=60)
"""How far apart two clocks may be, so that an instant from the future is no contradiction yet."""

_LABEL = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{4}Z)\.([a-z]+)")


class Cadence(StrEnum):
    """How often evidence is owed."""

    PULSE = "pulse"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"

    @property
    def period(self) -> timedelta:
        return _PERIODS[self]

    def floor(self, instant: datetime) -> datetime:
        """The start of the calendar slot that holds an instant."""
        return _WEEK_ZERO + (instant - _WEEK_ZERO) // self.period * self.period


_PERIODS = {
    Cadence.PULSE: timedelta(minutes=5),
    Cadence.HOURLY: timedelta(hours=1),
    Cadence.DAILY: timedelta(days=1),
    Cadence.WEEKLY: timedelta(weeks=1),
}


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """One instant of one cadence.

    A calendar slot starts where its cadence's period starts and is owed; a slot at any other minute was asked for by a
    person. Evidence of either kind fills the calendar slot whose period holds it.
    """

    at: datetime
    cadence: Cadence

    def __post_init__(self) -> None:
        if self.at.utcoffset() != timedelta(0):
            raise CatalogError(f"slot {self.at.isoformat()} is not in UTC; write it as 2026-11-22T14:00Z")
        if self.at.second or self.at.microsecond:
            raise CatalogError(f"slot {self.at.isoformat()} is finer than a minute; slots start on whole minutes")

    @property
    def label(self) -> str:
        """The name of its bundle: `2026-11-22T1400Z.hourly`."""
        return f"{self.at:%Y-%m-%dT%H%MZ}.{self.cadence}"

    @property
    def end(self) -> datetime:
        """When the calendar period that holds the slot is over (exclusive)."""
        return self.cadence.floor(self.at) + self.cadence.period

    @property
    def is_owed(self) -> bool:
        """Whether the calendar owes it, or a person asked for it in between."""
        return self.at == self.cadence.floor(self.at)

    @classmethod
    def current(cls, cadence: Cadence, now: datetime) -> "Slot":
        """The calendar slot that an instant falls in."""
        return cls(cadence.floor(now), cadence)

    @classmethod
    def on_demand(cls, cadence: Cadence, now: datetime) -> "Slot":
        """The slot of a run that a person starts at an instant: its minute."""
        return cls(now.astimezone(UTC).replace(second=0, microsecond=0), cadence)

    @classmethod
    def parse_label(cls, label: str) -> "Slot":
        """Reads a slot back from `label`; anything else is refused."""
        return _parsed(label)


@lru_cache(maxsize=1024)  # verification reads the label of a bundle's slot again and again
def _parsed(label: str) -> Slot:
    match = _LABEL.fullmatch(label)
    if match is None or match[2] not in list(Cadence):
        raise CatalogError(f"{label!r} is no slot; one reads 2026-11-22T1400Z.hourly")
    try:
        found = Slot(datetime.strptime(match[1], "%Y-%m-%dT%H%MZ").replace(tzinfo=UTC), Cadence(match[2]))
    except ValueError:
        raise CatalogError(f"{label!r} is no slot: there is no such day or time") from None
    if found.label != label:  # digits of another script, or a year of fewer than four
        raise CatalogError(f"{label!r} is no slot: it would be written {found.label}")
    return found


def parse_instant(text: str) -> datetime:
    """Reads an instant with its offset, `2026-11-22T14:00Z`; one without an offset is refused."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise CatalogError(f"{text!r} is no instant; write it as 2026-11-22T14:00Z") from None
    if instant.tzinfo is None:
        raise CatalogError(f"{text!r} does not say its offset from UTC; write it as {text}Z")
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise CatalogError(f"{text!r} lies outside the years that there are") from None


def owed(cadence: Cadence, since: datetime, until: datetime) -> Iterator[Slot]:
    """Calendar slots that start in [since, until), oldest first."""
    at = cadence.floor(since)
    if at < since:
        at += cadence.period
    while at < until:
        yield Slot(at, cadence)
        at += cadence.period
