"""What the slot before followed of each comparison: the rows that its two sides did not agree on."""

from collections.abc import Iterable, Iterator

from pydantic import ValidationError

from checks.catalog import Check
from checks.evidence.layout import open_items_path
from checks.evidence.open_items import OpenItems
from checks.kinds.comparison import ComparisonCheck
from checks.slots import Slot
from flows.wiring import Wiring
from tasks.store.evidence_store import EvidenceStore


def open_items_before(
    wiring: Wiring, store: EvidenceStore, slot: Slot, checks: Iterable[Check]
) -> Iterator[tuple[str, OpenItems]]:
    """By check; a file that is gone or unreadable starts anew."""
    comparisons = [check.id for check in checks if isinstance(check, ComparisonCheck)]
    bundle = store.last_bundle(slot.cadence, before=slot) if comparisons else None
    if bundle is None:
        return
    bag = wiring.settings.evidence / bundle.path / "bag"
    for check in comparisons:
        try:
            yield check, OpenItems.model_validate_json((bag / open_items_path(check)).read_bytes())
        except (OSError, ValidationError):
            continue
