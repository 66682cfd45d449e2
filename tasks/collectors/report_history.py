"""Reads a folder of dated reports: which came in the last slot, and the largest gap between two of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from checks.errors import CollectionError
from checks.evidence.records import RawCapture, json_bytes, rfc3339
from checks.kinds.freshness import FreshnessCheck, FreshnessRow, ReportHistory
from tasks.collectors.content_time import Undated
from tasks.collectors.files import read_file
from tasks.collectors.http_exchange import printable
from tasks.collectors.newest import newest_first
from tasks.collectors.places import json_dated
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Unreadable

ITEM = "history.json"
_MOST_READ = 2_000
"""Of more reports those are read that were written last; whether they reach back far enough is told."""
_SHOWN = 3
_INSTANT = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)[T_.-]?(\d\d)[-_.:]?(\d\d)(?:[-_.:]?(\d\d))?Z?(?!\d)"
)


@dataclass(frozen=True, slots=True)
class _Report:
    """One report: when it says it was made, or why nobody knows that, and when its file was written."""

    path: str
    made: datetime | None
    written: datetime | None
    trouble: str | None = None


def history_capture(check: FreshnessCheck, history: ReportHistory, sources: Sources, now: datetime) -> RawCapture:
    """What the folder shows of the slot that ends now: its reports, the one before them, and what has no date."""
    access = sources[history.reports.source]
    if not isinstance(access, FolderAccess):
        raise CollectionError(f"{history.reports}: only a folder can be searched for reports")
    since, names = now - check.every.period, newest_first(access, history.reports.path)
    reports = list(_dated(check, history, access, names[:_MOST_READ]))
    made = sorted((one.made, one.path) for one in reports if one.made is not None)
    earlier = [one for one in made if one[0] <= since]
    told = {
        "since": rfc3339(since),
        "until": rfc3339(now),
        "matching": len(names),
        "before": rfc3339(earlier[-1][0]) if earlier else None,
        "reports": [{"path": path, "made": rfc3339(at)} for at, path in made if at > since],
        # What was written before the slot cannot be a report that is missed in it.
        "undated": [
            {"path": one.path, "trouble": one.trouble}
            for one in reports
            if one.made is None and (one.written is None or one.written > since)
        ],
    }
    return RawCapture(ITEM, json_bytes(told), {"subject": str(history.reports)})


def history_row(history: ReportHistory, capture: RawCapture) -> FreshnessRow:
    """The row of a folder; its `content_time` is the newest report's."""
    told = json.loads(capture.body)
    since, until = (datetime.fromisoformat(told[name]) for name in ("since", "until"))
    about: dict[str, Any] = {"subject": str(history.reports), "part": "history", "where": str(history.reports)}
    about |= {"fetched_at": until, "since": since, "candidates": told["matching"], **_undated(told["undated"])}
    made = [datetime.fromisoformat(one["made"]) for one in told["reports"]]
    before = datetime.fromisoformat(told["before"]) if told["before"] else None
    every = [before, *made] if before else made
    if not told["matching"]:
        return FreshnessRow(**about, missing=f"does not exist: no file matches {history.reports.path}")
    if not every:
        return FreshnessRow(**about, undated="holds no report that says when it was made")
    past = [at for at in every if at <= until]
    gaps = [(later - earlier, earlier) for earlier, later in pairwise(past)]
    gap, gap_from = max(gaps, default=(None, None), key=lambda each: each[0])
    return FreshnessRow(
        **about,
        content_time=every[-1],
        earliest=every[0],
        reports=len(every),
        gap=gap.total_seconds() if gap is not None else None,
        gap_from=gap_from,
    )


def instant_in(name: str) -> datetime:
    """The instant that a file's name holds, in UTC; raises `Undated` where it holds none, or a day alone."""
    found = _INSTANT.search(name)
    if found is None:
        raise Undated("has a name that holds no instant, such as 20261122T1405Z")
    try:
        return datetime(*(int(part or 0) for part in found.groups()), tzinfo=UTC)  # type: ignore[misc, arg-type]
    except ValueError:
        raise Undated(f"has {found[0]} in its name, which is no instant") from None


def _dated(check: FreshnessCheck, history: ReportHistory, access: FolderAccess, names: list[str]) -> Iterator[_Report]:
    date_of = json_dated(check.timestamps)
    for name in names:
        try:
            if history.dated_by == "name":
                yield _Report(name, instant_in(name.rpartition("/")[2]), None)
                continue
            found = read_file(access, name)
            made = date_of(found) if not found.trouble else None
            yield _Report(name, made, found.file_time, found.trouble)
        except (Unreadable, Undated) as error:
            yield _Report(name, None, _written(access, name), printable(str(error), 200))


def _written(access: FolderAccess, name: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(access.path(name).stat().st_mtime, UTC)
    except OSError:  # it went away meanwhile, and counts as one of now
        return None


def _undated(troubled: list[dict[str, str]]) -> dict[str, Any]:
    words = [f"{one['path']} {one['trouble']}" for one in troubled[:_SHOWN]]
    more = f"; and {len(troubled) - _SHOWN} more" if len(troubled) > _SHOWN else ""
    return {"nameless": len(troubled), "nameless_cause": ("; ".join(words) + more) or None}
