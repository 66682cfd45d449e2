"""Takes pieces out of copies of the program and runs tests there: what every script that tries mutations shares."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_COPIED = ("checks", "tasks", "flows", "reports", "templates", "examples", "tests", "pyproject.toml", "prefect.yaml")
_TESTED = (0, 1)
_SECONDS = itertools.count(1)
# Whatever a test leaves running becomes a child of this process, which ends it: a guard that is gone may be the one
# that would have done so.
_RUN = """
import ctypes, subprocess, sys, psutil
ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
code = subprocess.call(sys.argv[1:])
left = psutil.Process().children(recursive=True)
for process in left:
    process.kill()
psutil.wait_procs(left, timeout=10)
sys.exit(code)
"""


@dataclass(frozen=True, slots=True)
class Edit:
    """One piece of a file, and what stands there instead once it is taken out."""

    file: str
    text: str
    without: str

    @property
    def stands(self) -> bool:
        """Whether the piece is there in the working tree, once and no more."""
        path = ROOT / self.file
        return path.is_file() and path.read_text(encoding="utf-8").count(self.text) == 1


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard: against which bad input, what it does, what is taken out, and the test that has to go red.

    Where two guards hold the same thing, both are taken out, and `does` names both.
    """

    against: str
    does: str
    edits: tuple[Edit, ...]
    test: str


@dataclass(frozen=True, slots=True)
class TestRun:
    """How some tests ended: 0 is passed, 1 failed, anything else that they did not run."""

    __test__ = False

    code: int
    output: str

    @property
    def passed(self) -> bool:
        return self.code == 0

    @property
    def ran(self) -> bool:
        """Whether the tests themselves said yes or no."""
        return self.code in _TESTED

    @property
    def said(self) -> str:
        """The first line of the first failure."""
        told = [line.removeprefix("E ").strip() for line in self.output.splitlines() if line.startswith("E  ")]
        return next(filter(None, told), "")


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of the program with its tests, in a folder of its own."""

    folder: Path

    @contextmanager
    def without(self, edits: Iterable[Edit]) -> Iterator[None]:
        """Takes the pieces out, and puts them back."""
        with ExitStack() as stack:
            for edit in edits:
                path = self.folder / edit.file
                text = path.read_text(encoding="utf-8")
                stack.callback(_write, path, text)
                _write(path, text.replace(edit.text, edit.without))
            yield

    def test(self, tests: Sequence[str], *options: str, variables: Mapping[str, str] | None = None) -> TestRun:
        """Runs tests in the copy, with a folder for temporary files that is gone afterwards."""
        pytest = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", *options, *tests]
        with tempfile.TemporaryDirectory(prefix="m-", ignore_cleanup_errors=True) as temporary:
            environment = {**os.environ, "PYTHONPATH": str(self.folder), "TMPDIR": temporary, **(variables or {})}
            command = [sys.executable, "-c", _RUN, *pytest, f"--basetemp={temporary}/tests"]
            done = subprocess.run(
                command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
            )
        return TestRun(done.returncode, done.stdout + done.stderr)


def _write(path: Path, text: str) -> None:
    """Writes a file at a time of its own: bytecode knows its source by its size and by whole seconds alone."""
    path.write_text(text, encoding="utf-8")
    second = next(_SECONDS)
    os.utime(path, (second, second))


@contextmanager
def copies(number: int) -> Iterator[tuple[Copy, ...]]:
    """So many copies of the working tree, which itself is never changed."""
    with tempfile.TemporaryDirectory(prefix="mutations-") as made:
        folders = [Path(made, str(one)) for one in range(number)]
        for folder in folders:
            _copy(folder)
        yield tuple(map(Copy, folders))


def _copy(folder: Path) -> None:
    folder.mkdir()
    for name in _COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name)  # with its bytecode, which holds where nothing is taken out
        else:
            shutil.copy(source, folder / name)
