"""Pulsed checks: kinds that can be looked at every few seconds, and what one look shows."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from pydantic import model_validator

from checks.catalog import Check
from checks.durations import Duration
from checks.evidence.records import EvidenceRow
from checks.kinds.series_text import series_text
from checks.places import Place
from checks.runs import Confirm
from checks.samples import Sample, Samples, SeriesKey
from checks.slots import Cadence

VERSION = "version"
"""The measure whose label says which version a look saw."""
MAIN_MEASURES = ("up", "age", "whole", "kept")
"""The measures that say of a look whether it was good, one for each sort of subject."""
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(minutes=1)
_EVERY = timedelta(seconds=30)


class Shown(NamedTuple):
    """What a look says of one aspect: good or not, `None` where it cannot tell; and why it is not good."""

    good: bool | None
    why: str = ""


class Measured(NamedTuple):
    """What a look measured: `None` where nothing was observed, NaN where there is no number; and whether it is good."""

    value: float | None
    good: bool | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """What one look shows of one subject: each aspect, each measure, and who or what it was, as far as it says so.

    The first aspect is the one that counts where there is but one: is it up, fresh, whole?
    """

    subject: str
    aspects: Mapping[str, Shown]
    measures: Mapping[str, Measured] = field(default_factory=dict)
    version: str | None = None
    content_time: datetime | None = None
    content_digest: str | None = None
    certificate_expires_at: datetime | None = None


class PulsedCheck(Check):
    """A check that can be `every: pulse`: then it is looked at every `sample_every` as long as the pulse lasts.

    So many failures in a row as `confirm` says make an outage, which began with the first of them. `control` is an
    endpoint that fails only together with the observer: where it does not answer either, nothing was observed.
    """

    sample_every: Duration | None = None
    control: Place | None = None
    confirm: Confirm = Confirm()

    @model_validator(mode="after")
    def _can_be_sampled(self) -> Self:
        asked = self.sample_every
        if asked is None:
            return self
        if self.every is not Cadence.PULSE:
            raise ValueError("sample_every: it belongs to a check that is `every: pulse`")
        if not SHORTEST <= asked <= self.at_least_every:
            most = self.at_least_every.total_seconds()
            raise ValueError(f"sample_every: it lies between {SHORTEST.total_seconds():g} s and {most:g} s here")
        return self

    @property
    def is_pulsed(self) -> bool:
        """Whether it is looked at many times in a slot."""
        return self.every is Cadence.PULSE

    @property
    def control_sources(self) -> tuple[str, ...]:
        """The source of its control endpoint, if it has one."""
        return (self.control.source,) if self.control else ()

    @property
    def judged_as(self) -> str:
        return "pulse" if self.is_pulsed else self.kind

    @property
    def at_least_every(self) -> timedelta:
        """The longest time between two looks that can still show what is expected."""
        return LONGEST

    @property
    def interval(self) -> timedelta:
        """The time between two looks: within a pulse, or from slot to slot."""
        if not self.is_pulsed:
            return self.every.period
        return self.sample_every or min(_EVERY, self.at_least_every)

    @property
    def certificate_for(self) -> timedelta | None:
        """How long a certificate must still be good, if anybody asks."""
        return None

    @abstractmethod
    def look(self, row: EvidenceRow, before: EvidenceRow | None) -> Look:
        """What a row shows, seen after the one before it, if there is one."""

    @abstractmethod
    def blind(self, subject: str, why: str) -> Look:
        """A look that saw nothing, since the observer could not look."""


class Looked(NamedTuple):
    """One look at everything a check is about: at an instant, the rows that it gave, or why it gave none."""

    at: datetime
    rows: tuple[EvidenceRow, ...]
    failure: str | None = None


Looks = Mapping[str, Sequence[tuple[datetime, Look]]]
"""For each subject: its looks, oldest first."""


def looks_of(check: PulsedCheck, looked: Iterable[Looked]) -> Looks:
    """What looks show of each subject, in the order in which the check owes them."""
    found: dict[str, list[tuple[datetime, Look]]] = {subject: [] for subject in check.subjects}
    before: dict[str, EvidenceRow] = {}
    for one in sorted(looked, key=lambda each: each.at):
        seen = {row.subject: row for row in one.rows}
        for subject in found.keys() - seen.keys():
            found[subject].append((one.at, check.blind(subject, one.failure or "nothing was observed")))
        for subject, row in seen.items():
            found.setdefault(subject, []).append((one.at, check.look(row, before.get(subject))))
        before |= seen
    return found


def samples_of(check: PulsedCheck, looks: Looks) -> tuple[Samples, ...]:
    """The samples that looks leave of each measure of each subject."""
    by_series: dict[SeriesKey, list[Sample]] = {}
    for subject, theirs in looks.items():
        for at, look in theirs:
            for measure, measured in look.measures.items():
                key = SeriesKey(check.id, subject, measure)
                by_series.setdefault(key, []).append(Sample(at, measured.value, measured.good))
            if look.version is not None:
                key = SeriesKey(check.id, subject, series_text(VERSION, [(VERSION, look.version)]))
                by_series.setdefault(key, []).append(Sample(at, 1.0))
    return tuple(Samples.of(key, samples, every=check.interval) for key, samples in by_series.items())


def pulsed(check: Check) -> PulsedCheck | None:
    """The check, if it is looked at many times in a slot."""
    return check if isinstance(check, PulsedCheck) and check.is_pulsed else None
