"""A program on a leash ends when it has to, and a signal never comes between a program and its keeper."""

import signal
import time

import pytest

from examples.sandbox.errors import SandboxError
from examples.sandbox.interruption import Interrupted, interruptible, undisturbed
from examples.sandbox.leash import Leashed


def test_a_program_that_will_not_end_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("examples.sandbox.leash._GRACE_SECONDS", 0.2)
    log = tmp_path / "stubborn.log"
    deaf = Leashed(["sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.05; done"], log=log, end=signal.SIGTERM)
    while not log.read_text():
        time.sleep(0.01)
    assert deaf.stop() == -signal.SIGKILL


def test_a_program_that_ended_by_itself_is_reported_with_its_last_words(tmp_path):
    command = ["sh", "-c", "echo no more memory >&2; exit 3"]
    gone = Leashed(command, log=tmp_path / "postgres.log", end=signal.SIGTERM)
    time.sleep(0.3)
    with pytest.raises(SandboxError, match="postgres ended with 3: no more memory"):
        gone.check()
    gone.stop()


def interrupted_in_between(steps: list[str]) -> None:
    with interruptible():
        with undisturbed():
            signal.raise_signal(signal.SIGTERM)
            steps.append("started what has to be stopped")
        steps.append("went on")


def test_a_signal_waits_until_what_was_started_is_known():
    steps: list[str] = []
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Interrupted) as interruption:
        interrupted_in_between(steps)
    assert interruption.value.signal is signal.SIGTERM
    assert steps == ["started what has to be stopped"]
    assert signal.getsignal(signal.SIGTERM) is before
