"""Keeping the schedule: outages, late and double runs, clocks that step, summer time and leap days.

The clock is set; store, sealing and Prefect are real.
"""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from prefect import tags

from checks.slots import Cadence, Slot
from flows.auditing import audited
from tasks.sealing.log_files import LOG, LogFiles
from tasks.store.records import SlotStatus
from tests.flows.cli.test_commands import ROOT
from tests.flows.conftest import Run
from tests.flows.held import HeldService
from tests.flows.test_cadence import Clock, catalog, clock, slot, store, verified  # noqa: F401 (fixtures)

H = timedelta(hours=1)


@pytest.fixture
def scheduled(run: Run) -> Run:
    """Runs a cadence as Prefect's calendar starts it."""

    def once(cadence: Cadence, path: Path, **parameters: object):
        with tags("auto-scheduled"):
            return run(cadence, path, **parameters)

    return once


def labels(home: Path) -> Counter[str]:
    """Every sealed bundle by the slot that it is of."""
    return Counter(path.name for path in (home / "evidence").glob("2*/*/*/*"))


def leaves(home: Path) -> int:
    """Leaves of the log that are bundles: the first one says which catalogue is in force."""
    checkpoint = LogFiles(home / "evidence" / LOG).checkpoint()
    return checkpoint.size - 1 if checkpoint else 0


def problems(home: Path, as_of: datetime) -> tuple[str, ...]:
    return tuple(audited(home / "evidence", None, as_of=as_of).problems)


def statuses(store, cadence: Cadence, since: Slot, until: datetime) -> list[SlotStatus]:  # noqa: F811
    with store() as opened:
        return [one.status for one in opened.slots(cadence, since=since.at, until=until)]


def test_runs_that_an_outage_made_late_fill_the_newest_slot_and_record_each_other_once(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
    store: Callable,  # noqa: F811
):
    """Prefect starts them oldest first, all at once, when its server or its worker is back."""
    scheduled(Cadence.HOURLY, catalog)
    clock.now += 3 * H
    summaries = [scheduled(Cadence.HOURLY, catalog) for _ in range(3)]
    assert [summary.slot for summary in summaries] == [slot(17)] * 3
    assert summaries[0].missed == (slot(15), slot(16))
    assert all(summary.bundle is None and summary.missed == () for summary in summaries[1:])
    assert labels(home) == Counter(slot(hour).label for hour in range(14, 18))
    assert leaves(home) == verified(home) == 4
    assert problems(home, clock.now) == ()
    collected, missed = SlotStatus.COLLECTED, SlotStatus.MISSED
    assert statuses(store, Cadence.HOURLY, slot(14), clock.now) == [collected, missed, missed, collected]


def test_a_run_that_stands_in_for_a_scheduled_one_fills_what_is_due_and_nothing_twice(
    run: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
):
    first = run(Cadence.HOURLY, catalog, owed_only=True)
    again = run(Cadence.HOURLY, catalog, owed_only=True)
    assert (first.slot, again.slot, again.bundle) == (slot(14), slot(14), None)
    assert labels(home) == Counter([slot(14).label])


def test_two_processes_that_run_one_slot_at_once_leave_one_bundle(
    home: Path, prefect_environment: dict[str, str], tmp_path: Path
):
    path = tmp_path / "readiness.yaml"
    with HeldService() as service:
        path.write_text(
            f'system: small\nenvironment: test\nsources:\n  api: {{http: "{service.url}", timeout: 60s}}\n'
            "checks:\n  answers: {kind: health, endpoints: [api:/health]}\n"
        )
        service.hold()
        command = [sys.executable, "-m", "flows", "run", "hourly", "--catalog", str(path), "--format", "json"]
        environment = {**prefect_environment, "READINESS_HOME": str(home)}
        two = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        ends = time.monotonic() + 90
        while service.asked < 2 and time.monotonic() < ends:
            time.sleep(0.1)
        service.let_go()
        told = [one.communicate() for one in two]
    assert service.asked == 2, "both were in the middle of it"
    codes = sorted(one.returncode for one in two)
    assert codes == [0, 1], told
    (refused,) = [err.decode() for one, (_, err) in zip(two, told, strict=True) if one.returncode]
    assert "already holds other evidence" in refused
    assert len(labels(home)) == verified(home) == leaves(home) == 1
    assert problems(home, datetime.now(UTC)) == ()


