"""Dask workers that die in the middle of collecting: what they held is asked again, or is a finding of each check."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from checks.outcome import Outcome
from checks.slots import Cadence
from flows.cadence import RunSummary
from flows.spreading import SHARD
from tasks import runners
from tasks.sealing.verify import trust_for, verify_evidence
from tests.flows.conftest import Run, wait_for
from tests.flows.held import HeldService
from tests.flows.test_dask_requests import cluster  # noqa: F401 (a fixture)

CATALOG = """\
system: wide
environment: test
sources:
  api: {http: "${WIDE_URL}", timeout: 120s}
checks:
"""
CHECKS = 2 * SHARD
"""So few shards that one worker takes all of them at once."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    patient = "kind: health, expect: {within: 120s}"
    lines = [f"  wide-{number}: {{{patient}, endpoints: [api:/{number}]}}" for number in range(CHECKS)]
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG + "\n".join(lines) + "\n")
    return path


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[HeldService]:
    """Holds back whatever is asked of it, so that workers are in the middle of asking."""
    with HeldService() as held:
        monkeypatch.setenv("WIDE_URL", held.url)
        held.hold()
        yield held


@contextmanager
def struck(service: HeldService, kill: Callable[[], None]) -> Iterator[None]:
    """Once every check is being asked, kills something, and lets everybody go who still waits."""

    def strike() -> None:
        wait_for(lambda: service.asked >= CHECKS, seconds=200)
        kill()
        service.let_go()

    striking = threading.Thread(target=strike)
    striking.start()
    try:
        yield
    finally:
        striking.join()


def connections(worker: subprocess.Popen[bytes], service: HeldService) -> int:
    """How many checks a worker is asking just now."""
    found = psutil.Process(worker.pid).net_connections("tcp")
    return sum(bool(one.raddr) and one.raddr.port == service.port for one in found)


def assert_whole(summary: RunSummary, home: Path, outcome: Outcome) -> str:
    """Every check of the catalogue has that outcome, in a bundle that verifies; what its report says."""
    assert summary.outcomes == {f"wide-{number}": outcome for number in range(CHECKS)}
    assert all(one.verified for one in verify_evidence([home / "evidence"], trust_for([home / "evidence"], None)))
    return ((summary.bundle or Path()) / "bag" / "data" / "report.md").read_text()


def test_what_a_dead_worker_held_is_asked_again_by_another(
    cluster,  # noqa: F811
    run: Run,
    catalog: Path,
    service: HeldService,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
):
    with cluster(workers=2, WIDE_URL=service.url) as dask:
        monkeypatch.setenv("READINESS_TASK_RUNNER", f"dask:tcp://127.0.0.1:{dask.port}")
        with struck(service, lambda: max(dask.workers, key=lambda one: connections(one, service)).kill()):
            summary = run(Cadence.HOURLY, catalog)
    assert_whole(summary, home, Outcome.PASS)
    assert service.asked > CHECKS, "the dead one held nothing"


@pytest.mark.parametrize("lost", ["workers", "scheduler"])
def test_what_a_cluster_lost_for_good_is_a_finding_of_each_check(
    cluster,  # noqa: F811
    run: Run,
    catalog: Path,
    service: HeldService,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
):
    """Where nobody ever comes back, the run must not wait for ever."""
    monkeypatch.setattr(runners, "DESERTED_SECONDS", 2)
    dask_config = pytest.importorskip("dask.config")
    with dask_config.set({"distributed.comm.timeouts.connect": "2s"}), cluster(WIDE_URL=service.url) as dask:
        monkeypatch.setenv("READINESS_TASK_RUNNER", f"dask:tcp://127.0.0.1:{dask.port}")
        with struck(service, dask.workers[0].kill if lost == "workers" else dask.close):
            summary = run(Cadence.HOURLY, catalog)
    said = {"workers": "the Dask cluster has had no worker for 2 s", "scheduler": "the Dask cluster was lost while"}
    assert said[lost] in assert_whole(summary, home, Outcome.ERROR)
