"""Availability out of a real evidence store, on SQLite and on PostgreSQL, held against what every look says."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck as Slow
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.deploys import Ended, Started
from checks.epoch import milliseconds_of
from checks.evidence.records import RawCapture
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow
from checks.kinds.availability_figures import availability
from checks.runs import Confirm, outages, runs_of
from checks.samples import Sample, Samples, SeriesKey
from checks.slots import Cadence, Slot
from tasks.collectors.availability import AvailabilityCollector
from tasks.deploys.appending import append
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tests.tasks.collectors.asking import named, sources
from tests.tasks.store.making import CONTEXT, verdict

START = datetime(2026, 11, 22, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def check(**given: Any) -> AvailabilityCheck:
    asked = {"of": "api-up", "target": "99%", "time_window": "6h", **given}
    return named(AvailabilityCheck.model_validate(asked), "uptime")


def key(subject: str = "api:/health", measure: str = "up") -> SeriesKey:
    return SeriesKey("api-up", subject, measure)


def fill(store: EvidenceStore, said: str, *, subject: str = "api:/health", version: Callable[[int], str] | None = None):
    """A look a minute in letters: g and b are good and bad, - saw nothing, and a space is no look at all."""
    looks: list[Sample] = []
    versions: dict[str, list[Sample]] = {}
    for number, letter in enumerate(said):
        at = START + number * MINUTE
        if letter != " ":
            looks.append(Sample(at, None if letter == "-" else 1.0, None if letter == "-" else letter == "g"))
        if letter == "g" and version is not None:
            versions.setdefault(version(number), []).append(Sample(at, 1.0))
    every = [(key(subject), looks)]
    every += [(key(subject, f'version{{version="{name}"}}'), seen) for name, seen in versions.items()]
    for number in range(0, len(said), 60):
        since = START + number * MINUTE
        slot = Slot(since + (0 if subject == "api:/health" else 1) * MINUTE, Cadence.PULSE)
        parts = [
            Samples.of(name, [one for one in seen if since <= one.at < since + HOUR], every=MINUTE)
            for name, seen in every
        ]
        store.record(
            slot, SlotContents([verdict(slot)], parts), status=SlotStatus.COLLECTED, context=CONTEXT, staging="s"
        )


async def rows(
    store: EvidenceStore, until: datetime, asked: AvailabilityCheck, deploys: Path | None = None
) -> dict[str, AvailabilityRow]:
    class Opened:
        def __enter__(self) -> EvidenceStore:
            return store

        def __exit__(self, *_: object) -> None:
            """The fixture closes it."""

    where = replace(sources(), deploys=deploys)
    evidence = await AvailabilityCollector(where, lambda: until, open_store=Opened).collect(asked)
    sealed = [RawCapture(one.item, one.body, json.loads(json.dumps(dict(one.meta)))) for one in evidence.captures]
    assert AvailabilityCollector.rows_from(asked, sealed) == evidence.rows
    return {row.subject: row for row in evidence.rows}


def minutes(parts: tuple[tuple[int, int], ...]) -> list[tuple[float, float]]:
    return [((a - milliseconds_of(START)) / 60_000, (b - milliseconds_of(START)) / 60_000) for a, b in parts]


async def test_down_excluded_and_unknown_are_told_apart(store: EvidenceStore, tmp_path: Path):
    said = "g" * 70 + "b" * 10 + "g" * 40 + "bb" + "g" * 58 + " " * 10 + "g" * 50 + "b" * 6 + "g" * 114
    fill(store, said)
    ledger = tmp_path / "deploys.jsonl"
    append(ledger, Started(id="d-1", at=START + 239 * MINUTE, by="ci", reason="v2"))
    append(ledger, Ended(id="d-1", at=START + 250 * MINUTE, by="ci"))
    asked = check(exclude={"cap": "1h"})
    row = (await rows(store, START + 6 * HOUR, asked, ledger))["uptime"]
    assert minutes(row.down) == [(70, 80), (240, 246)]
    assert minutes(row.unknown) == [(179, 190)]
    assert (row.looks, row.unseen) == (350, 0)
    figures, _ = availability(asked, row)
    assert figures.coverage == 1 - Fraction(11, 360)
    assert figures.uptime == 1 - Fraction(10, 360 - 11 - 11)
    assert figures.uptime_with_deploys == 1 - Fraction(16, 360 - 11)


async def test_a_hole_within_an_outage_is_no_excuse(store: EvidenceStore):
    fill(store, "g" * 60 + "b" * 10 + " " * 20 + "b" * 5 + "g" * 265)
    asked = check()
    row = (await rows(store, START + 6 * HOUR, asked))["uptime"]
    assert minutes(row.down) == [(60, 95)]
    figures, _ = availability(asked, row)
    assert figures.uptime == 1 - Fraction(35, 360)
    assert figures.coverage == 1 - Fraction(21, 360)


async def test_several_subjects_are_down_when_one_is_and_each_may_be_asked_alone(store: EvidenceStore):
    fill(store, "g" * 60 + "b" * 10 + "g" * 290)
    fill(store, "g" * 65 + "b" * 10 + "g" * 285, subject="api:/ready")
    found = await rows(store, START + 6 * HOUR, check(each=["api:/ready", "api:/gone"]))
    assert minutes(found["uptime"].down) == [(60, 75)]
    assert minutes(found["api:/ready"].down) == [(65, 75)]
    assert (found["api:/gone"].looks, minutes(found["api:/gone"].unknown)) == (0, [(0, 360)])


async def test_looks_of_an_observer_that_was_lost_count_as_no_looks(store: EvidenceStore):
    fill(store, "g" * 60 + "-" * 10 + "g" * 290)
    row = (await rows(store, START + 6 * HOUR, check()))["uptime"]
    assert (row.looks, row.unseen) == (350, 10)
    assert minutes(row.unknown) == [(59, 70)]
    assert row.down == ()


async def test_versions_that_came_and_went_are_seen_as_deploys(store: EvidenceStore):
    fill(store, "g" * 100 + "b" * 5 + "g" * 255, version=lambda number: "v1" if number < 100 or number > 300 else "v2")
    row = (await rows(store, START + 6 * HOUR, check()))["uptime"]
    assert [seen.version for seen in row.versions] == ["v1", "v2", "v1"]
    trusting, strict = check(exclude={"seen": True}), check()
    assert availability(trusting, row)[0].uptime == 1
    assert availability(strict, row)[0].uptime == 1 - Fraction(5, 360)


async def test_a_check_that_nobody_looked_at_is_unknown_altogether(store: EvidenceStore):
    row = (await rows(store, START + 6 * HOUR, check()))["uptime"]
    assert (row.looks, minutes(row.unknown)) == (0, [(0, 360)])


async def test_a_ledger_that_is_named_and_not_there_is_told(store: EvidenceStore, tmp_path: Path):
    fill(store, "g" * 60)
    named_ledger = check(ledger="reports:deploys.jsonl")

    class Opened:
        def __enter__(self) -> EvidenceStore:
            return store

        def __exit__(self, *_: object) -> None:
            """The fixture closes it."""

    collector = AvailabilityCollector(sources(folder=tmp_path), lambda: START + HOUR, open_store=Opened)
    (row,) = (await collector.collect(named_ledger)).rows
    assert isinstance(row, AvailabilityRow)
    assert row.ledger_missing == "reports:deploys.jsonl does not exist"


@settings(max_examples=25, deadline=None, suppress_health_check=[Slow.function_scoped_fixture, Slow.too_slow])
@given(st.lists(st.tuples(st.sampled_from("gggggb- "), st.integers(1, 40)), min_size=1, max_size=14))
def test_roll_ups_give_the_outages_that_every_single_look_gives(tmp_path_factory: pytest.TempPathFactory, drawn: list):
    said = "".join(letter * times for letter, times in drawn)[:300]
    words = {"g": "good", "b": "bad", "-": "unseen"}
    looks = [
        (milliseconds_of(START + number * MINUTE), words[letter], "")
        for number, letter in enumerate(said)
        if letter != " "
    ]
    with EvidenceStore.open(f"sqlite:///{tmp_path_factory.mktemp('store')}/readiness.db") as store:
        fill(store, said)
        collected = _collected(store)
    end = milliseconds_of(START + 6 * HOUR)
    expected = outages(runs_of(looks, hole=120_000), Confirm(), hole=120_000)
    assert list(collected.down) == [(one.start, one.until(end)) for one in expected]


def _collected(store: EvidenceStore) -> AvailabilityRow:
    class Opened:
        def __enter__(self) -> EvidenceStore:
            return store

        def __exit__(self, *_: object) -> None:
            """Its owner closes it."""

    collector = AvailabilityCollector(sources(), lambda: START + 6 * HOUR, open_store=Opened)
    captures = collector._captures(check(), START + 6 * HOUR)
    (row,) = AvailabilityCollector.rows_from(check(), captures)
    return row
