"""The command line starts, breaks and rolls a sandbox, and says in one line what is wrong."""

import io
import os
import signal
import stat
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import httpx
import pytest

from examples.sandbox.__main__ import main

ROOT = Path(__file__).parents[2]
SANDBOX = [sys.executable, "-m", "examples.sandbox"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command prints and ends with, without a process of its own."""
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        try:
            code = main(arguments)
        except SystemExit as end:  # of the parser
            code = end.code
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


@pytest.fixture
def folder(breakable) -> str:
    return breakable.environment["SANDBOX_FOLDER"]


def test_a_switch_is_turned_from_the_command_line(breakable, folder):
    assert command("switch", "stale-report", "on", "--folder", folder).returncode == 0
    assert breakable.switches()["stale-report"]
    listing = command("switches", "--folder", folder).stdout.splitlines()
    assert [line.split()[1] for line in listing if line.startswith("on ")] == ["stale-report"]
    assert command("switch", "stale-report", "off", "--folder", folder).returncode == 0
    assert not breakable.switches()["stale-report"]


def test_a_release_is_deployed_from_the_command_line(breakable, folder):
    assert command("deploy", "v0.1.0", "--folder", folder).returncode == 0
    answer = httpx.get(f"{breakable.environment['SANDBOX_URL']}/version", trust_env=False)
    assert answer.json()["version"] == "v0.1.0"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["switch", "dwon", "on"], "dwon: no such switch; there are down, slow"),
        (["switch", "down", "maybe"], "invalid choice: 'maybe'"),
        (["switch", "down", "on"], "no sandbox is running there"),
        (["switches"], "no sandbox is running there"),
        (["deploy", "v0.1.0"], "no sandbox is running there"),
        (["run"], "nothing to run; write the command after --"),
        (["run", "--", "no-such-command"], "no-such-command: no such command"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_two(tmp_path, arguments, says):
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    said = command(*arguments[:cut], "--folder", str(tmp_path / "none"), *arguments[cut:])
    assert (said.returncode, said.stdout) == (2, "")
    assert says in said.stderr
    assert said.stderr.count("\n") == 1


def test_a_folder_that_cannot_be_is_one_line_and_exit_code_two(tmp_path):
    (tmp_path / "file").touch()
    said = command("up", "--folder", str(tmp_path / "file" / "inside"))
    assert said.returncode == 2
    assert said.stderr.endswith("cannot be used as a folder (Not a directory)\n")


def test_a_folder_left_by_a_killed_sandbox_is_not_running(tmp_path):
    (tmp_path / "state.json").write_text('{"SANDBOX_CONTROL_URL": "http://127.0.0.1:1"}')
    said = command("switch", "down", "on", "--folder", str(tmp_path))
    assert said.returncode == 2
    assert "no sandbox is running there" in said.stderr


def test_running_a_command_passes_the_environment_in_and_the_exit_code_out(tmp_path):
    script = 'test -d "$SANDBOX_FOLDER" && test -x "$SANDBOX_POSTGRES_BIN/pg_restore" && echo "$1" && exit 7'
    words = ["run", "--folder", str(tmp_path / "here"), "--", "sh", "-c", script, "sh", "--folder"]
    ran = subprocess.run([*SANDBOX, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (7, "--folder\n", "")
    assert not (tmp_path / "here" / "state.json").exists()


def test_a_command_that_is_running_ends_with_the_sandbox(tmp_path):
    sleeping = ["sh", "-c", "echo $$; exec sleep 60"]
    arguments = [*SANDBOX, "run", "--folder", str(tmp_path / "here"), "--", *sleeping]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        pid = int(running.stdout.readline())
        running.send_signal(signal.SIGTERM)
        assert running.wait(50) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_environment_file_is_private_and_there_only_while_the_sandbox_runs(tmp_path):
    written = tmp_path / "sandbox.env"
    arguments = [*SANDBOX, "up", "--folder", str(tmp_path / "a folder"), "--env-file", str(written)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.DEVNULL) as running:
        try:
            while not (written.exists() and written.read_text()):
                assert running.poll() is None, "it ended before it wrote anything"
                time.sleep(0.05)
            assert stat.S_IMODE(written.stat().st_mode) == 0o600
            sourced = subprocess.run(
                ["sh", "-c", f'. {written}; echo "$SANDBOX_FOLDER"'], capture_output=True, text=True, check=True
            )
            assert sourced.stdout == f"{tmp_path / 'a folder'}\n"
            running.send_signal(signal.SIGINT)
            assert running.wait(60) == 0
        finally:
            running.kill()
    assert not written.exists()
