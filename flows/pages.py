"""The pages of a run: its own report, and the tracker as it stands then."""

import os
import posixpath
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from checks.catalog import Catalog
from checks.evidence.digests import sha256
from checks.evidence.inputs import NOW, EarlierStanding, Quoted
from checks.evidence.layout import bundle_path
from checks.readiness.assessing import assess_all
from checks.readiness.registry import ASSESS
from checks.slots import Cadence, Slot
from flows.comparison_pages import comparison_pages
from flows.drill_pages import drill_pages
from flows.drill_planning import is_drill
from flows.facts import facts_of
from flows.model_pages import model_pages
from flows.observed import Observed
from flows.quoting import quote
from flows.wiring import Wiring
from reports.bundle import Run, report, report_html, report_markdown
from reports.tracker import Bundles, Tracker, tracker, tracker_html, tracker_markdown
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotStatus


@dataclass(frozen=True, slots=True)
class Pages:
    """What a run shows: files for its bag (relative to `data/`), and files for the reports folder.

    `quoted` is what those in the bag say of other slots; `standings` is where each readiness model stands now.
    """

    bag: dict[str, bytes]
    newest: dict[str, bytes]
    quoted: Quoted
    standings: tuple[EarlierStanding, ...] = ()


def render_pages(wiring: Wiring, store: EvidenceStore, observed: Observed, *, status: SlotStatus) -> Pages:
    """Every page of a run, as of now; nothing is written."""
    catalog, quoted = wiring.catalog, quote(wiring, store, observed)
    links = _links(_reports_from_evidence(wiring), root=wiring.settings.evidence.absolute().as_posix())
    facts = facts_of(catalog, wiring.catalog_digest, observed, quoted)
    newest = _both(tracker(facts, bundles=links, since=quoted.before, in_force=quoted.in_force))
    assessed = assess_all(facts, ASSESS)
    newest |= drill_pages(catalog, observed, quoted, links) | model_pages(assessed, quoted.standings, links)
    standings = tuple(found.as_earlier(NOW) for found in assessed.values())
    if not shows_drills(catalog, observed.slot):
        quoted = quoted.model_copy(update={"runs": ()})
    if not shows_models(catalog, observed.slot):
        quoted = quoted.model_copy(update={"standings": (), "rows": ()})
    bag = bag_pages(catalog, wiring.catalog_bytes, observed, quoted, status=status.value)
    return Pages(bag, newest, quoted, standings)


def bag_pages(
    catalog: Catalog, catalog_bytes: bytes, observed: Observed, quoted: Quoted, *, status: str
) -> dict[str, bytes]:
    """Every page of a bag, by path relative to `data/`, from values alone: whoever has the same gets the same bytes."""
    run = Run(
        slot=observed.slot,
        as_of=quoted.as_of,
        judgements=observed.judgements,
        evidence={one.check: one for one in observed.evidence},
        catalog_digest=f"sha256:{sha256(catalog_bytes)}",
        collector_version=version("readiness-evidence"),
        version=observed.version,
        status=status,
        in_force=quoted.in_force,
    )
    about = report(observed.asked(catalog), run)
    reports = {"report.md": report_markdown(about).encode(), "report.html": report_html(about).encode()}
    del about, run  # of a big run, pages are made one after the other and not held side by side
    links = _links(f"{_data(observed.slot)}/pages")
    facts = facts_of(catalog, sha256(catalog_bytes), observed, quoted)
    pages = _both(tracker(facts, bundles=links, since=quoted.before, in_force=quoted.in_force))
    if shows_models(catalog, observed.slot):
        pages |= model_pages(assess_all(facts, ASSESS), quoted.standings, links)
    if shows_drills(catalog, observed.slot):
        pages |= drill_pages(catalog, observed, quoted, links)
    in_pages = {f"pages/{name}": page for name, page in pages.items()}
    return {**reports, **in_pages, **comparison_pages(catalog, observed)}


def shows_drills(catalog: Catalog, slot: Slot) -> bool:
    """Whether a slot's bag holds the drill page."""
    return any(is_drill(check) for check in catalog.on(slot.cadence))


def shows_models(catalog: Catalog, slot: Slot) -> bool:
    """Whether a slot's bag holds the pages of the readiness models: each day's and each week's, if there are such."""
    longer = [cadence for cadence in (Cadence.DAILY, Cadence.WEEKLY) if catalog.on(cadence)]
    return bool(catalog.models) and (slot.cadence in longer or not longer)


def _both(found: Tracker) -> dict[str, bytes]:
    return {"tracker.md": tracker_markdown(found).encode(), "tracker.html": tracker_html(found).encode()}


def _links(folder: str, *, root: str = "") -> Bundles:
    """Links from pages in a folder, named from the root of the evidence, to any slot's bundle."""
    return lambda slot: posixpath.relpath(f"{root}/{_data(slot)}", f"{root}/{folder}")


def _data(slot: Slot) -> str:
    """Where a slot's bag has its payload, named from the root of the evidence."""
    return f"{bundle_path(slot)}/bag/data"


def _reports_from_evidence(wiring: Wiring) -> str:
    """Where the reports folder lies, named from the root of the evidence."""
    return Path(os.path.relpath(wiring.settings.reports, wiring.settings.evidence)).as_posix()
