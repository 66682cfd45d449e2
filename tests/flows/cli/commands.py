"""The command line for tests: called in this process, or started as a user's shell would, which takes seconds each."""

import io
import os
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from flows.__main__ import main

ROOT = Path(__file__).parents[3]
Done = subprocess.CompletedProcess[str]


def readiness(*arguments: str | Path, **environment: str) -> Done:
    """What the command line prints and ends with, without a process of its own; no traceback may reach a user.

    All that a user's process does is done here too, from the words on: settings are read, what fails becomes a line on
    standard error, warnings too.
    """
    command = ["readiness", *map(str, arguments)]
    with _as_in_a_process(command, environment), _printed() as (out, err):
        code = _called()
    done = Done(command, code, out.getvalue(), err.getvalue())
    assert "Traceback" not in done.stdout + done.stderr
    return done


def in_a_process(*arguments: str | Path, **environment: str) -> Done:
    """The same in a process of its own, for what only a process shows."""
    done = subprocess.run(
        [sys.executable, "-m", "flows", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stdout + done.stderr
    return done


def _called() -> int:
    try:
        main()
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 (an interpreter ends like this)
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


@contextmanager
def _as_in_a_process(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    """Words, environment, folder, hooks and filters of warnings as a new process has them; afterwards as before."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.resetwarnings()
        for unshown in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", unshown)
        patch.setattr(sys, "argv", command)
        patch.setattr(sys, "excepthook", sys.__excepthook__)
        patch.chdir(ROOT)
        for name, value in {"COLUMNS": "100", **environment}.items():
            patch.setenv(name, value)
        yield


@contextmanager
def _printed() -> Iterator[tuple[io.StringIO, io.StringIO]]:
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
        yield out, err
