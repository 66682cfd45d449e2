"""Folders of dated reports: the largest gap over the slot, and each way in which a folder shows none."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.errors import CollectionError
from checks.expectations.freshness import FRESHNESS
from checks.kinds.freshness import FreshnessCheck, FreshnessRow
from checks.outcome import Outcome
from tasks.collectors.content_time import Undated
from tasks.collectors.freshness import FreshnessCollector
from tasks.collectors.report_history import instant_in
from tests.checks.expectations.judging import NOW, Example, verdicts
from tests.tasks.collectors.asking import named, sources

MISSING, STALE, INCONCLUSIVE = Outcome.MISSING, Outcome.STALE, Outcome.INCONCLUSIVE
ASKED: dict[str, Any] = {
    "document": "reports:latest.json",
    "history": {"reports": "reports:kept/*"},
    "expect": {"max_age": "10m"},
}
REGULAR = range(2, 67, 8)
"""Minutes ago: every eight, and one from before the hour."""


def write(folder: Path, *minutes_ago: float, dated_by: str = "content", at: datetime = NOW) -> Path:
    """A folder with a report from so many minutes ago each, and the latest beside it."""
    (folder / "kept").mkdir(exist_ok=True)
    for minutes in minutes_ago:
        made = at - timedelta(minutes=minutes)
        path = folder / "kept" / f"books_{made:%Y%m%dT%H%M%SZ}.json"
        path.write_text(json.dumps({"generated_at": made.isoformat()}) if dated_by == "content" else "not JSON")
        os.utime(path, (made.timestamp(), made.timestamp()))
    newest = at - timedelta(minutes=min((m for m in minutes_ago if m >= 0), default=2))
    (folder / "latest.json").write_text(json.dumps({"generated_at": newest.isoformat()}))
    return folder


async def collected(folder: Path, *, now: datetime = NOW, **asked: Any) -> tuple[FreshnessCheck, tuple[Any, ...]]:
    check = named(FreshnessCheck.model_validate({**ASKED, **asked}))
    collector = FreshnessCollector(sources(folder=folder), lambda: now)
    try:
        evidence = await collector.collect(check)
    finally:
        await collector.aclose()
    assert FreshnessCollector.rows_from(check, evidence.captures) == evidence.rows
    return check, evidence.rows


async def row(folder: Path, **asked: Any) -> FreshnessRow:
    _, rows = await collected(folder, **asked)
    assert [one.part for one in rows] == ["document", "history"]
    return rows[1]  # type: ignore[no-any-return]


async def judged(folder: Path, **asked: Any) -> dict[str, Outcome]:
    """The rules that the folder does not meet."""
    check, rows = await collected(folder, **asked)
    (found,) = verdicts(FRESHNESS, [Example(check, rows)])
    findings = next(one.findings for one in found if one.subject == "reports:kept/*")
    return {one.expectation: one.outcome for one in findings if not one.outcome.passes}


async def test_reports_that_never_left_too_large_a_gap_pass(tmp_path: Path):
    found = await row(write(tmp_path, *REGULAR))
    assert (found.reports, found.gap) == (9, 480.0)
    assert found.content_time == NOW - timedelta(minutes=2)
    assert await judged(tmp_path) == {}


async def test_a_gap_that_is_over_is_found_though_everything_is_fresh_now(tmp_path: Path):
    folder = write(tmp_path, *(minutes for minutes in REGULAR if minutes != 34))
    found = await row(folder)
    assert (found.gap, found.gap_from) == (960.0, NOW - timedelta(minutes=42))
    assert await judged(folder) == {"gaps": STALE}


async def test_a_gap_across_the_beginning_of_the_slot_counts_in_full(tmp_path: Path):
    found = await row(write(tmp_path, *(minutes for minutes in REGULAR if minutes < 58), 70))
    assert (found.gap, found.gap_from) == (1200.0, NOW - timedelta(minutes=70))


async def test_an_empty_folder_is_missing(tmp_path: Path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "latest.json").write_text("{}")
    assert (await judged(tmp_path))["found"] is MISSING


async def test_one_report_shows_no_gap(tmp_path: Path):
    found = await judged(write(tmp_path, 2))
    assert found == {"several": INCONCLUSIVE, "reaches-back": INCONCLUSIVE, "gaps": INCONCLUSIVE}


async def test_a_report_from_the_future_is_stale(tmp_path: Path):
    assert await judged(write(tmp_path, *REGULAR, -5)) == {"not-from-the-future": STALE}
    assert (await row(tmp_path)).gap == 480.0, "what has not come yet closes no gap"


@pytest.mark.parametrize("body", ["", "{", '{"generated_at": "soon"}'])
async def test_a_report_that_says_no_date_is_missing_where_it_was_written_in_this_slot(tmp_path: Path, body: str):
    folder = write(tmp_path, *REGULAR)
    broken = folder / "kept" / "broken.json"
    broken.write_text(body)
    for minutes, found in ((30, {"all-dated": MISSING}), (90, {})):
        written = (NOW - timedelta(minutes=minutes)).timestamp()
        os.utime(broken, (written, written))
        assert await judged(folder) == found


async def test_a_folder_of_which_nothing_is_dated_is_missing(tmp_path: Path):
    folder = write(tmp_path)
    (folder / "kept" / "broken.json").write_text("")
    assert (await judged(folder))["dated"] is MISSING


async def test_names_may_say_the_date_and_one_that_does_not_is_missing(tmp_path: Path):
    by_name = {"history": {"reports": "reports:kept/*", "dated_by": "name"}}
    folder = write(tmp_path, *REGULAR, dated_by="name")
    assert (await row(folder, **by_name)).gap == 480.0
    assert await judged(folder, **by_name) == {}
    (folder / "kept" / "books_20261122.json").write_text("")
    assert await judged(folder, **by_name) == {"all-dated": MISSING}
    assert "holds no instant" in str((await row(folder, **by_name)).nameless_cause)


async def test_reports_that_stopped_are_stale(tmp_path: Path):
    assert (await judged(write(tmp_path, *range(12, 72, 8))))["fresh"] is STALE


async def test_reports_that_do_not_reach_back_decide_nothing(tmp_path: Path):
    assert await judged(write(tmp_path, *(minutes for minutes in REGULAR if minutes < 50))) == {
        "reaches-back": INCONCLUSIVE
    }


async def test_more_reports_than_are_read_do_not_seem_to_reach_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasks.collectors.report_history._MOST_READ", 5)
    assert await judged(write(tmp_path, *REGULAR)) == {"reaches-back": INCONCLUSIVE}


async def test_the_hour_in_which_clocks_change_is_an_hour_like_any_other(tmp_path: Path):
    """Reports in local time with its offset: 02:30 comes twice in Berlin that night."""
    after = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    (tmp_path / "kept").mkdir()
    summer = [f"2026-10-25T02:{minute:02}:00+02:00" for minute in (29, 37, 45, 53)]
    winter = [f"2026-10-25T02:{minute:02}:00+01:00" for minute in (1, 9, 17, 25)]
    for number, text in enumerate((*summer, *winter)):
        (tmp_path / "kept" / f"{number}.json").write_text(json.dumps({"generated_at": text}))
    (tmp_path / "latest.json").write_text(json.dumps({"generated_at": "2026-10-25T02:25:00+01:00"}))
    assert (await row(tmp_path, now=after)).gap == 480.0
    assert await judged_at(tmp_path, after) == {}


async def judged_at(folder: Path, now: datetime) -> dict[str, Outcome]:
    """As `judged`, at another instant than that of the shared examples."""
    check, rows = await collected(folder, now=now)
    shifted = [
        one.model_copy(update={name: value + (NOW - now) for name, value in one if isinstance(value, datetime)})
        for one in rows
    ]
    (found,) = verdicts(FRESHNESS, [Example(check, tuple(shifted))])
    return {one.expectation: one.outcome for each in found for one in each.findings if not one.outcome.passes}


async def test_a_limit_shorter_than_the_cadence_is_not_shown_by_one_look(tmp_path: Path):
    write(tmp_path, 2)
    check, rows = await collected(tmp_path, history=None)
    (found,) = verdicts(FRESHNESS, [Example(check, rows)])
    unmet = [one for one in found[0].findings if not one.outcome.passes]
    assert [(one.expectation, one.outcome) for one in unmet] == [("covered", INCONCLUSIVE)]
    assert unmet[0].because.startswith("one hourly look speaks for 16.6")
    assert found[0].outcome is INCONCLUSIVE


async def test_only_a_folder_has_a_history(tmp_path: Path):
    write(tmp_path)
    with pytest.raises(CollectionError, match="only a folder can be searched"):
        await collected(tmp_path, history={"reports": "api:/reports/*"})


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"every": "pulse"}, "a pulse sees every report itself"),
        ({"history": {"reports": "reports:latest.json"}}, "is one file; put \\* in the place of its date"),
        ({"history": {"reports": "reports:*", "dated_by": "file"}}, "'content' or 'name'"),
    ],
)
def test_a_history_that_shows_nothing_is_refused(asked: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        FreshnessCheck.model_validate({**ASKED, **asked})


@pytest.mark.parametrize(
    "name",
    [
        "a_20261122T140500Z.json",
        "a-2026-11-22T14-05.csv",
        "2026-11-22_1405.json",
        "x20261122140500",
    ],
)
def test_instants_in_names(name: str):
    assert instant_in(name) == datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", ["a.json", "a_20261122.json", "a_20261322T1405Z.json", "a_20261122T2561Z", "1" * 30])
def test_names_without_an_instant(name: str):
    with pytest.raises(Undated):
        instant_in(name)
