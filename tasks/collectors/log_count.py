"""Counts a log's lines minute by minute, in memory that grows with the minutes of a window and not with its lines."""

import gzip
import hashlib
import zlib
from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, BinaryIO, cast

from checks.epoch import from_milliseconds, milliseconds_of
from checks.evidence.records import rfc3339
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.objective_metrics import LogHistory
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.event_scan import Fault
from tasks.collectors.files import Trouble
from tasks.collectors.http_exchange import printable
from tasks.collectors.metrics_figures import fits
from tasks.collectors.objective_history import Span
from tasks.collectors.strict_json import Json, Unreadable, at, parse_object

TOTAL, KEPT = "total", "kept"
MINUTE = 60_000
FAULTS = {
    "broken": "are no whole JSON objects",
    "undated": "do not say when they were written",
    "incomplete": "lack what is counted",
    "stray": "are good or bad and not of the total",
    "ahead": "are from the future",
}
_LONGEST_LINE = 1_000_000
_MOST_CELLS = 10_000_000
_MILLISECOND = timedelta(milliseconds=1)


class _Lacking(ValueError):  # noqa: N818 (it says what the line is)
    """A line without a field that is needed; the message says which in words that follow the line's place."""


@dataclass(slots=True)
class LineCount:
    """What was counted so far, by minutes before the window's end, and what was wrong with any line of any time.

    `seen` is the newest line of each minute, `before` the newest one from before the window; both in milliseconds.
    """

    check: ObjectiveCheck
    history: LogHistory
    span: Span
    files: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, Fault] = field(default_factory=lambda: {name: Fault() for name in FAULTS})
    seen: dict[int, int] = field(default_factory=dict)
    before: int | None = None
    cut: str | None = None
    counts: dict[tuple[str | None, str], "array[int]"] = field(default_factory=dict)

    def read(self, name: str, file: BinaryIO, *, being_written: bool) -> None:
        """Counts one file; the last line of one that is still being written may have no end yet.

        Raises `Trouble` where it is no whole gzip, or where there is more to tell apart than fits.
        """
        digest, size, number = hashlib.sha256(), 0, 0
        left = self.history.most - sum(int(each["bytes"]) for each in self.files)
        for number, line in enumerate(_lines(name, file), start=1):
            size += len(line)
            digest.update(line)
            if size > left:
                self.cut = f"{name} was read up to line {number}: the log has more than {self.history.most} bytes"
                break
            if line.endswith(b"\n"):
                if line.strip():
                    self._take(f"{name}:{number}", line)
            elif not being_written:
                self.faults["broken"].note(f"{name}:{number}", "has no end")
        self.files.append({"name": name, "bytes": size, "lines": number, "sha256": digest.hexdigest()})

    def _take(self, where: str, line: bytes) -> None:
        try:
            document = parse_object(line)
            written = milliseconds_of(content_time(document, self.history.times))
            if self._is_inside(where, written):
                minute = (self.span.end - written) // MINUTE
                self.seen[minute] = max(written, self.seen.get(minute, written))
                self._count(where, document, minute)
        except Unreadable as error:
            self.faults["broken"].note(where, str(error))
        except Undated as error:
            self.faults["undated"].note(where, str(error))
        except _Lacking as error:
            self.faults["incomplete"].note(where, str(error))

    def _is_inside(self, where: str, written: int) -> bool:
        """Whether a line is of the window; one from just after its end is of the next one."""
        if written <= self.span.start:
            self.before = max(written, self.before or written)
        elif written > self.span.end + self.check.expect.future // _MILLISECOND:
            self.faults["ahead"].note(where, f"is of {rfc3339(from_milliseconds(written))}")
        return self.span.start < written <= self.span.end

    def _count(self, where: str, document: Json, minute: int) -> None:
        wanted = {role: series.labels for role, series in self.check.series.items()}
        whole = wanted.pop(TOTAL if self.check.form == "ratio" else self.check.form)
        if not _fits(document, whole):
            if any(_might_fit(document, labels) for labels in wanted.values()):
                self.faults["stray"].note(where, "is not of the total")
            return
        parts = {TOTAL, *(role for role, labels in wanted.items() if _fits(document, labels))}
        if self.check.form == "histogram" and self._keeps(document):
            parts.add(KEPT)
        value = printable(_text(document, self.check.each.label), 200) if self.check.each else None
        for part in parts:
            self._counts(value, part)[minute] += 1

    def _keeps(self, document: Json) -> bool:
        """Whether the number that the line says is within the objective's value."""
        name = self.check.series[self.check.form].metric
        said = at(document, name)
        if not isinstance(said, int | float) or isinstance(said, bool) or said < 0:
            raise _Lacking(f"has no number from 0 on as its {name}")
        value = self.check.value or 0.0
        return said < value if self.check.op == "lt" else said <= value

    def _counts(self, value: str | None, part: str) -> "array[int]":
        if (value, part) not in self.counts:
            minutes = -(-(self.span.end - self.span.start) // MINUTE)
            if (len(self.counts) + 1) * minutes > _MOST_CELLS:
                label = self.check.each.label if self.check.each else ""
                raise Trouble(f"has too many values of {label} to count for each minute of the window")
            self.counts[value, part] = array("I", bytes(4 * minutes))
        return self.counts[value, part]


def is_packed(name: str) -> bool:
    """Whether a file has to be unpacked."""
    return name.lower().endswith(".gz")


def _lines(name: str, file: BinaryIO) -> Iterator[bytes]:
    """A file's lines; one without bounds comes in pieces, none of which is JSON."""
    opened = cast("BinaryIO", gzip.GzipFile(fileobj=file)) if is_packed(name) else file
    try:
        while line := opened.readline(_LONGEST_LINE):
            yield line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise Trouble("is damaged: what is in it is no whole gzip") from None


def _fits(document: Json, labels: Mapping[str, str]) -> bool:
    return fits({label: _text(document, label) for label in labels}, labels)


def _might_fit(document: Json, labels: Mapping[str, str]) -> bool:
    try:
        return _fits(document, labels)
    except _Lacking:
        return False


def _text(document: Json, path: str) -> str:
    """What a line says at a path, as a label's value; 503 and 503.0 are one."""
    value = at(document, path)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if value in (None, "") or isinstance(value, list | dict):
        raise _Lacking(f"has no {path}")
    return str(value)
