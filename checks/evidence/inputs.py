"""`inputs.json`: all that rows, verdicts and pages were made from, beside the captures and the catalogue.

With it a run can be derived again by anyone. What it holds is the collector's word, as the captures are: of when it
judged, of what earlier slots had shown, and of checks that brought nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import pairwise

from pydantic import Field, ValidationError

from checks.errors import VerificationError
from checks.evidence.digests import Digest
from checks.evidence.in_force import InForce
from checks.evidence.open_items import OpenItems
from checks.evidence.people import Waiver
from checks.evidence.records import Evidence, Instant, Provenance, Record
from checks.findings import Finding, RunContext, Verdict
from checks.outcome import Outcome
from checks.slots import CLOCK_TOLERANCE, Slot

Fingerprints = Mapping[tuple[str, str], tuple[str, ...]]


class Collection(Record):
    """How one check was collected: its captures in the order in which they came, or why there are none.

    `provenance` stands here only if no capture's meta holds it. Without captures, provenance and failure nobody asked.
    """

    check: str
    items: tuple[str, ...] = ()
    provenance: Provenance | None = None
    failure: str | None = None

    @classmethod
    def of(cls, check: str, evidence: Evidence | None, failure: str | None = None) -> "Collection":
        """What has to be known of a check's evidence to read it again."""
        if evidence is None:
            return cls(check=check, failure=failure)
        items = tuple(capture.item for capture in evidence.captures)
        return cls(check=check, items=items, provenance=None if items else evidence.provenance)

    @property
    def brought(self) -> bool:
        """Whether there is evidence, if only of nothing."""
        return bool(self.items) or self.provenance is not None


class Remembered(Record):
    """The fingerprints that earlier slots left of one subject, newest first."""

    check: str
    subject: str
    fingerprints: tuple[str, ...]


class Judging(Record):
    """What was judged, when, and what the rules could look back on; one collection for each check that was asked.

    `version` is the one that another cadence's newest slot saw running, where no check of this slot asks for it.
    """

    judged_at: Instant
    checks: tuple[Collection, ...]
    remembered: tuple[Remembered, ...] = ()
    open_items: dict[str, OpenItems] = Field(default_factory=dict)
    """What the slot before followed of each comparison, by its check."""
    version: str | None = None

    @property
    def fingerprints(self) -> Fingerprints:
        return {(one.check, one.subject): one.fingerprints for one in self.remembered}

    @property
    def failures(self) -> dict[str, str | None]:
        """The checks that brought nothing, and why."""
        return {one.check: one.failure for one in self.checks if not one.brought}


def remembered(fingerprints: Fingerprints) -> tuple[Remembered, ...]:
    """Fingerprints as a file holds them, in an order of their own."""
    return tuple(
        Remembered(check=check, subject=subject, fingerprints=seen)
        for (check, subject), seen in sorted(fingerprints.items())
    )


class EarlierVerdict(Record):
    """A verdict of another slot, with as many of its findings as a page quotes."""

    check: str
    kind: str
    subject: str
    slot: str
    judged_at: Instant
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, verdict: Verdict) -> "EarlierVerdict":
        return cls(
            check=verdict.check,
            kind=verdict.kind,
            subject=verdict.subject,
            slot=verdict.slot.label,
            judged_at=verdict.judged_at,
            findings=verdict.findings,
        )

    @property
    def verdict(self) -> Verdict:
        slot = Slot.parse_label(self.slot)
        return Verdict(self.check, self.kind, self.subject, slot, self.findings, self.judged_at)


class EarlierOutcomes(Record):
    """What each check came to when the newest bundle was sealed, in the order of the tracker then."""

    as_of: Instant
    rows: tuple[tuple[str, Outcome], ...]

    @property
    def outcomes(self) -> dict[str, Outcome]:
        return dict(self.rows)


A_DAY_AGO, NOW = "a day ago", "now"


class EarlierStanding(Record):
    """What a readiness model came to at an earlier instant, in short; `ago` says how long before: `a week ago`.

    `parts` has a word for each of its parts: an outcome, or a level.
    """

    model: str
    ago: str
    as_of: Instant
    outcome: Outcome
    sentence: str
    figure: float | None = None
    figure_words: str | None = None
    parts: dict[str, str] = Field(default_factory=dict)


class EarlierContext(Record):
    """Of what the verdicts of an earlier slot speak."""

    slot: str
    environment: str
    version: str | None
    catalog_digest: str

    @classmethod
    def of(cls, slot: Slot, context: RunContext) -> "EarlierContext":
        digest = context.catalog_digest
        return cls(slot=slot.label, environment=context.environment, version=context.version, catalog_digest=digest)

    @property
    def context(self) -> tuple[Slot, RunContext]:
        return Slot.parse_label(self.slot), RunContext(self.environment, self.version, self.catalog_digest)


class Span(Record):
    """One part of a drill; seconds, the beginning counted from the declared instant."""

    name: str
    began: float
    seconds: float


class EarlierRun(Record):
    """An earlier run of a drill."""

    verdict: EarlierVerdict
    spans: tuple[Span, ...] = ()


class EarlierRows(Record):
    """The rows of a check in another slot, a line of JSON each, as the slot's bundle has them."""

    check: str
    slot: str
    lines: tuple[str, ...]


class Quoted(Record):
    """What pages say of other slots, as of the instant at which they were made."""

    as_of: Instant
    verdicts: tuple[EarlierVerdict, ...] = ()
    before: EarlierOutcomes | None = None
    runs: tuple[EarlierRun, ...] = ()
    contexts: tuple[EarlierContext, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    standings: tuple[EarlierStanding, ...] = ()
    rows: tuple[EarlierRows, ...] = ()
    in_force: InForce = InForce()


class Inputs(Record):
    """The file. `made_with` are the versions of what decides how anything is judged and shown, `suites` its digest."""

    made_with: dict[str, str]
    suites: Digest
    judging: Judging
    quoted: Quoted

    @property
    def data(self) -> bytes:
        """The file's bytes; in the order of the fields, since what is quoted keeps the order it had."""
        return self.model_dump_json(indent=1).encode() + b"\n"


def read_inputs(data: bytes) -> Inputs:
    """Reads `inputs.json` strictly: what would not be written again byte for byte is refused."""
    try:
        found = Inputs.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise VerificationError(f"{'.'.join(map(str, first['loc'])) or 'the document'}: {first['msg']}") from error
    if found.data != data:
        raise VerificationError("it is not written the way a run writes it")
    return found


def disordered(inputs: Inputs, evidence: Iterable[Evidence], begun: datetime) -> list[str]:
    """Where the instants of a run contradict each other: first begins the slot, then it is collected, judged, shown."""
    judged_at, as_of = inputs.judging.judged_at, inputs.quoted.as_of
    judged = [] if _in_order(begun, judged_at, as_of) else ["the slot began, was judged and was shown in another order"]
    return judged + [
        f"{one.check} was not collected between the beginning of its slot and its judgement"
        for one in evidence
        if not _in_order(begun, one.provenance.started_at, one.provenance.ended_at, judged_at)
    ]


def _in_order(*instants: datetime) -> bool:
    """Whether no instant is before the one it follows, but for what a clock may be set back."""
    return all(first <= second + CLOCK_TOLERANCE for first, second in pairwise(instants))
