"""Being watched: what is exported is what is so now, and says so where nobody knows."""

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import typer

from checks.errors import CatalogError, ReadinessError, StoreError
from checks.outcome import Outcome
from flows import watching
from flows.cli.export import prometheus
from flows.exporting import metrics_server
from tasks.store.records import SlotStatus
from tests.flows.watched_home import CATALOG, WatchedHome

GOOD = {"api-health": Outcome.PASS, "broken": Outcome.FAIL}
At = Callable[..., None]


@pytest.fixture
def home(tmp_path: Path) -> WatchedHome:
    """One hour was collected."""
    made = WatchedHome.made(tmp_path)
    made.run(0, GOOD)
    return made


@pytest.fixture
def at(home: WatchedHome, monkeypatch: pytest.MonkeyPatch) -> At:
    """Sets the clock to so long after the beginning of the first hour."""

    def set_clock(**span: float) -> None:
        instant: datetime = home.at + timedelta(**span)
        monkeypatch.setattr(watching, "now", lambda: instant)

    set_clock(minutes=30)
    return set_clock


@pytest.fixture
def exported(home: WatchedHome, at: At, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """What `readiness export prometheus` prints: the value of one series, by name and labels in their order."""
    monkeypatch.setenv("READINESS_HOME", str(home.settings.home))

    def value(name: str, problem: type[ReadinessError] | None = None, **labels: str) -> float | None:
        if problem is None:
            prometheus(home.settings.catalog)
        else:
            with pytest.raises(problem):
                prometheus(home.settings.catalog)
        return series(capsys.readouterr().out, name, **labels)

    return value


def series(text: str, name: str, **labels: str) -> float | None:
    found = [
        float(value)
        for inside, value in re.findall(rf"^{name}{{(.*)}} (\S+)$", text, re.MULTILINE)
        if all(f'{label}="{wanted}"' in inside for label, wanted in labels.items())
    ]
    assert len(found) <= 1
    return found[0] if found else None


def outcome(exported: Callable[..., float | None], check: str, **more: object) -> set[Outcome]:
    return {one for one in Outcome if exported("readiness_check_outcome", check=check, outcome=str(one), **more) == 1}


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".db-shm", ".db-wal"))
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_each_check_is_what_it_is_now(exported):
    assert outcome(exported, "api-health") == {Outcome.PASS}
    assert outcome(exported, "broken") == {Outcome.FAIL}
    assert exported("readiness_check_fresh", check="broken") == 1
    assert exported("readiness_check_evidence_age_seconds", check="api-health") == 23 * 60
    assert exported("readiness_check_passes", check="api-health", severity="critical", owner="Desk Ops") == 1


def test_a_check_that_nobody_observed_is_missing(exported):
    assert outcome(exported, "never") == {Outcome.MISSING}
    assert outcome(exported, "nightly") == {Outcome.MISSING}
    assert exported("readiness_check_fresh", check="never") == 0


def test_a_pass_of_yesterday_is_not_a_pass(exported, at: At):
    at(hours=1, minutes=15)
    assert outcome(exported, "api-health") == {Outcome.PASS}
    at(hours=1, minutes=15, seconds=1)
    assert outcome(exported, "api-health") == {Outcome.STALE}
    assert exported("readiness_check_passes", check="api-health") == 0
    assert exported("readiness_check_fresh", check="api-health") == 0


def test_a_schedule_that_stops_is_owed_overdue_and_told_for_how_long(exported, at: At):
    assert exported("readiness_schedule_state", cadence="hourly", state="kept") == 1
    at(hours=1, minutes=5)
    assert exported("readiness_schedule_state", cadence="hourly", state="due") == 1
    assert exported("readiness_slots_owed", cadence="hourly") == 1
    at(hours=4, minutes=5)
    assert exported("readiness_schedule_state", cadence="hourly", state="overdue") == 1
    assert exported("readiness_slots_owed", cadence="hourly") == 4
    assert exported("readiness_slots_overdue", cadence="hourly") == 3
    assert exported("readiness_slot_owed_seconds", cadence="hourly") == 3 * 3600 + 300


def test_a_cadence_that_never_ran_says_so(exported):
    assert exported("readiness_schedule_state", cadence="daily", state="never") == 1
    assert exported("readiness_slot_owed_seconds", cadence="daily") == float("inf")
    assert exported("readiness_schedule_state", cadence="weekly", state="never") is None  # no check is weekly


def test_missed_slots_and_what_is_not_sealed_are_counted(exported, home: WatchedHome, at: At):
    home.run(1, {"api-health": Outcome.MISSING}, status=SlotStatus.MISSED)
    home.run(2, GOOD, sealed=False)
    at(hours=2, minutes=30)
    assert exported("readiness_slots_missed_total", cadence="hourly") == 1
    assert exported("readiness_unsealed_slots") == 1
    assert exported("readiness_log_leaves") == 2
    assert (
        exported("readiness_seal_newest_timestamp_seconds", cadence="hourly")
        == (home.slot(1).at + timedelta(minutes=8)).timestamp()
    )


