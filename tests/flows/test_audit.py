"""The audit flow, the retention flow and the lag of the anchors, over what real runs have left."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.errors import VerificationError
from checks.slots import Cadence
from flows import wiring
from flows.audit import audit
from flows.retention import retention
from flows.settings import Settings
from flows.standing import standing
from tests.flows.conftest import Run

CATALOG = """\
system: small
environment: test
sources:
  api: {http: "http://127.0.0.1:9", timeout: 1s}
checks:
  nobody-listens: {kind: health, endpoints: [api:/health]}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG)
    return path


def test_what_a_run_leaves_audits_clean_until_a_bundle_is_deleted(run: Run, catalog: Path, home: Path):
    summary = run(Cadence.HOURLY, catalog)
    found = audit()
    assert (found.leaves, found.bundles, found.records) == (2, 1, 1)
    assert summary.bundle is not None
    shutil.rmtree(summary.bundle)
    with pytest.raises(VerificationError, match="1 problems"):
        audit()


def test_what_is_over_its_time_is_deleted_each_week_and_the_log_still_audits_clean(
    run: Run, catalog: Path, home: Path, monkeypatch: pytest.MonkeyPatch
):
    catalog.write_text(CATALOG + "retention: {keep: {hourly: 2d}}\n")
    begun = datetime(2026, 11, 22, 14, 7, tzinfo=UTC)
    for hours in (0, 1):
        monkeypatch.setattr(wiring, "now", lambda at=begun + timedelta(hours=hours): at)
        run(Cadence.HOURLY, catalog)
    monkeypatch.setattr(wiring, "now", lambda: begun + timedelta(days=3))
    first = "2026-11-22T1400Z.hourly"
    assert retention(catalog, dry_run=True) == [first]
    assert list(home.glob(f"evidence/2*/*/*/{first}"))
    assert retention(catalog) == [first]
    assert not list(home.glob(f"evidence/2*/*/*/{first}"))
    assert audit(begun + timedelta(hours=1)).tombstones == 1


def test_a_catalogue_without_a_retention_keeps_everything(run: Run, catalog: Path, home: Path):
    assert retention(catalog) == []


def test_the_lag_of_the_anchors_is_shown(run: Run, catalog: Path, home: Path):
    run(Cadence.HOURLY, catalog)
    lag = standing(Settings.of(catalog)).unanchored
    assert lag.bundles == 1
    assert lag.since is not None
    assert lag.since <= datetime.now(UTC)


def test_a_witness_that_is_away_holds_no_run(
    run: Run, catalog: Path, home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setenv("READINESS_WITNESS", "http://127.0.0.1:9")
    assert run(Cadence.HOURLY, catalog).bundle is not None
    assert standing(Settings.of(catalog)).unanchored.bundles == 1
