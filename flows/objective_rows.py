"""The rows of objectives and availability that readiness models show: of this slot, or as earlier bundles hold them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from checks.catalog import Catalog, Check
from checks.evidence.inputs import EarlierRows
from checks.evidence.layout import bundle_path, rows_path
from checks.evidence.records import EvidenceRow
from checks.findings import Verdict
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.readiness.acceptance import AcceptanceModel
from checks.readiness.standing import newest_verdicts
from checks.references import CheckReference
from checks.slots import Slot
from flows.observed import Observed
from flows.settings import Settings

Rows = Mapping[str, Sequence[EvidenceRow]]
_SHOWN: tuple[tuple[type[Check], type[EvidenceRow]], ...] = (
    (ObjectiveCheck, ObjectiveRow),
    (AvailabilityCheck, AvailabilityRow),
)
"""The kinds of check that have a chart, and their rows."""


def shown_objectives(catalog: Catalog) -> set[str]:
    """The objectives whose charts some model shows."""
    models = [model for model in catalog.models.values() if isinstance(model, AcceptanceModel)]
    named = {one.check for model in models for _, one in model.references if isinstance(one, CheckReference)}
    return {name for name in named if _row_type(catalog, name) is not None}


def earlier_rows(settings: Settings, catalog: Catalog, verdicts: Iterable[Verdict]) -> Iterator[EarlierRows]:
    """What the newest verdict on each of them was judged from, as its bundle has it; nothing where that is gone."""
    newest = newest_verdicts(verdicts)
    for check in sorted(shown_objectives(catalog) & newest.keys()):
        slot = max(verdict.slot for verdict in newest[check].values())
        try:
            text = (settings.evidence / bundle_path(slot) / "bag" / rows_path(check)).read_text(encoding="utf-8")
        except OSError:
            continue
        yield EarlierRows(check=check, slot=slot.label, lines=tuple(text.splitlines()))


def rows_of(catalog: Catalog, quoted: Iterable[EarlierRows], observed: Observed | None = None) -> Rows:
    """The rows by check: of what is quoted and what was observed those of the newer slot."""
    found: dict[str, Sequence[EvidenceRow]] = {}
    shown = shown_objectives(catalog)
    slots: dict[str, Slot] = {}
    for one in quoted:
        slots[one.check] = Slot.parse_label(one.slot)
        row_type = _row_type(catalog, one.check)
        found[one.check] = [row_type.model_validate_json(line) for line in one.lines] if row_type else []
    for brought in observed.evidence if observed else ():
        older = observed is not None and brought.check in slots and slots[brought.check] > observed.slot
        row_type = _row_type(catalog, brought.check) if brought.check in shown else None
        if row_type is not None and not older:  # a pulse's rows are of another sort
            found[brought.check] = [row for row in brought.rows if isinstance(row, row_type)]
    return found


def _row_type(catalog: Catalog, name: str) -> type[EvidenceRow] | None:
    """What the rows of a check are that a chart is made of; `None` for a check without one."""
    check = catalog.checks.get(name)
    return next((row for kind, row in _SHOWN if isinstance(check, kind)), None)
