"""Objectives out of our own samples: the same as out of a Prometheus that scraped the same, on both databases."""

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from checks.epoch import from_milliseconds
from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.kinds.series_text import series_text
from checks.outcome import Outcome
from checks.samples import Sample, Samples, SeriesKey
from checks.slots import Cadence, Slot
from examples.sandbox.recorder import Recorded
from tasks.collectors.objective import ObjectiveCollector
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tests.tasks.collectors.asking import sources
from tests.tasks.collectors.objectives import (
    END,
    NOON,
    TARGET,
    asked,
    changed,
    counter,
    cut,
    grown,
    histogram,
    judged_together,
    objective,
    requests,
    unmet,
)
from tests.tasks.prometheus import StandIn
from tests.tasks.store.making import CONTEXT

EVERY = timedelta(minutes=5)
SECONDS = {"threshold_metric": {"histogram": "seconds"}, "value": "1s", "target": "95%"}


def keep(store: EvidenceStore, *given: list[Recorded], unseen: range = range(0)) -> None:
    """Series as looks of one check, or several, leave them, hour by hour; at `unseen` seconds nothing was observed."""
    by_hour: dict[datetime, dict[SeriesKey, list[Sample]]] = defaultdict(lambda: defaultdict(list))
    for number, one in ((number, one) for number, series in enumerate(given) for one in series):
        labels = [(name, value) for name, value in one.labels.items() if name not in TARGET]
        key = SeriesKey(named(number), "api:/metrics", series_text(one.name, labels))
        for at, value in zip((one.instants).tolist(), one.values.tolist(), strict=True):
            instant = from_milliseconds(at)
            kept = None if at // 1000 in unseen else value
            by_hour[Cadence.HOURLY.floor(instant)][key].append(Sample(instant, kept))
    for hour, found in sorted(by_hour.items()):
        lots = [Samples.of(name, looks, every=EVERY) for name, looks in found.items()]
        slot = Slot(hour, Cadence.PULSE)
        store.record(slot, SlotContents((), lots), status=SlotStatus.COLLECTED, context=CONTEXT, staging="s")


async def stored(store: EvidenceStore, check: ObjectiveCheck) -> Evidence:
    collector = ObjectiveCollector(sources(), lambda: NOON, open_store=lambda: store)
    try:
        evidence = await collector.collect(check)
    finally:
        await collector.aclose()
    assert ObjectiveCollector.rows_from(check, evidence.captures) == evidence.rows
    return evidence


def named(number: int) -> str:
    """What the check is called whose looks left some series."""
    return f"metrics-{number}"


def own(number: int = 0, **given: Any) -> ObjectiveCheck:
    return objective(history={"samples": named(number), "interval": "5m"}, **given)


LOOKS = [counter("up", {}, lambda at: float(at % 7_200 != 0))]
CASES: dict[str, tuple[dict[str, Any], list[Recorded]]] = {
    "a ratio": (
        {"each": {"label": "tenant", "values": ["aurora"]}},
        [*requests(tenant="aurora"), *requests(20, tenant="b")],
    ),
    "a histogram": (SECONDS, histogram(("0.5", 0.5), ("1.0", 0.96), ("2", 1.0))),
    "a histogram without a bucket at the limit": (SECONDS, histogram(("0.5", 0.5), ("2", 1.0))),
    "a gauge": ({"threshold_metric": {"gauge": "up"}, "op": "gte", "value": 1, "target": "99%"}, LOOKS),
    "slices of a counter": (
        {"threshold_metric": {"counter": "ingests"}, "op": "gte", "value": 1, "time_slice_window": "15m"},
        [counter("ingests", {}, grown)],
    ),
    "a restart": ({}, [changed(one, lambda at, old: old if at < END - 7_200 else old - 500) for one in requests()]),
    "a gap": ({}, [*(cut(one, before=END - 30_000) for one in requests())]),
}


async def test_our_own_samples_say_what_a_prometheus_with_the_same_would(store: EvidenceStore):
    keep(store, *(series for _, series in CASES.values()))
    for number, (case, (given, series)) in enumerate(CASES.items()):
        async with StandIn(series) as server:
            expected = await asked(objective(**given), server.url)
        found = await stored(store, own(number, **given))
        assert [row.model_dump() for row in found.rows] == [row.model_dump() for row in expected.rows], case
        first = found.rows[0]
        assert isinstance(first, ObjectiveRow)
        assert first.total, case


async def test_what_nobody_saw_is_not_covered(store: EvidenceStore):
    keep(store, requests(), unseen=range(END - 40_000, END - 20_000))
    (first, *_) = (await stored(store, own())).rows
    assert isinstance(first, ObjectiveRow)
    assert first.longest_gap == pytest.approx(20_000, abs=600)
    assert first.coverage == pytest.approx(1 - 20_000 / (2 * 86_400), abs=0.01)


async def test_samples_of_nobody_are_missing_and_never_good(store: EvidenceStore):
    check = own()
    (found,) = judged_together([(check, await stored(store, check))])
    assert unmet(found["the-check"]).outcome is Outcome.MISSING


async def test_only_series_of_the_named_check_with_such_labels_count(store: EvidenceStore):
    keep(store, [*requests(), counter("requests_other", {"code": "503"}, lambda at: grown(at) * 1_000)])
    (first, *_) = (await stored(store, own())).rows
    assert isinstance(first, ObjectiveRow)
    assert first.low == 0.995 * (first.total or 0)
    (first, *_) = (await stored(store, own(1))).rows
    assert isinstance(first, ObjectiveRow)
    assert first.absent == "no series is requests"


async def test_without_a_store_nothing_can_be_said():
    with pytest.raises(CollectionError, match="there is no evidence store to read samples from"):
        await ObjectiveCollector(sources(), lambda: NOON).collect(own())


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ({"interval": "5m"}, "does not say where samples are; give it prometheus"),
        ({"samples": "a", "prometheus": "b"}, "Extra inputs are not permitted"),
    ],
)
def test_a_history_is_of_one_sort(history: dict[str, str], said: str):
    with pytest.raises(ValidationError, match=said):
        objective(history=history)


def test_a_native_histogram_is_not_kept_as_samples():
    with pytest.raises(ValidationError, match="no native histogram is kept as samples"):
        own(threshold_metric={"native_histogram": "seconds"}, value="1s", target="95%")


def test_the_check_whose_samples_they_are_has_to_be_there():
    assert own().looks_at == ("metrics-0",)
    assert own().sources == ()
