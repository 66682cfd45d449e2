"""Waivers applied: which exception is in force for which subject of a check at an instant, and which has run out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from checks.evidence.people import Waiver
from checks.exceptions import Exceptions
from checks.outcome import Outcome
from checks.readiness.standing import Standing
from checks.records import rfc3339
from checks.timespans import age_words

EVERY_SUBJECT = "*"


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers on record at an instant, under a catalogue's bounds.

    Of more than may be in force at once the earliest granted count, so that nobody can crowd out another's exception.
    """

    in_force: tuple[Waiver, ...]
    expired: tuple[Waiver, ...]
    bounds: Exceptions
    as_of: datetime

    @classmethod
    def of(cls, granted: Iterable[Waiver], bounds: Exceptions, *, as_of: datetime) -> "Waivers":
        """Sorts what is on record; one that the bounds do not admit counts for nothing."""
        admitted = sorted(
            (one for one in granted if one.check not in bounds.never and one.expires_at - one.at <= bounds.longest),
            key=lambda one: (one.at, one.check, one.subject),
        )
        in_force = tuple(one for one in admitted if one.holds(as_of))
        expired = tuple(one for one in admitted if one.expires_at <= as_of)
        return cls(in_force[: bounds.most], expired, bounds, as_of)

    def applied(self, check: str, standing: Standing) -> Standing:
        """The standing as it counts: waived while an exception is in force, FAIL once it has run out."""
        if standing.outcome.passes:
            return standing
        waiver = _newest(self.in_force, check, standing.subject)
        if waiver is not None:
            return replace(standing, outcome=Outcome.WAIVED, because=_granted(waiver, standing), was=standing.outcome)
        expired = _newest(self.expired, check, standing.subject)
        if expired is not None:
            return replace(standing, outcome=Outcome.FAIL, because=_over(expired, standing), was=standing.outcome)
        return standing

    def ending(self) -> Iterator[tuple[Waiver, str]]:
        """The waivers in force that end soon, each with the words for it."""
        for waiver in self.in_force:
            left = waiver.expires_at - self.as_of
            if any(left <= before for before in self.bounds.warn):
                yield waiver, f"the waiver of {waiver.check} on {waiver.subject} ends {age_words(-left)}"


def _newest(waivers: Iterable[Waiver], check: str, subject: str) -> Waiver | None:
    fitting = [one for one in waivers if one.check == check and one.subject in (subject, EVERY_SUBJECT)]
    return max(fitting, key=lambda one: one.at, default=None)


def _granted(waiver: Waiver, standing: Standing) -> str:
    until = rfc3339(waiver.expires_at)
    return (
        f"waived by {waiver.by} until {until}: {waiver.reason} (meanwhile: {waiver.compensating_control}); "
        f"it is {standing.outcome}: {standing.because}"
    )


def _over(waiver: Waiver, standing: Standing) -> str:
    return (
        f"its waiver by {waiver.by} ended at {rfc3339(waiver.expires_at)}; it is {standing.outcome}: {standing.because}"
    )
