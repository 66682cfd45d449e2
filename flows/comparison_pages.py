"""The pages of a run's comparisons, and the open items that they follow from slot to slot."""

import json
from collections.abc import Iterator

from checks.catalog import Catalog
from checks.evidence.layout import PAYLOAD, comparison_page_path, open_items_path
from checks.evidence.open_items import followed
from checks.evidence.records import Evidence
from checks.findings import Judgement
from checks.kinds.comparison import RESULT, ComparisonCheck
from checks.kinds.reconciliation import ReconciliationCheck
from flows.observed import Observed
from reports.comparison import comparison_html, comparison_page
from reports.ledgers import expected_lines


def comparison_pages(catalog: Catalog, observed: Observed) -> dict[str, bytes]:
    """Files relative to `data/`: for each comparison that was asked its page and its open items.

    A comparison that brought no result this time hands on the open items that it found: they are not closed by silence.
    """
    evidence = {one.check: one for one in observed.evidence}
    judgements = {one.check: one for one in observed.judgements}
    files: dict[str, bytes] = {}
    for name, check in observed.asked(catalog).checks.items():
        if isinstance(check, ComparisonCheck):
            pages = _pages(observed, check, evidence=evidence.get(name), judgement=judgements[name])
            files |= {path.removeprefix(PAYLOAD): page for path, page in pages}
    return files


def _pages(
    observed: Observed, check: ComparisonCheck, *, evidence: Evidence | None, judgement: Judgement
) -> Iterator[tuple[str, bytes]]:
    name, previous = judgement.check, observed.judging.open_items.get(judgement.check)
    results = [capture.body for capture in (evidence.captures if evidence else ()) if capture.item == RESULT]
    if not results:
        if previous is not None:
            yield open_items_path(name), previous.model_dump_json().encode()
        return
    told = json.loads(results[0])
    items = followed(previous, told, observed.slot.at)
    page = comparison_page(
        told,
        title=name,
        as_of=observed.slot.at,
        outcome=judgement.outcome,
        open_items=items,
        asked=[total.by for total in check.totals],
        same_columns=not isinstance(check, ReconciliationCheck),
        expected=expected_lines(check.expect.known, observed.judging.judged_at),
    )
    yield comparison_page_path(name), comparison_html(page).encode()
    yield open_items_path(name), items.model_dump_json(indent=2).encode()
