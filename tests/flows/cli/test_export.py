"""`readiness export prometheus` as a process: what it answers, what it says of itself, and how it ends."""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from flows.cli.export import _is_loopback
from tests.flows.watched_home import WatchedHome

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "flows", "export", "prometheus"]


@pytest.mark.slow
def test_it_answers_without_a_store_says_why_not_and_ends_when_it_is_told_to(tmp_path: Path):
    home = WatchedHome.made(tmp_path).settings
    command = [*COMMAND, "--catalog", str(home.catalog), "--listen", "0"]
    environment = {**os.environ, "READINESS_HOME": str(home.home)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        url = running.stderr.readline().removeprefix("listening on ").strip()
        try:
            assert url.startswith("http://127.0.0.1:")
            answer = httpx.get(url, trust_env=False, timeout=60)
            running.terminate()
            assert running.wait(60) == 0
        finally:
            running.kill()
        told = running.stderr.read()
    assert answer.status_code == 503
    assert answer.text.endswith("readiness.db: there is none yet; the first run makes it\n")
    assert told == f"answered 503: {answer.text}"


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.1.2.3", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False)],
)
def test_only_addresses_of_this_machine_alone_are_called_so(host: str, loopback: bool):
    assert _is_loopback(host) is loopback
