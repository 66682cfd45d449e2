"""The pages of a run's comparisons, and the open items that they follow from slot to slot."""

import json
from collections.abc import Iterator

from checks.catalog import Catalog
from checks.evidence.inputs import Quoted
from checks.evidence.layout import PAYLOAD, comparison_page_path, open_items_path
from checks.evidence.open_items import OpenItems, followed
from checks.evidence.records import Evidence
from checks.findings import Judgement
from checks.kinds.comparison import RESULT, ComparisonCheck
from flows.observed import Observed
from reports.comparison import comparison_html, comparison_page


def comparison_pages(catalog: Catalog, observed: Observed, quoted: Quoted) -> dict[str, bytes]:
    """Files relative to `data/`: for each comparison that was asked its page and its open items.

    A comparison that brought no result this time hands on the open items that it found: they are not closed by silence.
    """
    evidence = {one.check: one for one in observed.evidence}
    judgements = {one.check: one for one in observed.judgements}
    asked = observed.asked(catalog).checks.values()
    files: dict[str, bytes] = {}
    for check in (check.id for check in asked if isinstance(check, ComparisonCheck)):
        previous = quoted.open_items.get(check)
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
