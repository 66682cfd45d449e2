"""The gate, asked: only evidence that its bundle shows again lets a release through."""

import json
import sqlite3
import warnings
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.errors import CatalogError
from checks.outcome import Outcome
from checks.readiness.release_gate import GateDecision
from checks.slots import Cadence
from flows import gating
from flows.cli import app
from flows.clock import now
from flows.gating import decision
from flows.settings import Settings
from tasks.sealing.anchoring import anchor
from tasks.sealing.bundle import read_info
from tasks.sealing.keys import DevelopmentKeyWarning, new_key
from tests.flows.conftest import FLOWS
from tests.tasks.sealing.outsiders import WitnessHere

CATALOG = """\
system: small
environment: production
version: v0.2.0
sources:
  files: {folder: FOLDER}
checks:
  report: {kind: freshness, document: files:report.json, expect: {max_age: 2h, status: [pass]}}
models:
  release: {template: release-gate, items: {fresh: {requires: [report]}}}
"""


@pytest.fixture
def settings(home: Path, prefect_api: str, tmp_path: Path) -> Settings:
    return Settings(catalog=tmp_path / "readiness.yaml", home=home)


def collected(settings: Settings, *, status: str = "pass") -> Path:
    """Runs the hourly cadence once; returns its bundle."""
    folder = settings.catalog.parent
    settings.catalog.write_text(CATALOG.replace("FOLDER", str(folder)))
    (folder / "report.json").write_text(json.dumps({"generated_at": now().isoformat(), "status": status}))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentKeyWarning)
        bundle = FLOWS[Cadence.HOURLY](catalog=settings.catalog).bundle
    assert bundle is not None
    return bundle


def asked(settings: Settings, release: str = "v0.2.0") -> GateDecision:
    return decision(settings, "release", release=release, environment=None)


@pytest.mark.slow
def test_good_evidence_lets_its_own_release_through_and_no_other(settings: Settings):
    collected(settings)
    assert asked(settings).is_open
    other = asked(settings, "v0.3.0")
    assert other.items[0].outcome is Outcome.STALE
    assert "about version v0.2.0, not v0.3.0" in other.chain[0]


@pytest.mark.slow
def test_a_bundle_that_was_changed_shows_nothing(settings: Settings):
    bundle = collected(settings)
    body = next((bundle / "bag" / "data" / "raw").rglob("*.body"))
    body.write_bytes(body.read_bytes() + b" ")
    found = asked(settings)
    assert found.items[0].outcome is Outcome.ERROR
    assert "does not show it" in found.chain[0]


@pytest.mark.slow
def test_evidence_that_nobody_outside_vouched_for_in_time_does_not_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    bundle = collected(settings)
    evidence = settings.evidence
    settings.catalog.write_text(settings.catalog.read_text().replace("items:", "vouched_within: 5m, items:"))
    monkeypatch.setattr(gating, "now", lambda: read_info(bundle).verified_as_of + timedelta(minutes=4))
    assert "names neither a witness nor a timestamping authority" in asked(settings).chain[0]
    new_key(evidence.parent / "witness" / "key")
    witness = WitnessHere(evidence)
    (evidence / "trust" / "witness.vkey").write_text(f"{witness.key.text}\n")
    assert asked(settings).is_open
    late = read_info(bundle).verified_as_of + timedelta(minutes=6)
    monkeypatch.setattr(gating, "now", lambda: late)
    assert "does not vouch yet, 6" in asked(settings).chain[0]
    anchor(evidence, witness=witness, authority=None)
    assert asked(settings).is_open


@pytest.mark.slow
def test_a_store_that_says_otherwise_than_the_bundle_is_not_believed(settings: Settings):
    collected(settings, status="fail")
    assert asked(settings).items[0].outcome is Outcome.FAIL
    with sqlite3.connect(settings.home / "readiness.db") as store:
        store.execute("DROP TRIGGER verdicts_no_update")
        store.execute("UPDATE verdicts SET findings = replace(findings, '\"FAIL\"', '\"PASS\"')")
    store.close()
    found = asked(settings)
    assert found.items[0].outcome is Outcome.ERROR
    assert "the store has other findings of report" in found.chain[0]


@pytest.mark.slow
def test_the_command_says_no_with_its_exit_code_and_tells_the_pipeline(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("COLUMNS", "200")
    collected(settings, status="fail")
    junit, summary = tmp_path / "gate.xml", tmp_path / "summary.md"
    told = ["--catalog", str(settings.catalog), "--junit", str(junit), "--summary", str(summary)]
    done = CliRunner().invoke(app, ["gate", "release", "--release", "v0.2.0", *told])
    assert done.exit_code == 4
    assert "release ← fresh ← report is FAIL" in done.stdout
    assert 'failures="1" errors="0" skipped="0"' in junit.read_text()
    assert "v0.2.0 in production is blocked" in summary.read_text()


def test_a_gate_that_is_not_there_is_answered_with_those_that_are(settings: Settings):
    settings.catalog.write_text(CATALOG.replace("FOLDER", "/"))
    with pytest.raises(CatalogError, match="no release gate is called 'launch'; there are: release"):
        decision(settings, "launch", release="v1", environment=None)
