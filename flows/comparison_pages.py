"""The pages of a run's comparisons, and the open items that they follow from slot to slot."""

import json
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from checks.evidence.layout import PAYLOAD, comparison_page_path, open_items_path
from checks.evidence.open_items import OpenItems, followed
from checks.evidence.records import Evidence
from checks.findings import Judgement
from checks.kinds.comparison import RESULT, ComparisonCheck
from flows.observing import Observed
from flows.wiring import Wiring
from reports.comparison import comparison_html, comparison_page
from tasks.store.evidence_store import EvidenceStore


def comparison_pages(wiring: Wiring, store: EvidenceStore, observed: Observed) -> dict[str, bytes]:
    """Files relative to `data/`: for each comparison its page and its open items.

    A comparison that brought no result this time hands on the open items that it found: they are not closed by silence.
    """
    evidence = {one.check: one for one in observed.evidence}
    judgements = {one.check: one for one in observed.judgements}
    checks = [check.id for check in wiring.catalog.on(observed.slot.cadence) if isinstance(check, ComparisonCheck)]
    before = _last_bag(wiring, store, observed) if checks else None
    files: dict[str, bytes] = {}
    for check in checks:
        previous = _open_items(before / open_items_path(check)) if before else None
        pages = _pages(observed, previous, evidence=evidence.get(check), judgement=judgements[check])
        files |= {path.removeprefix(PAYLOAD): page for path, page in pages}
    return files


def _pages(
    observed: Observed, previous: OpenItems | None, *, evidence: Evidence | None, judgement: Judgement
) -> Iterator[tuple[str, bytes]]:
    check = judgement.check
    results = [capture.body for capture in (evidence.captures if evidence else ()) if capture.item == RESULT]
    if not results:
        if previous is not None:
            yield open_items_path(check), previous.model_dump_json().encode()
        return
    told = json.loads(results[0])
    items = followed(previous, told, observed.slot.at)
    page = comparison_page(told, title=check, as_of=observed.slot.at, outcome=judgement.outcome, open_items=items)
    yield comparison_page_path(check), comparison_html(page).encode()
    yield open_items_path(check), items.model_dump_json(indent=2).encode()


def _last_bag(wiring: Wiring, store: EvidenceStore, observed: Observed) -> Path | None:
    """The bag of the slot before, which may be missing where old payloads are deleted."""
    bundle = store.last_bundle(observed.slot.cadence, before=observed.slot)
    return wiring.settings.evidence / bundle.path / "bag" if bundle else None


def _open_items(path: Path) -> OpenItems | None:
    """What the slot before followed; a file that is gone or unreadable starts anew, and the page says since when."""
    try:
        return OpenItems.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None
