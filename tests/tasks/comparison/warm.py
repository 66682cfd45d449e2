"""Runs tests in a copy of the program, each time in a fork of a process that has imported the libraries already.

Started in the copy's folder with the files of tests, all of which it lists. Each line of the input is a JSON list of
pytest's arguments; each line of the output says with which code pytest ended, and which test failed first.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import pytest

from tests.mutations import Copy

FORGOTTEN = ("tasks.comparison", "tests")
"""What each fork imports anew: the rules that are deleted, and their tests."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How tests ended, as pytest counts; `first` is the test that failed first, if one did."""

    code: int
    first: str | None


class Warm:
    """The other end: a process in a copy that runs tests as often as it is asked; `tests` are those that there are."""

    def __init__(self, copy: Copy, files: Sequence[str]) -> None:
        compiled = [sys.executable, "-m", "compileall", "-qf", "--invalidation-mode", "checked-hash", "tasks", "tests"]
        subprocess.run(compiled, cwd=copy.folder, check=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.tasks.comparison.warm", *files],
            cwd=copy.folder, env={**os.environ, "PYTHONPATH": str(copy.folder), "PYTHONDONTWRITEBYTECODE": ""},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.tests = frozenset(json.loads(self._answer()))

    def test(self, arguments: Sequence[str]) -> Ended:
        """Runs tests as the copy is now."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(list(arguments)) + "\n")
        self._process.stdin.flush()
        return Ended(**json.loads(self._answer()))

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


class _Listed:
    """A plugin that notes which tests there are."""

    def __init__(self) -> None:
        self.tests: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.tests = [one.nodeid for one in session.items]


class _First:
    """A plugin that notes the first test that fails."""

    def __init__(self) -> None:
        self.failed: str | None = None

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed and self.failed is None:
            self.failed = report.nodeid


def _forked(arguments: list[str]) -> dict[str, Any]:
    """Runs pytest in a fork, and what it says into a file."""
    with tempfile.TemporaryDirectory(prefix="m-", ignore_cleanup_errors=True) as folder:
        found = Path(folder, "ended.json")
        child = os.fork()
        if not child:
            try:
                _run([*arguments, f"--basetemp={folder}/tests"], found)
            finally:
                os._exit(70)
        os.waitpid(child, 0)
        ended: dict[str, Any] = json.loads(found.read_text()) if found.exists() else {"code": 70, "first": None}
        return ended


def _run(arguments: list[str], found: Path) -> None:
    """Runs pytest over what is imported anew; compiled files are known by their hash, never by a time."""
    for name in [name for name in sys.modules if name.startswith(FORGOTTEN)]:
        del sys.modules[name]
        package, _, module = name.rpartition(".")
        if package in sys.modules:
            vars(sys.modules[package]).pop(module, None)
    first = _First()
    code = _pytest(arguments, first)
    found.write_text(json.dumps({"code": code, "first": first.failed}))


def _pytest(arguments: Sequence[str], *plugins: object) -> int:
    plain = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # of plugins that this process has imported
    options = (*plain, "-q", "-n", "0", "-p", "no:cacheprovider")
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        return int(pytest.main([*options, *arguments], plugins=list(plugins)))


if __name__ == "__main__":
    listed = _Listed()
    _pytest(["--collect-only", *sys.argv[1:]], listed)  # which imports all that they need, once for every fork
    print(json.dumps(listed.tests), flush=True)  # noqa: T201 (the answer)
    for line in sys.stdin:
        print(json.dumps(_forked(json.loads(line))), flush=True)  # noqa: T201 (the answer)
