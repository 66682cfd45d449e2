"""Facts: all that readiness models are assessed from, as of one instant; and what a reference to them comes to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from checks.catalog import Catalog
from checks.evidence.people import Waiver
from checks.evidence.records import EvidenceRow
from checks.findings import RunContext, Verdict
from checks.outcome import Outcome, worst
from checks.readiness.standing import Newest, Standing, newest_verdicts, standings
from checks.readiness.waivers import Waivers
from checks.records import Instant, Record
from checks.references import CheckReference
from checks.slots import Slot
from checks.timespans import age_words, duration_words


class Answer(Record):
    """What one reference comes to at an instant, and the evidence that decided.

    `was` is what the evidence said before it grew too old, was waived or turned out to be about something else. Without
    a `slot` there is no evidence.
    """

    reference: str
    outcome: Outcome
    because: str
    subject: str | None = None
    slot: str | None = None
    judged_at: Instant | None = None
    version: str | None = None
    was: Outcome | None = None

    def age(self, as_of: datetime) -> timedelta | None:
        """How old the evidence is; `None` without any."""
        return as_of - self.judged_at if self.judged_at is not None else None


@dataclass(frozen=True, slots=True)
class Release:
    """What a gate decides about: evidence of another version or environment does not count.

    Without a `version`, since no evidence names one, none counts.
    """

    version: str | None
    environment: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What evidence must be beside good: not older than `max_age`, and about one `release`."""

    max_age: timedelta | None = None
    release: Release | None = None


NOTHING_MORE = Demand()
_IN_PLACE_OF_ALL = frozenset({"collected", "observed"})
"""The finding of a check that brought nothing, and of a subject that nothing was observed of."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The catalogue, each subject's newest verdict, of what their slots speak, and the waivers, as of an instant.

    `rows` are what the newest verdicts on objectives and availability were judged from: shown, and deciding nothing.
    """

    catalog: Catalog
    newest: Newest
    contexts: Mapping[Slot, RunContext]
    waivers: Waivers
    as_of: datetime
    rows: Mapping[str, Sequence[EvidenceRow]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        catalog: Catalog,
        verdicts: Iterable[Verdict],
        *,
        contexts: Mapping[Slot, RunContext],
        waivers: Iterable[Waiver],
        as_of: datetime,
    ) -> "Facts":
        """From verdicts of any slots, of which the newest count, and every waiver that was ever granted."""
        granted = Waivers.of(waivers, catalog.exceptions, as_of=as_of)
        return cls(catalog, newest_verdicts(verdicts), contexts, granted, as_of)

    def standings(self, check: str, *, only: str | None = None) -> tuple[Standing, ...]:
        """Every subject of a check as it counts at the instant, the worst first; or the one that is asked about."""
        found = standings(self.catalog.checks[check], self.newest.get(check, {}), as_of=self.as_of, only=only)
        applied = [self.waivers.applied(check, standing) for standing in found]
        return tuple(sorted(applied, key=lambda standing: -standing.outcome.badness))

    def answer(self, reference: CheckReference, demand: Demand = NOTHING_MORE) -> Answer:
        """What a reference to a check comes to: the worst of what it names."""
        found = [self._demanded(one, demand) for one in self._named(reference)]
        if not found:
            because = f"the check {reference.check} has no subject {reference.subject!r}"
            return Answer(reference=str(reference), outcome=Outcome.MISSING, because=because)
        deciding = max(found, key=lambda one: one.outcome.badness)
        alone = len(found) == 1 or deciding.subject == reference.check
        because = deciding.because if alone else f"{deciding.subject}: {deciding.because}"
        if not alone and deciding.outcome is Outcome.PASS:
            because = f"all {len(found)} subjects pass"
        context = self._context(deciding)
        return Answer(
            reference=str(reference),
            outcome=deciding.outcome,
            because=because,
            subject=deciding.subject,
            slot=deciding.slot.label if deciding.slot else None,
            judged_at=deciding.judged_at,
            version=context.version if context else None,
            was=deciding.was,
        )

    def _named(self, reference: CheckReference) -> Sequence[Standing]:
        """The standings that a reference names, each of one expectation where it names one."""
        if reference.expectation is None:
            return self.standings(reference.check, only=reference.subject)
        verdicts = self.newest.get(reference.check, {})
        of_one = {
            subject: replace(
                verdict, findings=tuple(one for one in verdict.findings if one.expectation == reference.expectation)
            )
            for subject, verdict in verdicts.items()
        }
        check = self.catalog.checks[reference.check]
        found = standings(check, of_one, as_of=self.as_of, only=reference.subject)
        explained = [_explained(one, verdicts.get(one.subject), reference.expectation) for one in found]
        return [self.waivers.applied(reference.check, one) for one in explained]

    def _demanded(self, standing: Standing, demand: Demand) -> Standing:
        """Evidence that is good and not what was demanded is STALE; what is not good stays what it is."""
        if not standing.outcome.passes or standing.outcome is Outcome.NOT_APPLICABLE:
            return standing
        why = self._too_old(standing, demand) or self._about_another(standing, demand)
        if why is None:
            return standing
        because = f"{why}; it said {standing.outcome}: {standing.because}"
        return replace(standing, outcome=Outcome.STALE, because=because, was=standing.outcome)

    def _too_old(self, standing: Standing, demand: Demand) -> str | None:
        if demand.max_age is None or standing.judged_at is None:
            return None
        age = self.as_of - standing.judged_at
        if age <= demand.max_age:
            return None
        return f"its evidence is {age_words(age)} old and may be {duration_words(demand.max_age)}"

    def _about_another(self, standing: Standing, demand: Demand) -> str | None:
        if demand.release is None:
            return None
        context = self._context(standing)
        if context is None or context.version is None:
            return "its evidence does not say which version ran"
        if context.version != demand.release.version:
            return f"its evidence is about version {context.version}, not {demand.release.version}"
        if context.environment != demand.release.environment:
            return f"its evidence is about {context.environment}, not {demand.release.environment}"
        return None

    def _context(self, standing: Standing) -> RunContext | None:
        return self.contexts.get(standing.slot) if standing.slot else None


def _explained(standing: Standing, verdict: Verdict | None, expectation: str) -> Standing:
    """Where a verdict has nothing about one expectation: why, as far as it says so itself.

    What could not be collected has one finding in place of all of them. A check that did not ask for this observed
    nothing of it.
    """
    if standing.outcome is not Outcome.MISSING or verdict is None or standing.slot is None:
        return standing
    if any(one.expectation == expectation for one in verdict.findings):
        return standing
    instead = [one for one in verdict.findings if one.expectation in _IN_PLACE_OF_ALL]
    if instead:
        outcome = worst(one.outcome for one in instead)
        return replace(standing, outcome=outcome, because=instead[0].because)
    return replace(standing, because=f"the check did not ask about {expectation!r}")
