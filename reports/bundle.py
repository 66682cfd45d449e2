"""The report of one run: for each check what was asked, what was seen, what was expected, the verdict, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from checks.catalog import Catalog, Check
from checks.evidence.in_force import InForce
from checks.evidence.layout import PAYLOAD, comparison_page_path, meta_path, raw_path, rows_path, validation_path
from checks.evidence.records import Evidence, EvidenceRow, Provenance, Scalar
from checks.findings import Finding, Judgement, Verdict
from checks.kinds.comparison import RESULT
from checks.outcome import Outcome, worst
from checks.slots import Slot
from reports.outcomes import Tally
from reports.rendering import render
from reports.usage import TopTable, top_tables

MOST_SECTIONS = 200
"""Passing checks that get a section of their own."""
MOST_COLUMNS = 12
"""Columns of an observation that the page shows; the rows' own file has all of them."""

MOST_CAPTURES = 12
"""Captures that the page links for a check as a whole; each subject's own stand beside it, and the folder has all."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of a cadence knows when its report is made.

    `evidence` holds, by check, what was collected; a check whose source could not be asked is absent from it.
    `catalog_digest` is `sha256:…` of the catalogue's bytes; `status` is `collected`, `missed` or `late`.
    """

    slot: Slot
    as_of: datetime
    judgements: tuple[Judgement, ...]
    evidence: Mapping[str, Evidence]
    catalog_digest: str
    collector_version: str
    version: str | None = None
    status: str = "collected"
    in_force: InForce = field(default_factory=InForce)


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file of the bag, by its path from the report."""

    label: str
    path: str


@dataclass(frozen=True, slots=True)
class SubjectReport:
    """One subject of a check: what was seen of it, and its findings, worst first.

    `files` are what its findings rest on, where the check has other subjects besides.
    """

    subject: str
    seen: tuple[tuple[str, Scalar], ...]
    findings: tuple[Finding, ...]
    files: tuple[FileLink, ...]


@dataclass(frozen=True, slots=True)
class CheckReport:
    """One check in one slot; `provenance` is `None` where nothing was collected, and `top` is what usage ranks."""

    name: str
    title: str | None
    kind: str
    service: str | None
    owner: str | None
    outcome: Outcome
    because: str
    subjects: tuple[SubjectReport, ...]
    provenance: Provenance | None
    files: tuple[FileLink, ...]
    top: tuple[TopTable, ...] = ()

    @property
    def redactions(self) -> Mapping[str, int]:
        """How many secrets of which form were taken out of what it collected."""
        return self.provenance.redactions if self.provenance else {}


@dataclass(frozen=True, slots=True)
class Report:
    """A whole run: the checks that do not pass, worst first, and those that do, in the catalogue's order.

    Where more than `MOST_SECTIONS` pass they are `listed`, a line each, instead of a section each: nobody reads ten
    thousand findings that were met, and the files that every line links hold them all.
    """

    system: str
    environment: str
    run: Run
    failing: tuple[CheckReport, ...]
    passing: tuple[CheckReport, ...]
    listed: tuple[CheckReport, ...] = ()

    @property
    def tally(self) -> Tally:
        return Tally.of(check.outcome for check in self._checks)

    @property
    def redacted(self) -> tuple[int, int]:
        """How many secrets were taken out before anything was kept, and of how many checks' evidence."""
        counts = [sum(check.redactions.values()) for check in self._checks if check.redactions]
        return sum(counts), len(counts)

    @property
    def _checks(self) -> tuple[CheckReport, ...]:
        return (*self.failing, *self.passing, *self.listed)


def report(catalog: Catalog, run: Run) -> Report:
    """Everything the run's cadence owes and everything it judged; what was owed and not judged is MISSING."""
    judged = {judgement.check: judgement for judgement in run.judgements}
    owed = (name for name, check in catalog.checks.items() if check.every is run.slot.cadence)
    many = sum(judgement.outcome.passes for judgement in run.judgements) > MOST_SECTIONS
    checks = [
        _check_report(catalog, name, judgement=judged.get(name), evidence=run.evidence.get(name), brief=many)
        for name in dict.fromkeys((*owed, *judged))
    ]
    passing = tuple(check for check in checks if check.outcome.passes)
    return Report(
        system=catalog.system,
        environment=catalog.environment,
        run=run,
        failing=tuple(sorted((c for c in checks if not c.outcome.passes), key=lambda c: -c.outcome.badness)),
        passing=() if many else passing,
        listed=passing if many else (),
    )