def test_the_lag_of_the_anchors_is_told_with_how_many_there_are(exported, monkeypatch: pytest.MonkeyPatch):
    assert exported("readiness_log_anchors") == 0
    assert exported("readiness_log_unanchored_bundles") == 1
    monkeypatch.setenv("READINESS_WITNESS", "http://127.0.0.1:9")
    assert exported("readiness_log_anchors") == 1


def test_exporting_writes_nothing(exported, home: WatchedHome):
    before = digests(home.settings.home)
    exported("readiness_store_readable")
    assert digests(home.settings.home) == before


def test_a_store_that_is_not_there_is_not_made_and_makes_every_check_an_error(exported, home: WatchedHome):
    (home.settings.home / "readiness.db").unlink()
    assert exported("readiness_store_readable", problem=StoreError) == 0
    assert outcome(exported, "api-health", problem=StoreError) == {Outcome.ERROR}
    assert exported("readiness_check_passes", problem=StoreError, check="api-health") == 0
    assert exported("readiness_slots_owed", problem=StoreError, cadence="hourly") is None
    assert not (home.settings.home / "readiness.db").exists()


def test_a_store_that_is_damaged_is_unreadable(exported, home: WatchedHome):
    for file in home.settings.home.glob("readiness.db*"):
        file.unlink()
    (home.settings.home / "readiness.db").write_bytes(b"this is no database " * 100)
    assert exported("readiness_store_readable", problem=StoreError) == 0


def test_another_systems_evidence_is_nobodys_pass(exported, home: WatchedHome):
    home.settings.catalog.write_text(CATALOG.replace("desk-stack", "another"))
    assert exported("readiness_store_readable", problem=CatalogError) == 0
    assert outcome(exported, "api-health", problem=CatalogError) == {Outcome.ERROR}


def test_a_catalogue_that_cannot_be_read_is_told_and_owes_nothing_that_looks_good(exported, home: WatchedHome):
    home.settings.catalog.write_text("system: [")
    assert exported("readiness_catalog_readable", problem=CatalogError) == 0
    assert exported("readiness_check_passes", problem=CatalogError, check="api-health") is None


def test_a_log_that_cannot_be_read_is_told_and_the_checks_are_as_they_are(exported, home: WatchedHome):
    (home.settings.evidence / "log" / "checkpoint").write_text("nonsense")
    assert exported("readiness_log_readable") == 0
    assert exported("readiness_log_leaves") is None
    assert outcome(exported, "api-health") == {Outcome.PASS}


def test_the_file_that_nobody_can_fill_any_more_does_not_keep_its_good_verdicts(
    home: WatchedHome, at: At, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("READINESS_HOME", str(home.settings.home))
    file = tmp_path / "readiness.prom"
    prometheus(home.settings.catalog, textfile=file)
    assert series(file.read_text(), "readiness_check_passes", check="api-health") == 1
    shutil.rmtree(home.settings.home)
    with pytest.raises(StoreError):
        prometheus(home.settings.catalog, textfile=file)
    assert series(file.read_text(), "readiness_check_passes", check="api-health") == 0
    assert series(file.read_text(), "readiness_store_readable") == 0


@pytest.mark.parametrize("listen", ["", "here", "127.0.0.1:", ":9874", "127.0.0.1:99999", "127.0.0.1:²"])
def test_an_address_that_is_none_is_refused(listen: str):
    with pytest.raises(typer.BadParameter, match="is no address; write"):
        prometheus(listen=listen)


def test_a_port_that_is_taken_is_one_line(home: WatchedHome, served: str):
    port = int(served.rpartition(":")[2].partition("/")[0])
    with pytest.raises(ReadinessError, match=f"cannot listen on 127.0.0.1 port {port}: Address already in use; name"):
        prometheus(home.settings.catalog, listen=str(port))


@pytest.fixture
def served(home: WatchedHome, at: At) -> Iterator[str]:
    """The address of an endpoint over the home."""
    told: list[str] = []
    with metrics_server(home.settings, ("127.0.0.1", 0), told.append) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


def test_the_endpoint_answers_with_figures_of_now_and_503_where_there_are_none(
    served: str, home: WatchedHome, at: At, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tasks.exporting.metrics_server.Cached.__call__", lambda cached: cached._measure())
    good = httpx.get(served, trust_env=False)
    assert (good.status_code, good.headers["Content-Type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert series(good.text, "readiness_check_passes", check="api-health") == 1
    at(hours=5)
    assert series(httpx.get(served, trust_env=False).text, "readiness_check_passes", check="api-health") == 0
    aside = home.settings.home / "aside"
    (home.settings.home / "readiness.db").rename(aside)
    away = httpx.get(served, trust_env=False)
    assert away.status_code == 503
    assert away.text.endswith("readiness.db: there is none yet; the first run makes it\n")
    aside.rename(home.settings.home / "readiness.db")
    assert httpx.get(served, trust_env=False).status_code == 200
