"""What an export for Prometheus costs: a thousand checks, after a short and after a long history of hourly verdicts.

Usage: python -m benchmarks.export [--quick] [--json]. The history is made as in benchmarks.assess_history, on SQLite.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.assess_history import History, catalog_text, make
from checks.slots import Cadence
from flows.settings import Settings, prepare_process
from flows.watching import watched
from reports.exports.prometheus import exposition
from tasks.store.evidence_store import EvidenceStore

CHECKS = 1_000
DAYS = (30, 365)
QUICK = (2, 40)
ROUNDS = 7
LIMIT_SECONDS = 1.0
LIMIT_RATIO = 1.25


def home(folder: Path, history: History) -> Settings:
    """A home with that history; its newest bundle is an empty folder."""
    settings = Settings(catalog=folder / "readiness.yaml", home=folder)
    folder.mkdir()
    settings.catalog.write_text(catalog_text(history))
    make(settings.store_url, history)
    with EvidenceStore.open(settings.store_url) as store:
        store.owe(Cadence.HOURLY, until=history.end)
    (settings.evidence / history.last_bundle).mkdir(parents=True)
    return settings


def measured(folder: Path, days: int) -> dict[str, float]:
    """The median of some exports, the first one left out, and how much they say."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    settings = home(folder / str(days), History(CHECKS, days, end))
    rounds = []
    for _ in range(ROUNDS + 1):
        began, worked = time.perf_counter(), time.process_time()
        text = exposition(watched(settings))
        rounds.append((time.perf_counter() - began, time.process_time() - worked))
    seconds, processor = (statistics.median(times) for times in zip(*rounds[1:], strict=True))
    size = {"lines": text.count(b"\n"), "megabytes": len(text) / 1e6}
    return {"days": days, "seconds": seconds, "processor": processor, **size}


def main() -> None:
    """Measures, and prints a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="less history; within 50 s")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [measured(Path(folder), days) for days in (QUICK if asked.quick else DAYS)]
    ratio = rows[1]["processor"] / rows[0]["processor"]
    targets: list[dict[str, Any]] = [
        {"what": f"seconds for {CHECKS:,} checks", "value": rows[1]["seconds"], "limit": LIMIT_SECONDS},
        {
            "what": f"processor time, {rows[1]['days']:,} days to {rows[0]['days']:,}",
            "value": ratio,
            "limit": LIMIT_RATIO,
        },
    ]
    targets = [one | {"met": one["value"] <= one["limit"]} for one in targets]
    if asked.json:
        print(json.dumps({"name": "export", "cores": os.cpu_count(), "rows": rows, "targets": targets}))
    else:
        for row in rows:
            print(
                f"{row['days']:>5} days {row['seconds']:8.3f} s ({row['processor']:.3f} s of processor time)"
                f" {row['lines']:>8,} lines {row['megabytes']:6.2f} MB"
            )
        for one in targets:
            print(f"{one['what']}: {one['value']:.3f} (at most {one['limit']}) {'met' if one['met'] else 'NOT MET'}")
    sys.exit(not all(one["met"] for one in targets))


if __name__ == "__main__":
    prepare_process()
    main()
