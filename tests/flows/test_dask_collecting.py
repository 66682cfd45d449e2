"""Wide catalogues over a real Dask cluster: shards are asked by its workers, with what is secret there and not here."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.outcome import Outcome
from checks.slots import Cadence
from flows import wiring
from flows.spreading import SHARD
from tasks.sealing.verify import trust_for, verify_evidence
from tests.flows.conftest import Run
from tests.flows.held import HeldService
from tests.flows.test_dask_requests import cluster  # noqa: F401 (a fixture)

CATALOG = """\
system: wide
environment: test
sources:
  api: {http: "${WIDE_URL}", headers: {Authorization: "Bearer ${WIDE_TOKEN}"}, timeout: 60s}
  here: {http: "${WIDE_URL_HERE_ALONE}"}
  files: {folder: FOLDER}
checks:
"""
HERE, THERE = "token-of-this-machine", "token-of-the-worker"


@pytest.fixture
def service() -> Iterator[HeldService]:
    with HeldService() as opened:
        yield opened


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """Three shards of one kind, one check of another, and one whose source the worker does not know."""
    (tmp_path / "report.json").write_text(json.dumps({"generated_at": "2026-11-22T14:00:00Z"}))
    patient = "kind: health, expect: {within: 60s}"
    lines = [f"  wide-{number}: {{{patient}, endpoints: [api:/{number}]}}" for number in range(2 * SHARD + 1)]
    lines += ["  report: {kind: freshness, document: files:report.json, expect: {max_age: 90000h}}"]
    lines += ["  unknown-there: {kind: health, endpoints: [here:/]}"]
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG.replace("FOLDER", str(tmp_path)) + "\n".join(lines) + "\n")
    return path


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_wide_catalogue_is_collected_by_the_workers_with_what_they_know(
    cluster,  # noqa: F811
    run: Run,
    catalog: Path,
    service: HeldService,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    for name, value in {"WIDE_URL": service.url, "WIDE_TOKEN": HERE, "WIDE_URL_HERE_ALONE": service.url}.items():
        monkeypatch.setenv(name, value)
    with cluster(WIDE_URL=service.url, WIDE_TOKEN=THERE) as recorder:
        monkeypatch.setenv("READINESS_TASK_RUNNER", f"dask:tcp://127.0.0.1:{recorder.port}")
        spread = run(Cadence.HOURLY, catalog)
        sent = bytes(recorder.sent)
    assert service.authorizations == {f"Bearer {THERE}"}, "asked from there, and by nobody from here"
    assert b"${WIDE_TOKEN}" in sent, "requests are not seen in what was recorded"
    assert HERE.encode() not in sent
    assert service.url.encode() not in sent, "an address may hold a password"
    assert spread.outcomes.pop("unknown-there") is Outcome.ERROR
    assert spread.bundle is not None
    report = (spread.bundle / "bag" / "data" / "report.md").read_text()
    assert "export WIDE_URL_HERE_ALONE before running" in report

    monkeypatch.setenv("READINESS_TASK_RUNNER", "threads")
    # In the first minutes of an hour both runs would be of that hour, which is collected once.
    monkeypatch.setattr(wiring, "now", lambda: datetime.now(UTC) + timedelta(hours=1))
    alone = run(Cadence.HOURLY, catalog)
    assert alone.outcomes.pop("unknown-there") is Outcome.PASS
    assert spread.outcomes == alone.outcomes == dict.fromkeys(spread.outcomes, Outcome.PASS)
    assert list(spread.outcomes) == list(alone.outcomes), "in the order of the catalogue, wherever it was asked"
    assert all(one.verified for one in verify_evidence([home / "evidence"], trust_for([home / "evidence"], None)))