def report_markdown(report: Report) -> str:
    """`report.md`, which lies in the bag's `data/`."""
    return render("report.md.j2", report=report)


def report_html(report: Report) -> str:
    """`report.html`, one self-contained page, which lies in the bag's `data/`."""
    return render("report.html.j2", report=report)


def _check_report(
    catalog: Catalog, name: str, *, judgement: Judgement | None, evidence: Evidence | None, brief: bool
) -> CheckReport:
    """A check's part of the report; a `brief` one says nothing of the subjects of a check that passes."""
    check: Check | None = catalog.checks.get(name)
    verdicts = sorted(judgement.verdicts if judgement else (), key=lambda verdict: -verdict.outcome.badness)
    outcome = worst(verdict.outcome for verdict in verdicts)
    return CheckReport(
        name=name,
        title=check.title if check else None,
        kind=check.kind if check else verdicts[0].kind if verdicts else "unknown",
        service=check.service if check else None,
        owner=catalog.owner_of(check) if check else None,
        outcome=outcome,
        because=_because(verdicts),
        subjects=() if brief and outcome.passes else _subjects(verdicts, evidence),
        provenance=evidence.provenance if evidence else None,
        files=_files(name, judgement=judgement, evidence=evidence),
        top=() if brief and outcome.passes else top_tables(evidence.rows if evidence else ()),
    )


def _because(verdicts: list[Verdict]) -> str:
    if not verdicts:
        return "owed, and nothing was observed"
    deciding = verdicts[0]
    if deciding.outcome.passes:
        met = sum(len(verdict.findings) for verdict in verdicts)
        return f"{met} expectation{'' if met == 1 else 's'} met" if len(verdicts) > 1 or met > 1 else deciding.because
    return deciding.because if len(verdicts) == 1 else f"{deciding.subject}: {deciding.because}"


def _subjects(verdicts: list[Verdict], evidence: Evidence | None) -> tuple[SubjectReport, ...]:
    rows: dict[str, EvidenceRow] = {}
    for row in evidence.rows if evidence else ():
        rows.setdefault(row.subject, row)
    return tuple(
        SubjectReport(
            subject=verdict.subject,
            seen=_seen(rows.get(verdict.subject)),
            findings=tuple(sorted(verdict.findings, key=lambda finding: -finding.outcome.badness)),
            files=_rests_on(verdict) if len(verdicts) > 1 else (),
        )
        for verdict in verdicts
    )


def _seen(row: EvidenceRow | None) -> tuple[tuple[str, Scalar], ...]:
    """The columns of an observation that hold something, and can be read in a line."""
    long = {"subject", "top"}
    pairs = [(name, value) for name, value in row or () if value is not None and name not in long]
    return tuple(pairs[:MOST_COLUMNS])


def _rests_on(verdict: Verdict) -> tuple[FileLink, ...]:
    """The captures that a verdict's findings name."""
    paths = dict.fromkeys(path for finding in verdict.findings for path in finding.evidence)
    return tuple(_link(path) for path in paths if path.endswith(".body"))


def _files(name: str, *, judgement: Judgement | None, evidence: Evidence | None) -> tuple[FileLink, ...]:
    """Where the bag keeps what a check was judged by."""
    links: list[FileLink] = []
    if evidence:
        if any(capture.item == RESULT for capture in evidence.captures):
            links.append(FileLink("comparison", _link(comparison_page_path(name)).path))
        for capture in evidence.captures[:MOST_CAPTURES]:
            links += [_link(raw_path(name, capture.item)), _link(meta_path(name, capture.item))]
        more = len(evidence.captures) - MOST_CAPTURES
        if more > 0:
            links.append(FileLink(f"{more:,} captures more", f"raw/{name}"))
        links.append(FileLink("rows", _link(rows_path(name)).path))
    if judgement and judgement.validation:
        links.append(FileLink("validation", _link(validation_path(name)).path))
    return tuple(links)


def _link(path: str) -> FileLink:
    """A file by its path in the bag, called by its name."""
    return FileLink(path.rpartition("/")[2], path.removeprefix(PAYLOAD))
