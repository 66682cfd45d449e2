"""The pages of a run: its own report, and the tracker as it stands then."""

import os
import posixpath
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from checks.evidence.layout import bundle_path
from checks.slots import Slot
from flows.comparison_pages import comparison_pages
from flows.drill_pages import DrillPages
from flows.drill_planning import is_drill
from flows.observing import Observed
from flows.wiring import Wiring
from reports.bundle import Run, report, report_html, report_markdown
from reports.tracker import Bundles, Tracker, tracker, tracker_html, tracker_markdown
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotStatus


@dataclass(frozen=True, slots=True)
class Pages:
    """What a run shows: files for its bag (relative to `data/`), and files for the reports folder."""

    bag: dict[str, bytes]
    newest: dict[str, bytes]


def render_pages(wiring: Wiring, store: EvidenceStore, observed: Observed, *, status: SlotStatus) -> Pages:
    """Every page of a run, as of now; nothing is written."""
    as_of = wiring.clock()
    about = report(wiring.catalog, _run(wiring, observed, as_of, status))
    reports = {"report.md": report_markdown(about).encode(), "report.html": report_html(about).encode()}
    del about  # of a big run, pages are made one after the other and not held side by side
    judged = [verdict for judgement in observed.judgements for verdict in judgement.verdicts]
    verdicts = [*store.latest(as_of=as_of), *judged]
    before = _before(wiring, store)
    in_bag, newest = (
        _both(tracker(wiring.catalog, verdicts, as_of=as_of, bundles=_links(wiring, folder), since=before))
        for folder in (f"{_data(observed.slot)}/pages", _reports_from_evidence(wiring))
    )
    drills = DrillPages(wiring, store, observed, as_of)
    if any(is_drill(check) for check in wiring.catalog.on(observed.slot.cadence)):
        in_bag |= drills.render(_links(wiring, f"{_data(observed.slot)}/pages"))
    pages = {f"pages/{name}": page for name, page in in_bag.items()}
    return Pages(
        bag={**reports, **pages, **comparison_pages(wiring, store, observed)},
        newest=newest | drills.render(_links(wiring, _reports_from_evidence(wiring))),
    )


def _both(found: Tracker) -> dict[str, bytes]:
    return {"tracker.md": tracker_markdown(found).encode(), "tracker.html": tracker_html(found).encode()}


def _run(wiring: Wiring, observed: Observed, as_of: datetime, status: SlotStatus) -> Run:
    return Run(
        slot=observed.slot,
        as_of=as_of,
        judgements=observed.judgements,
        evidence={one.check: one for one in observed.evidence},
        catalog_digest=f"sha256:{wiring.catalog_digest}",
        collector_version=version("readiness-evidence"),
        version=observed.version,
        status=status.value,
    )


def _before(wiring: Wiring, store: EvidenceStore) -> Tracker | None:
    """The tracker as it stood when the newest bundle was sealed."""
    cadences = {check.every for check in wiring.catalog.checks.values()}
    sealed = [bundle.sealed_at for cadence in cadences if (bundle := store.last_bundle(cadence))]
    if not sealed:
        return None
    then = max(sealed)
    return tracker(wiring.catalog, store.latest(as_of=then), as_of=then, bundles=_no_link)


def _no_link(_: Slot) -> None:
    """Nobody sees the pages of what was."""


def _links(wiring: Wiring, folder: str) -> Bundles:
    """Links from pages in a folder, named from the root of the evidence, to any slot's bundle."""
    root = wiring.settings.evidence.absolute().as_posix()
    return lambda slot: posixpath.relpath(f"{root}/{_data(slot)}", f"{root}/{folder}")


def _data(slot: Slot) -> str:
    """Where a slot's bag has its payload, named from the root of the evidence."""
    return f"{bundle_path(slot)}/bag/data"


def _reports_from_evidence(wiring: Wiring) -> str:
    """Where the reports folder lies, named from the root of the evidence."""
    return Path(os.path.relpath(wiring.settings.reports, wiring.settings.evidence)).as_posix()
