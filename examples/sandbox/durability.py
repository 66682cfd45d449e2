"""Does a log keep what was written to it? A program writes, is killed in the middle of it, and is read after."""

import hashlib
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

_WRITER = """
import json, os, sys
with open(sys.argv[1], "ab", buffering=0) as log:
    for number in range(1_000_000):
        line = json.dumps({"id": number, "text": "written before the end"}).encode() + b"\\n"
        log.write(line)
        os.fsync(log.fileno())
        print(line.decode(), end="", flush=True)
"""
_ENOUGH = 20


def try_durability(folder: Path) -> dict[str, object]:
    """What the writer said it had written, beside what lies in its log once it was killed."""
    log = folder / "durability.jsonl"
    log.unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, "-c", _WRITER, str(log)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(_ENOUGH)]
        writer.send_signal(signal.SIGKILL)
        said += writer.stdout.readlines()
    confirmed = [line for line in said if line.endswith(b"\n")]
    kept = log.read_bytes().splitlines(keepends=True)[: len(confirmed)]
    return {
        "generated_at": datetime.now(UTC).isoformat(),
        "killed": writer.returncode == -signal.SIGKILL,
        "written": len(confirmed),
        "read": len(kept),
        "written_sha256": hashlib.sha256(b"".join(confirmed)).hexdigest(),
        "read_sha256": hashlib.sha256(b"".join(kept)).hexdigest(),
    }


def write_report(folder: Path, report: Path) -> None:
    """Tries it once, and leaves what came out as a report."""
    report.parent.mkdir(exist_ok=True)
    report.write_text(json.dumps(try_durability(folder), indent=2) + "\n", encoding="utf-8")
