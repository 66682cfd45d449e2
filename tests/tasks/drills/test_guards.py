"""The script that takes guards out: it knows where they stand, and it tells a test that needs its guard from others."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutations import ROOT, Copy, Edit, Guard
from tests.tasks.drills.guards import GUARDS, Trial, missing, row, trials

LIMITS = "def allowed(n):\n    if n > 3:\n        return False\n    return True\n"
TESTS = """
from limits import allowed

def test_too_much():
    assert not allowed(4)

def test_enough():
    assert allowed(1)

def test_never_green():
    assert allowed(4)
"""
LIMIT = Edit("limits.py", "    if n > 3:\n        return False\n", "")


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    (tmp_path / "limits.py").write_text(LIMITS)
    (tmp_path / "test_limits.py").write_text(TESTS)
    return Copy(tmp_path)


def tried(copy: Copy, test: str, *edits: Edit) -> Trial:
    (trial,) = trials([Guard("too much", "there is a limit", edits, f"test_limits.py::{test}")], copy)
    return trial


def test_a_guard_whose_test_goes_red_without_it_is_shown_to_be_needed(copy: Copy):
    trial = tried(copy, "test_too_much", LIMIT)
    assert trial.trouble is None
    assert row(trial).endswith("| green | red | assert not True |")
    assert (copy.folder / "limits.py").read_text() == LIMITS, "it is put back"


@pytest.mark.parametrize(
    ("test", "edit", "trouble"),
    [
        ("test_enough", LIMIT, "stays green without the guard"),
        ("test_never_green", LIMIT, "not green with the guard"),
        ("test_too_much", Edit("limits.py", "allowed(n)", "allowed(m)"), "broke without the guard instead of failing"),
        ("test_too_much", Edit("limits.py", "def allowed", "def denied"), "did not run without the guard"),
        ("test_unheard_of", LIMIT, "not green with the guard"),
    ],
)
def test_a_test_that_shows_nothing_of_its_guard_is_told(copy: Copy, test: str, edit: Edit, trouble: str):
    trial = tried(copy, test, edit)
    assert (trial.trouble or "").startswith(trouble)
    assert "| red |" not in row(trial)


def test_bytecode_of_what_was_taken_out_is_not_taken_for_what_is_put_back(copy: Copy):
    limits = copy.folder / "limits.py"

    def second() -> int:
        return int(limits.stat().st_mtime)

    seconds = [second()]
    for _ in range(2):
        with copy.without([Edit("limits.py", "allowed(n)", "allowed(m)")]):
            seconds.append(second())
        seconds.append(second())
    assert len(set(seconds)) == len(seconds)


def test_what_a_test_leaves_running_is_ended(copy: Copy):
    left = copy.folder / "left"
    (copy.folder / "test_limits.py").write_text(
        "import subprocess\n\ndef test_leaves():\n"
        f"    program = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"    open({str(left)!r}, 'w').write(str(program.pid))\n"
    )
    copy.test(["test_limits.py"])
    assert not Path(f"/proc/{left.read_text()}").exists()


def test_every_guard_stands_where_its_entry_says_and_names_a_test_that_is_there():
    assert missing(GUARDS) == []


def test_a_guard_that_was_moved_and_a_test_that_is_gone_are_named():
    moved = Guard("x", "a moved guard", (Edit("checks/outcome.py", "no such text", ""),), "tests/conftest.py::sandbox")
    gone = Guard("x", "a gone test", (), "tests/conftest.py::no_such_test")
    assert missing([moved, gone]) == [
        "a moved guard: not once in checks/outcome.py",
        "a gone test: no test tests/conftest.py::no_such_test",
    ]


@pytest.mark.slow
def test_anybody_can_run_it():
    command = [sys.executable, "-m", "tests.tasks.drills.guards", "some answer has to differ"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test_a_rollback_command_that_succeeds_and_does_nothing_is_found_out | green | red |" in ran.stdout
    assert ran.stdout.endswith("1 of 1 guards have a test that goes red without them\n")
