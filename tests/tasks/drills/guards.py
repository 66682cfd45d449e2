# ruff: noqa: T201 (a script prints)
"""Takes out the guard against one bad input of drills and backups after another, and sees the test of it go red.

Usage: python -m tests.tasks.drills.guards [WORD…]   (only entries in whose bad input or guard a word stands)
It works on copies, runs each test once with its guard and once without, and prints a table. It takes some minutes. It
ends with 1 if a test stays green without its guard, or is not green with it, and with 2 if a guard does not stand where
this file says: whoever moves a guard moves its entry.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.mutations import ROOT, Copy, Guard, TestRun, copies
from tests.tasks.drills.guards_of_backups import BACKUPS
from tests.tasks.drills.guards_of_drills import DRILLS

GUARDS = (*BACKUPS, *DRILLS)

_BROKEN = re.compile(r"^(Syntax|Name|UnboundLocal|Import|ModuleNotFound|Indentation)Error\b")
"""What shows that the piece left a hole in the program, and nothing of the guard."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a test with its guard and without."""

    guard: Guard
    before: TestRun
    after: TestRun | None

    @property
    def trouble(self) -> str | None:
        """Why the guard is not shown to be needed; `None` where it is."""
        if not self.before.passed:
            return f"not green with the guard: {self.before.said or self.before.output[-300:]}"
        if self.after is None or not self.after.ran:
            return f"did not run without the guard: {self.after.output[-300:] if self.after else ''}"
        if self.after.passed:
            return "stays green without the guard"
        broken = _BROKEN.match(self.after.said)
        return f"broke without the guard instead of failing: {self.after.said}" if broken else None


def missing(chosen: Sequence[Guard]) -> list[str]:
    """The guards that do not stand where their entries say, and the tests that are not there."""
    gone = [f"{one.does}: not once in {edit.file}" for one in chosen for edit in one.edits if not edit.stands]
    return gone + [f"{one.does}: no test {one.test}" for one in chosen if not _there(one.test)]


def _there(test: str) -> bool:
    file, _, name = test.partition("::")
    path = ROOT / file
    return path.is_file() and f"def {name.partition('[')[0]}(" in path.read_text(encoding="utf-8")


def trials(chosen: Sequence[Guard], copy: Copy) -> Iterator[Trial]:
    """Each guard in turn; a test that stands against several guards is run with them once."""
    green: dict[str, TestRun] = {}
    for guard in chosen:
        before = green.setdefault(guard.test, TestRun(-1, ""))
        if before.code == -1:
            before = green[guard.test] = copy.test([guard.test])
        after = None
        if before.passed:
            with copy.without(guard.edits):
                after = copy.test([guard.test])
        yield Trial(guard, before, after)


def row(trial: Trial) -> str:
    """One line of the table, in Markdown."""
    guard, after = trial.guard, trial.after
    where = ", ".join(dict.fromkeys(edit.file for edit in guard.edits))
    file, _, name = guard.test.partition("::")
    test = f"{file.rpartition('/')[2]}::{name}".replace("|", "\\|")
    ends = ("green" if trial.before.passed else "NOT GREEN", "red" if trial.trouble is None else "NOT RED")
    said = trial.trouble or (after.said if after else "")
    told = " ".join(said.split())[:110].replace("|", "\\|")
    return f"| {guard.against} | {guard.does} ({where}) | {test} | {ends[0]} | {ends[1]} | {told} |"


def main() -> None:
    """Tries the guards, two at a time, and prints the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("words", nargs="*")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    words = asked.words
    chosen = [one for one in GUARDS if not words or any(word in f"{one.against} {one.does}" for word in words)]
    if gone := missing(chosen):
        print("\n".join(gone), file=sys.stderr)
        sys.exit(2)
    print("| bad input | the guard that is taken out | its test | with it | without it | what the test says then |")
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    by_test = sorted(chosen, key=lambda one: one.test)
    with copies(asked.jobs) as made, ThreadPoolExecutor(len(made)) as threads:

        def run(number: int) -> list[Trial]:
            found = []
            for trial in trials(by_test[number :: len(made)], made[number]):
                print(row(trial), flush=True)
                found.append(trial)
            return found

        done = [trial for part in threads.map(run, range(len(made))) for trial in part]
    bad = [trial for trial in done if trial.trouble]
    print(f"\n{len(done) - len(bad)} of {len(done)} guards have a test that goes red without them")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
