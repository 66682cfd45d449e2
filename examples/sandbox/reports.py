"""The reports that the sandbox's own jobs leave behind, refreshed as long as it runs."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from examples.sandbox.folder import Folder
from examples.sandbox.jobs_log import JobsLog

REPORTS = ("reconciliation", "parity", "portfolio_risk", "event_store")

_EVERY_SECONDS = 2.0
_KEPT_EVERY = timedelta(minutes=2)
_KEPT_SINCE = timedelta(minutes=70)


def rfc3339(instant: datetime) -> str:
    """The instant in UTC as RFC 3339 writes it, to the millisecond."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _facts(name: str, entries: int) -> dict[str, object]:
    """What a report says beside its date. It says so whatever a switch broke in the data:
    that a report calls itself passed is no proof, and comparing the data is what shows it.
    """
    match name:
        case "reconciliation":
            return {"events": entries, "ledger_entries": entries, "unmatched": 0}
        case "parity":
            return {"rows": entries, "mismatches": 0, "insufficient_data_share": 0.0}
        case "portfolio_risk":
            return {"exposure_eur": "1250000.00", "limit_eur": "2000000.00", "critical_actions_unreviewed": 0}
        case _:
            return {"events": entries, "missing_correlation": 0}


def _write(path: Path, content: dict[str, object]) -> None:
    """Writes in one step: nobody ever reads half a report."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


class Reports:
    """Writes every report again every few seconds, in a thread of its own.

    A report can be made stale (dated back once, then left alone) or shifted (still refreshed, with a wrong clock).
    """

    def __init__(self, folder: Folder, *, entries: int, now: Callable[[], datetime]) -> None:
        self._folder = folder.reports
        self.jobs = JobsLog(folder.logs / "jobs.jsonl")
        self._entries = entries
        self._now = now
        self._run = 0
        self._left_alone: set[str] = set()
        self._shifts: dict[str, timedelta] = {}
        self._kept: dict[str, datetime] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._keep_fresh, name="sandbox-reports", daemon=True)

    def start(self) -> None:
        """Writes all reports once, and from then on every few seconds."""
        for name in REPORTS:
            (self._folder / name / "kept").mkdir(parents=True)
            self._keep_those_before(name)
        self.jobs.begin(self._now())
        self._write_yesterdays_integrity()
        self.refresh()
        self._thread.start()

    def stop(self) -> None:
        """Ends the refreshing; what was written stays."""
        self._ended.set()
        self._thread.join()

    def refresh(self) -> None:
        """Writes every report that is not left alone."""
        with self._lock:
            self._run += 1
            for name in REPORTS:
                if name not in self._left_alone:
                    self._publish(name, self._now() + self._shifts.get(name, timedelta(0)))
                    self._keep(name, self._now())

    def neglect(self, name: str, *, age: timedelta) -> None:
        """Dates one report back and stops refreshing it."""
        with self._lock:
            self._left_alone.add(name)
            self._publish(name, self._now() - age)

    def shift(self, name: str, by: timedelta) -> None:
        """Goes on refreshing one report, with a clock that is wrong by so much."""
        with self._lock:
            self._shifts[name] = by
        self.refresh()

    def repair(self, name: str) -> None:
        """Refreshes that report at the right time again."""
        with self._lock:
            self._left_alone.discard(name)
            self._shifts.pop(name, None)
        self.refresh()

    def _keep_fresh(self) -> None:
        while not self._ended.wait(_EVERY_SECONDS):
            self.refresh()

    def _publish(self, name: str, instant: datetime) -> None:
        dated = {"report": name, "generated_at": rfc3339(instant), "status": "pass", "run": self._run}
        content = {**dated, **_facts(name, self._entries)}
        _write(self._folder / name / "latest.json", content)
        self.jobs.write(name, self._now())
        if name == "event_store":
            _write(self._folder / name / f"integrity_{instant:%Y%m%d}.json", content)

    def _keep_those_before(self, name: str) -> None:
        """The reports of the last hour and a bit: the jobs ran before anybody looked."""
        for back in range(_KEPT_SINCE // _KEPT_EVERY, 0, -1):
            self._keep(name, self._now() - _KEPT_EVERY * back)

    def _keep(self, name: str, instant: datetime) -> None:
        """Keeps a report beside those before it; one of a wrong clock would lie there when that is right again."""
        if name in self._shifts or instant - self._kept.get(name, datetime.min.replace(tzinfo=UTC)) < _KEPT_EVERY:
            return
        self._kept[name] = instant
        dated = {"report": name, "generated_at": rfc3339(instant), "status": "pass"}
        path = self._folder / name / "kept" / f"{name}_{instant:%Y%m%dT%H%M%SZ}.json"
        _write(path, {**dated, **_facts(name, self._entries)})

    def _write_yesterdays_integrity(self) -> None:
        """A dated file of the day before, so that the newest has to be chosen by what the files say."""
        yesterday = self._now() - timedelta(days=1)
        dated = {"report": "event_store", "generated_at": rfc3339(yesterday), "status": "pass", "run": 0}
        path = self._folder / "event_store" / f"integrity_{yesterday:%Y%m%d}.json"
        _write(path, {**dated, **_facts("event_store", self._entries)})
