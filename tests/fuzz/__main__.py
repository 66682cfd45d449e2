"""Runs atheris, guided by coverage, on each parser in a process of its own, and prints a table of what came of it.

    python -m tests.fuzz [--minutes N] [--corpus FOLDER] [PARSER…]

The minutes are for all parsers together. What breaks a parser is kept in the corpus and printed with its traceback.
"""

import argparse
import hashlib
import importlib
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
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
    options = _options()
    if options.inside:
        _fuzz(options.parsers[0], options.inside, Path(options.corpus))
        return 0
    from tests.fuzz.parsers import PARSERS

    names = options.parsers or list(PARSERS)
    if unknown := [name for name in names if name not in PARSERS]:
        sys.stderr.write(f"no parser is called {', '.join(unknown)}; there are: {', '.join(PARSERS)}" + "\n")
        return 2
    _say("| parser | minutes | executions | coverage | found |\n| --- | --- | --- | --- | --- |")
    broken = 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        corpus = Path(options.corpus or temporary)
        for name in names:
            for number, seed in enumerate(PARSERS[name].seeds):
                _kept(corpus / name, seed, number)
            done = _one(name, max(1, round(60 * options.minutes / len(names))), corpus)
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
    parser.add_argument("--inside", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _kept(folder: Path, data: bytes, number: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"seed-{number:03}-{hashlib.sha256(data).hexdigest()[:12]}").write_bytes(data[:LONGEST])


def _one(name: str, seconds: int, corpus: Path) -> Fuzzed:
    began = time.monotonic()
    command = [sys.executable, "-m", "tests.fuzz", "--inside", str(seconds), "--corpus", str(corpus), name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False)
    said = done.stdout + done.stderr
    runs = re.findall(r"number_of_executed_units:\s+(\d+)", said) or re.findall(r"^#(\d+)", said, re.MULTILINE)
    covered = re.findall(r"cov: (\d+)", said)
    found = ""
    if done.returncode:
        sys.stderr.write(said[-6_000:] + "\n")
        last = re.findall(r"^(?:\s*=== Uncaught Python exception: ===\n)(.*)$", said, re.MULTILINE)
        found = (last or re.findall(r"SUMMARY: (.*)", said) or [f"exit code {done.returncode}"])[0][:160]
    last_run, coverage = int(runs[-1]) if runs else 0, int(covered[-1]) if covered else 0
    return Fuzzed(name, time.monotonic() - began, last_run, coverage, found)


def _fuzz(name: str, seconds: int, corpus: Path) -> None:
    """Never returns: libFuzzer ends the process."""
    import atheris

    with atheris.instrument_imports(include=["checks", "tasks", "prometheus_client", "markdown_it", "packageurl"]):
        parsers = importlib.import_module("tests.fuzz.parsers")
    parser = parsers.PARSERS[name]
    folder = corpus / name
    folder.mkdir(parents=True, exist_ok=True)
    arguments = [
        *(sys.argv[0], str(folder), f"-max_total_time={seconds}", f"-timeout={SLOWEST_SECONDS}"),
        *(f"-rss_limit_mb={MOST_MEGABYTES}", f"-max_len={LONGEST}", f"-artifact_prefix={folder}/broken-"),
        "-print_final_stats=1",
    ]
    atheris.Setup(arguments, lambda data: parsers.try_one(parser, data))
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
