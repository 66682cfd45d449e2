"""The rows behind an acceptance page's charts: of objectives and of availability, the newer slot's."""

from dataclasses import replace
from typing import Any

from checks.catalog import Catalog, catalog_model
from checks.evidence.inputs import EarlierRows
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.kinds.health import HealthCheck
from checks.readiness.acceptance import AcceptanceModel
from checks.slots import Cadence, Slot
from flows.objective_rows import rows_of, shown_objectives
from flows.observed import Observed
from tests.checks.expectations.case_availability import ROW
from tests.checks.expectations.judging import NOW
from tests.reports.examples import evidence

KINDS = {"health": HealthCheck, "availability": AvailabilityCheck}
SLOT = Slot(NOW.replace(minute=0), Cadence.HOURLY)


def catalog() -> Catalog:
    told: dict[str, Any] = {
        "system": "desk",
        "environment": "test",
        "sources": {"api": {"http": "http://127.0.0.1:9"}},
        "checks": {
            "up": {"id": "up", "kind": "health", "every": "pulse", "endpoints": ["api:/health"]},
            "uptime": {"id": "uptime", "kind": "availability", "of": "up", "target": "99.9%"},
            "elsewhere": {"id": "elsewhere", "kind": "availability", "of": "up", "target": "99.9%"},
        },
        "models": {
            "acceptance": {
                "id": "acceptance",
                "template": "acceptance",
                "items": {"uptime": {"requires": ["uptime"]}, "answers": {"requires": ["up"]}},
            }
        },
    }
    return catalog_model(KINDS, {"acceptance": AcceptanceModel}).model_validate(told)


def test_availability_that_an_acceptance_rests_on_is_shown_and_no_other():
    assert shown_objectives(catalog()) == {"uptime"}


def test_rows_come_from_an_earlier_bundle_or_from_this_slot_if_it_is_newer():
    earlier = EarlierRows(check="uptime", slot=SLOT.label, lines=(ROW.model_dump_json(),))
    assert rows_of(catalog(), [earlier]) == {"uptime": [ROW]}
    newer = ROW.model_copy(update={"looks": 1})
    brought = replace(evidence("uptime"), rows=(newer,))
    for slot, rows in ((Slot(SLOT.at.replace(hour=15), Cadence.HOURLY), [newer]), (older(), [ROW])):
        found = rows_of(catalog(), [earlier], observed(slot, brought))
        assert [row.model_dump() for row in found["uptime"]] == [row.model_dump() for row in rows]
        assert all(isinstance(row, AvailabilityRow) for row in found["uptime"])


def older() -> Slot:
    return Slot(SLOT.at.replace(hour=13), Cadence.HOURLY)


def observed(slot: Slot, brought: Any) -> Observed:
    return Observed(slot, (brought,), (), None, None, ())  # type: ignore[arg-type]
