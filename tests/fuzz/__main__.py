"""Runs atheris, guided by coverage, on each parser in a process of its own, and prints a table of what came of it.

    python -m tests.fuzz [--minutes N] [--corpus FOLDER] [PARSER…]

The minutes are for all parsers together. What breaks a parser is kept in the corpus and printed with its traceback.
"""

import argparse
import hashlib
import importlib
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tests.fuzz.parsers import Parser

SLOWEST_SECONDS = 10
MOST_MEGABYTES = 2048
LONGEST = 20_000


@dataclass(frozen=True, slots=True)
class Fuzzed:
    """What came of one parser: how often it was run, how long, and what broke it."""

    parser: str
    seconds: float
    executions: int
    coverage: int
    found: str

    @property
    def row(self) -> str:
        cells = (
            self.parser,
            f"{self.seconds / 60:.1f}",
            f"{self.executions:,}",
            f"{self.coverage:,}",
            self.found or "–",
        )
        return f"| {' | '.join(cells)} |"


def main() -> int:
    import atheris

    options = _options()
    with atheris.instrument_imports(include=["checks", "tasks", "prometheus_client", "markdown_it", "packageurl"]):
        parsers = importlib.import_module("tests.fuzz.parsers").PARSERS
    names = options.parsers or list(parsers)
    if unknown := [name for name in names if name not in parsers]:
        sys.stderr.write(f"no parser is called {', '.join(unknown)}; there are: {', '.join(parsers)}\n")
        return 2
    _say("| parser | minutes | executions | coverage | found |\n| --- | --- | --- | --- | --- |")
    broken = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        corpus = Path(options.corpus or temporary)
        for name in names:
            for number, seed in enumerate(parsers[name].seeds):
                _kept(corpus / name, seed, number)
            done = _one(name, parsers[name], max(1, round(60 * options.minutes / len(names))), corpus / name)
            _say(done.row)
            broken += bool(done.found)
    return int(broken > 0)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("parsers", nargs="*", metavar="PARSER", help="which parsers; all of them by default")
    parser.add_argument("--minutes", type=float, default=10.0, help="for all of them together")
    parser.add_argument("--corpus", help="a folder to keep inputs in, from one run to the next")
    return parser.parse_args()


def _kept(folder: Path, data: bytes, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{number:03}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data[:LONGEST])


def _one(name: str, parser: "Parser", seconds: int, folder: Path) -> Fuzzed:
    """Fuzzes in a copy of this process, in which everything is imported and instrumented already."""
    began = time.monotonic()
    with tempfile.TemporaryFile() as log:
        child = os.fork()
        if child == 0:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            _fuzz(parser, seconds, folder)
        _, status = os.waitpid(child, 0)
        log.seek(0)
        said = log.read().decode(errors="replace")
    runs = re.findall(r"number_of_executed_units:\s+(\d+)", said) or re.findall(r"^#(\d+)", said, re.MULTILINE)
    covered = re.findall(r"cov: (\d+)", said)
    found = ""
    if status:
        sys.stderr.write(said[-6_000:] + "\n")
        last = re.findall(r"^\s*=== Uncaught Python exception: ===\n(.*)$", said, re.MULTILINE)
        found = (last or re.findall(r"SUMMARY: (.*)", said) or [f"status {status}"])[0][:160]
    last_run, coverage = int(runs[-1]) if runs else 0, int(covered[-1]) if covered else 0
    return Fuzzed(name, time.monotonic() - began, last_run, coverage, found)


def _fuzz(parser: "Parser", seconds: int, folder: Path) -> NoReturn:
    """Never returns: libFuzzer ends the process."""
    import atheris

    from tests.fuzz.parsers import try_one

    arguments = [
        *(sys.argv[0], str(folder), f"-max_total_time={seconds}", f"-timeout={SLOWEST_SECONDS}"),
        *(f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={LONGEST}", f"-artifact_prefix={folder}/broken-"),
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, lambda data: try_one(parser, data))
    atheris.Fuzz()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
