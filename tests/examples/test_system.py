"""The sandbox starts whole, lets releases roll, and leaves nothing running however it ends."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest

from examples.sandbox.errors import SandboxError
from examples.sandbox.folder import Folder
from examples.sandbox.system import Sandbox

ROOT = Path(__file__).parents[2]


def running_in(folder: Path) -> list[list[str]]:
    """The command lines of everything that serves from that folder."""
    found = []
    for program in psutil.process_iter(["cmdline"]):
        line = program.info["cmdline"] or []
        if str(folder / "postgres") in line or ("examples.sandbox.service" in line and str(folder) in line):
            found.append(line)
    return found


def wait_until_nothing_runs_in(folder: Path) -> None:
    deadline = time.monotonic() + 10
    while running_in(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running_in(folder) == []


def test_a_release_is_deployed_and_rolled_back_on_the_same_port(breakable):
    url = breakable.environment["SANDBOX_URL"]
    seen = []
    for version in ("v0.1.0", "v0.2.0"):
        breakable.deploy(version)
        seen.append(httpx.get(f"{url}/version", trust_env=False).json())
        assert Folder(Path(breakable.environment["SANDBOX_FOLDER"])).release.read_text() == f"{version}\n"
    assert [about["version"] for about in seen] == ["v0.1.0", "v0.2.0"]
    assert seen[0]["commit"] != seen[1]["commit"]


def test_requests_in_flight_are_answered_before_a_release_ends(breakable):
    breakable.switch("slow", on=True)
    answers = []
    url = f"{breakable.environment['SANDBOX_URL']}/health"
    asking = threading.Thread(target=lambda: answers.append(httpx.get(url, trust_env=False, timeout=10).json()))
    asking.start()
    time.sleep(0.3)
    breakable.deploy("v0.1.0")
    asking.join()
    assert answers[0]["version"] == "v0.2.0"


def test_an_unknown_release_is_refused_and_nothing_changes(breakable):
    with pytest.raises(SandboxError, match=r"v9: no such release; there are v0.1.0, v0.2.0"):
        breakable.deploy("v9")
    assert httpx.get(f"{breakable.environment['SANDBOX_URL']}/version", trust_env=False).json()["version"] == "v0.2.0"


def test_what_is_down_cannot_be_deployed(breakable):
    breakable.switch("down", on=True)
    with pytest.raises(SandboxError, match="cannot be deployed while the switch down is on"):
        breakable.deploy("v0.1.0")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "sandbox"


def break_off_inside(folder: Path, seen: list[str]) -> None:
    with Sandbox(folder) as sandbox:
        seen.append(sandbox.environment["SANDBOX_LEDGER_URL"])
        assert len(running_in(folder)) >= 2
        raise ZeroDivisionError


def test_an_exception_stops_everything_and_a_second_run_uses_the_folder_again(folder):
    seen: list[str] = []
    with pytest.raises(ZeroDivisionError):
        break_off_inside(folder, seen)
    assert running_in(folder) == []
    assert not Folder(folder).state.exists()
    with pytest.raises(ZeroDivisionError):
        break_off_inside(folder, seen)
    assert seen[0] != seen[1]


def test_a_start_that_fails_halfway_leaves_nothing_running(folder, monkeypatch):
    def break_down(*_: object) -> None:
        raise SandboxError("no backup today")

    monkeypatch.setattr("examples.sandbox.backups.Backups.make", break_down)
    with pytest.raises(SandboxError, match="no backup today"), Sandbox(folder):
        pass
    assert running_in(folder) == []


def test_two_sandboxes_cannot_share_a_folder(sandbox):
    taken = Path(sandbox.environment["SANDBOX_FOLDER"])
    with pytest.raises(SandboxError, match="another sandbox is running there"), Sandbox(taken):
        pass
    assert httpx.get(f"{sandbox.environment['SANDBOX_URL']}/livez", trust_env=False).status_code == 200


def test_somebody_elses_folder_is_refused_and_left_as_it_is(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(SandboxError, match="not empty and not the folder of a sandbox"), Sandbox(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == [precious]


@pytest.fixture
def started(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A sandbox of its own in another process."""
    command = [sys.executable, "-m", "examples.sandbox", "up", "--folder", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        while "is running" not in running.stdout.readline():
            assert running.poll() is None
        yield running
        running.kill()


def test_being_asked_to_end_is_an_orderly_end(started, folder):
    started.send_signal(signal.SIGTERM)
    assert started.wait(60) == 0
    assert running_in(folder) == []


def test_nothing_outlives_a_keeper_that_is_killed(started, folder):
    reached = json.loads(Folder(folder).state.read_text())
    started.kill()
    started.wait()
    wait_until_nothing_runs_in(folder)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(reached["SANDBOX_LEDGER_URL"])
    with Sandbox(folder) as again:
        assert httpx.get(f"{again.environment['SANDBOX_URL']}/health", trust_env=False).status_code == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_as_an_ordinary_user_too(tmp_path):
    """Root is the special case: PostgreSQL refuses it. So where the tests run as root, this is the ordinary one."""
    owned = tmp_path / "owned"
    owned.mkdir()
    os.chown(owned, 65534, 65534)
    capability = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    somebody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *capability]
    command = [sys.executable, "-m", "examples.sandbox", "run", "--folder", str(owned), "--", "id", "-u"]
    ran = subprocess.run([*somebody, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("65534\n", "", 0)
