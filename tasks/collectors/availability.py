"""Collects availability: what earlier looks left in the evidence store, and the deploy ledger as it stands."""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np

from checks.deploys import Ledger
from checks.epoch import milliseconds_of
from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, json_bytes, rfc3339
from checks.intervals import Intervals
from checks.kinds.availability import AvailabilityCheck, AvailabilityRow, VersionSeen
from checks.runs import Run, outages
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.files import FileRead, read_file
from tasks.collectors.history import OpenStore, SampleStore, main_series, runs_of_series, versions_of
from tasks.collectors.sources import FolderAccess, Sources

_HISTORY, _LEDGER = "history.json", "ledger.jsonl"
_HOLE = 2
_BOUNDARIES = 1_000
"""Lines of a ledger up to whose ends digests are kept."""
_MOST_LEDGER = 50_000_000


class AvailabilityCollector:
    """Reads runs of looks, not looks: an hour in which all was well is one line of the capture."""

    kind: ClassVar[str] = "availability"

    def __init__(self, sources: Sources, now: Clock, *, open_store: OpenStore | None = None) -> None:
        self._sources = sources
        self._now = now
        self._open_store = open_store
        # One check after another: every row that is fetched lets go of the interpreter, and threads that all read and
        # count at once spend as much time again on getting it back.
        self._turn = asyncio.Lock()
        self._opened: SampleStore | None = None
        self._closing = ExitStack()

    async def collect(self, check: AvailabilityCheck) -> Evidence:
        async with self._turn:
            watch = Stopwatch(check, self._now)
            captures = await asyncio.to_thread(self._captures, check, watch.started_at)
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=", ".join(check.sources),
            request=f"looks at {check.of}, and {captures[1].meta['path']}",
            parameters={"of": check.of, "window": check.time_window.total_seconds()},
        )

    @staticmethod
    def rows_from(check: AvailabilityCheck, captures: Sequence[RawCapture]) -> tuple[AvailabilityRow, ...]:
        """The rows that captures give; nothing else is needed to make them again."""
        history = json.loads(captures[0].body)
        ledger = _ledger_fields(captures[1], history)
        seen = {subject: _Seen.read(one) for subject, one in history["series"].items()}
        named = [(subject, [seen[subject]] if subject in seen else []) for subject in check.each]
        return tuple(
            _row(check, subject, parts, history=history, ledger=ledger)
            for subject, parts in ((check.id, list(seen.values())), *named)
        )

    async def aclose(self) -> None:
        self._closing.close()

    def _store(self, check: AvailabilityCheck) -> SampleStore:
        """The store, opened once for all checks: opening it takes longer than reading one check's runs."""
        if self._open_store is None:
            raise CollectionError(f"{check.id}: there is no evidence store to read looks from")
        if self._opened is None:
            self._opened = self._closing.enter_context(self._open_store())
        return self._opened

    def _captures(self, check: AvailabilityCheck, until: datetime) -> tuple[RawCapture, ...]:
        history = RawCapture(_HISTORY, json_bytes(_history(self._store(check), check, until)))
        found, shown = self._ledger(check)
        meta = {"path": shown, "trouble": found.trouble}
        return history, RawCapture(_LEDGER, found.body, meta)

    def _ledger(self, check: AvailabilityCheck) -> tuple[FileRead, str]:
        if check.ledger is not None:
            return read_file(self._sources.folder(check.ledger.source), check.ledger.path), str(check.ledger)
        home = self._sources.deploys
        if home is None or not home.exists():
            return FileRead("deploys.jsonl"), "deploys.jsonl"  # nobody has announced anything here
        return read_file(FolderAccess("home", home.parent, _MOST_LEDGER), home.name), home.name


class _Seen:
    """The looks at one subject, as a capture has them."""

    def __init__(self, every: int, runs: Sequence[Run]) -> None:
        self.hole = _HOLE * every
        self.runs = runs
        self.looks = sum(run.looks for run in runs if run.state != "unseen")
        self.unseen = sum(run.looks for run in runs if run.state == "unseen")

    @classmethod
    def read(cls, series: Mapping[str, Any]) -> "_Seen":
        return cls(series["every_ms"], [Run(*run) for run in series["runs"]])

    def unknown(self, since: int, until: int) -> Intervals:
        """When nobody saw anything for longer than between two looks and the next but one."""
        seen = [run for run in self.runs if run.state != "unseen"]
        edges = [(since, since), *((run.first, run.last) for run in seen), (until, until)]
        gaps = ((before[1], after[0]) for before, after in pairwise(edges))
        return Intervals.of(gap for gap in gaps if gap[1] - gap[0] > self.hole)


def _history(store: SampleStore, check: AvailabilityCheck, until: datetime) -> dict[str, Any]:
    since = until - check.time_window
    keys = main_series(store, check.of)
    runs = runs_of_series(store, list(keys.values()), since=since, until=until)
    return {
        "since": rfc3339(since),
        "until": rfc3339(until),
        "series": {
            subject: {"measure": key.measure, "every_ms": runs[key][0], "runs": [list(run[:4]) for run in runs[key][1]]}
            for subject, key in sorted(keys.items())
        },
        "versions": [list(seen) for seen in versions_of(store, check.of, since=since, until=until)],
    }


def _row(
    check: AvailabilityCheck,
    subject: str,
    parts: Sequence[_Seen],
    *,
    history: Mapping[str, Any],
    ledger: Mapping[str, Any],
) -> AvailabilityRow:
    """One subject, or several as one: down when any is, unknown when one is and none is down."""
    start, end = (datetime.fromisoformat(history[name]).astimezone(UTC) for name in ("since", "until"))
    since, until = milliseconds_of(start), milliseconds_of(end)
    down = Intervals.of(
        (one.start, one.until(until)) for part in parts for one in outages(part.runs, check.confirm, hole=part.hole)
    )
    unknown = Intervals() if parts else Intervals.of([(since, until)])
    for part in parts:
        unknown |= part.unknown(since, until)
    return AvailabilityRow(
        subject=subject,
        start=start,
        end=end,
        looks=min((part.looks for part in parts), default=0),
        unseen=max((part.unseen for part in parts), default=0),
        longest_gap=max((gap[1] - gap[0] for gap in unknown.parts), default=0) / 1000,
        down=(down & Intervals.of([(since, until)])).parts,
        unknown=unknown.parts,
        versions=tuple(VersionSeen(version=name, first=first, last=last) for name, first, last in history["versions"]),
        **ledger,
    )


def _ledger_fields(capture: RawCapture, history: Mapping[str, Any]) -> dict[str, Any]:
    """What the ledger says of the window, and digests that show later whether it was only added to."""
    if capture.meta.get("trouble"):
        return {"ledger_missing": f"{capture.meta['path']} {capture.meta['trouble']}"}
    ledger = Ledger.parse(capture.body)
    since = milliseconds_of(datetime.fromisoformat(history["since"]))
    return {
        "windows": tuple(one for one in ledger.windows if one.end is None or one.end > since),
        "problems": ledger.problems,
        "ledger_size": ledger.size,
        "boundaries": _boundaries(capture.body[: ledger.size]),
    }


def _boundaries(data: bytes) -> tuple[tuple[int, str], ...]:
    """For each of the newest lines: how long the ledger was at its end, and the digest of it up to there."""
    ends = (np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1).tolist()
    found, digest, before = [(0, hashlib.sha256().hexdigest())], hashlib.sha256(), 0
    for end in ends:
        digest.update(data[before:end])
        before = end
        found.append((end, digest.hexdigest()))
    return tuple(found[-_BOUNDARIES:])