def test_a_clock_that_steps_back_fills_no_slot_twice_and_owes_nothing_new(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
):
    for _ in range(2):
        scheduled(Cadence.HOURLY, catalog)
        clock.now += H
    clock.now -= 2 * H  # 14:07 once more
    for _ in range(3):
        assert scheduled(Cadence.HOURLY, catalog).missed == ()
        clock.now += H
    assert labels(home) == Counter(slot(hour).label for hour in (14, 15, 16))
    assert verified(home) == leaves(home) == 3
    assert problems(home, clock.now) == ()


def test_a_clock_that_steps_far_ahead_and_back_leaves_a_record_and_stops_nothing(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
    store: Callable,  # noqa: F811
):
    """The hours that it skipped are on record as missed, which stays; what is collected in them comes beside that."""
    scheduled(Cadence.HOURLY, catalog)
    clock.now += 4 * H
    assert len(scheduled(Cadence.HOURLY, catalog).missed) == 3
    clock.now -= 3 * H
    summary = scheduled(Cadence.HOURLY, catalog)
    assert summary.slot == slot(15, 7), "15:00 is taken by what the wrong clock said"
    assert summary.bundle is not None
    assert scheduled(Cadence.HOURLY, catalog).bundle is None, "the same minute is not filled twice"
    assert verified(home) == leaves(home) == 6
    assert statuses(store, Cadence.HOURLY, slot(15), clock.now + H)[0] is SlotStatus.MISSED


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own time has summer time."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_the_hour_that_summer_time_repeats_is_two_slots(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
    in_berlin: None,
):
    clock.now = datetime(2026, 10, 25, 0, 7, tzinfo=UTC)
    for _ in range(2):  # 02:07 local time, twice
        assert clock.now.astimezone(ZoneInfo("Europe/Berlin")).hour == 2
        assert scheduled(Cadence.HOURLY, catalog).missed == ()
        clock.now += H
    assert sorted(labels(home)) == ["2026-10-25T0000Z.hourly", "2026-10-25T0100Z.hourly"]
    assert problems(home, clock.now) == ()


def test_a_leap_day_that_nobody_ran_is_missed_like_any_other(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
):
    catalog.write_text(catalog.read_text().replace("kind: ", "every: daily, kind: "))
    clock.now = datetime(2028, 2, 28, 0, 23, tzinfo=UTC)
    scheduled(Cadence.DAILY, catalog)
    clock.now = datetime(2028, 3, 1, 0, 23, tzinfo=UTC)
    summary = scheduled(Cadence.DAILY, catalog)
    assert summary.missed == (Slot(datetime(2028, 2, 29, tzinfo=UTC), Cadence.DAILY),)
    assert (home / "evidence" / "2028" / "02" / "29" / "2028-02-29T0000Z.daily" / "bag").is_dir()
    assert problems(home, clock.now) == ()


def test_a_pulse_that_the_calendar_starts_where_no_check_is_pulsed_seals_nothing(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
):
    """The schedules are the same for every catalogue."""
    assert scheduled(Cadence.PULSE, catalog).bundle is None
    assert not labels(home)


def test_a_second_machine_whose_clock_is_behind_fills_nothing_twice(
    scheduled: Run,
    catalog: Path,  # noqa: F811
    clock: Clock,  # noqa: F811
    home: Path,
):
    clock.now = datetime(2026, 11, 22, 15, 0, 20, tzinfo=UTC)
    scheduled(Cadence.HOURLY, catalog)
    clock.now -= timedelta(seconds=40)  # 14:59:40 over there
    other = scheduled(Cadence.HOURLY, catalog)
    assert other.slot == slot(14)
    clock.now += timedelta(minutes=8)
    assert scheduled(Cadence.HOURLY, catalog).bundle is None
    assert labels(home) == Counter([slot(14).label, slot(15).label])
    assert problems(home, clock.now) == ()
