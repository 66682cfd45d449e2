"""Publishing as a Prefect task: the newest pages for people, artifacts for ops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefect import task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from checks.errors import PublishError
from checks.findings import Finding, Judgement
from checks.slots import Slot
from tasks.showing import if_prefect_answers

MOST_ROWS = 200
"""Findings that the table in Prefect shows, the worst first; the bundle's report has all of them."""
MOST_MARKDOWN = 200_000
"""Characters of the tracker that Prefect is given."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What a run tells the world once it is sealed; `pages` by file name."""

    slot: Slot
    judgements: tuple[Judgement, ...]
    pages: Mapping[str, bytes]
    bundle: Path


@task(name="publish", cache_policy=NO_CACHE, persist_result=False)
def publish(publication: Publication, folder: Path) -> None:
    """Writes the newest pages, each at once, and shows ops the findings, the tracker and where the bundle lies."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, page in publication.pages.items():
            _replace(folder / name, page)
    except OSError as error:
        raise PublishError(
            f"{publication.slot.label} is sealed, and its pages cannot be written to {folder}: {error.strerror}; "
            "give it room, or set READINESS_PAGES to a folder that can be written"
        ) from error
    with if_prefect_answers():
        _show(publication)


def _show(publication: Publication) -> None:
    """The artifacts in Prefect's pages."""
    cadence = publication.slot.cadence
    create_table_artifact(
        key=f"{cadence}-findings",
        table=_table(publication.judgements),
        description=f"{publication.slot.label}: findings, the worst first",
    )
    create_markdown_artifact(key="tracker", markdown=publication.pages["tracker.md"].decode()[:MOST_MARKDOWN])
    create_link_artifact(
        key=f"{cadence}-bundle",
        link=publication.bundle.absolute().as_uri(),
        link_text=publication.slot.label,
        description=f"The sealed bundle of {publication.slot.label}: {publication.bundle}",
    )


def _table(judgements: Sequence[Judgement]) -> list[dict[str, str]]:
    found = [finding for one in judgements for verdict in one.verdicts for finding in verdict.findings]
    worst_first = sorted(found, key=lambda finding: -finding.outcome.badness)
    return [_row(finding) for finding in worst_first[:MOST_ROWS]]


def _row(finding: Finding) -> dict[str, str]:
    return {
        "outcome": str(finding.outcome),
        "check": finding.check,
        "subject": finding.subject,
        "expectation": finding.expectation,
        "because": finding.because,
    }


def _replace(path: Path, data: bytes) -> None:
    """Puts a page in its place at once, so that no reader ever sees half of one."""
    draft = path.with_name(f".{path.name}.new")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
