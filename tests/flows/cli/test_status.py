"""`readiness status`: what is owed, fresh, failing, missing, overdue, missed, next, unsealed and unanchored."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.outcome import Outcome
from flows import standing
from flows.cli import status as command
from flows.cli.terminal import Format
from tasks.store.records import SlotStatus
from tests.flows.watched_home import WatchedHome

GOOD = {"api-health": Outcome.PASS, "broken": Outcome.FAIL}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WatchedHome:
    """One hour was collected."""
    made = WatchedHome.made(tmp_path)
    monkeypatch.setenv("READINESS_HOME", str(made.settings.home))
    made.run(0, GOOD)
    return made


@pytest.fixture
def told(home: WatchedHome, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """What status says so long after the beginning of the first hour."""

    def ask(output: Format = Format.JSON, **span: float) -> Any:
        instant: datetime = home.at + timedelta(**span)
        monkeypatch.setattr(standing, "now", lambda: instant)
        monkeypatch.setattr(command.out, "width", 200)
        command.status(home.settings.catalog, output)
        printed = capsys.readouterr().out
        return json.loads(printed) if output is Format.JSON else printed

    return ask


def test_each_check_says_what_it_comes_to_and_whether_that_is_fresh(told):
    found = {one["check"]: (one["outcome"], one["fresh"]) for one in told(minutes=30)["checks"]}
    assert found == {
        "api-health": ("PASS", True),
        "broken": ("FAIL", True),
        "never": ("MISSING", False),
        "nightly": ("MISSING", False),
    }
    assert told(minutes=30)["outcomes"] == {"FAIL": 1, "MISSING": 2, "PASS": 1}
    late = {one["check"]: (one["outcome"], one["fresh"]) for one in told(hours=2)["checks"]}
    assert late["api-health"] == ("STALE", False)


def test_a_schedule_that_is_kept_owes_nothing_and_says_what_comes_next(told):
    assert told(minutes=30)["schedule"]["hourly"] == {
        "stands": "kept",
        "owed": [],
        "owed_seconds": None,
        "overdue": [],
        "newest": "2026-11-22T1400Z.hourly",
        "next": "2026-11-22T1500Z.hourly",
        "missed": 0,
        "last_missed": [],
        "sealed_at": "2026-11-22T14:08:00Z",
    }


def test_a_slot_that_has_begun_is_owed_and_after_its_grace_overdue(told):
    due = told(hours=1, minutes=10)["schedule"]["hourly"]
    assert (due["stands"], due["owed"], due["overdue"]) == ("due", ["2026-11-22T1500Z.hourly"], [])
    assert due["owed_seconds"] == 600
    late = told(hours=2, minutes=10)["schedule"]["hourly"]
    assert (late["stands"], late["overdue"]) == ("overdue", ["2026-11-22T1500Z.hourly"])
    assert late["owed"] == ["2026-11-22T1500Z.hourly", "2026-11-22T1600Z.hourly"]
    assert late["owed_seconds"] == 4200


def test_a_cadence_that_was_never_collected_says_so(told):
    daily = told(minutes=30)["schedule"]["daily"]
    assert (daily["stands"], daily["newest"], daily["sealed_at"]) == ("never", None, None)
    assert "weekly" not in told(minutes=30)["schedule"]


def test_missed_slots_are_counted_and_the_last_are_named(told, home: WatchedHome):
    for hour in (1, 2):
        home.run(hour, {"api-health": Outcome.MISSING}, status=SlotStatus.MISSED)
    home.run(3, GOOD)
    hourly = told(hours=3, minutes=30)["schedule"]["hourly"]
    assert (hourly["stands"], hourly["missed"]) == ("kept", 2)
    assert hourly["last_missed"] == ["2026-11-22T1600Z.hourly", "2026-11-22T1500Z.hourly"]


def test_what_is_not_sealed_and_not_anchored_is_told(told, home: WatchedHome):
    home.run(1, GOOD, sealed=False)
    found = told(hours=1, minutes=30)
    assert found["unsealed"] == ["2026-11-22T1500Z.hourly"]
    assert found["unanchored"]["bundles"] == 1


def test_people_read_the_same(told, home: WatchedHome):
    home.run(1, {"api-health": Outcome.MISSING}, status=SlotStatus.MISSED)
    printed = told(Format.TEXT, hours=3, minutes=20)
    lines = printed.splitlines()
    assert "overdue: 2026-11-22T1600Z.hourly began 1 h 20 min ago, and no run filled it, and 1 after it" in lines
    (hourly,) = [line for line in lines if "overdue, 2 owed for 1 h 20 min" in line]
    assert "2026-11-22T1800Z.hourly" in hourly
    assert "1, the last 2026-11-22T1500Z.hourly" in hourly
    (daily,) = [line for line in lines if "never collected" in line]
    assert "never, 1 owed for" in daily
    assert lines[-1] == "4 of 4 checks do not pass. Of 0 the evidence is fresh."
