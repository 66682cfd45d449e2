"""Looks through the log that belongs to a base backup: which segments are there, whose they are, which are missing."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tasks.drills.wal import Branch, HistoryError, Segment, branches_to, follows, newest_timeline
from tasks.drills.wal_gathering import Gathered

# XLogLongPageHeaderData, with which each segment begins: magic, flags, timeline, address, remaining bytes of a record
# from before, padding, system identifier, segment size, block size; written in the byte order of the machine.
_HEADER = struct.Struct("<HHIQI4xQII")
_LONG_HEADER = 0x0002


@dataclass(frozen=True, slots=True)
class Needed:
    """What a backup needs of the log: from `start` on `timeline` to `end` at least, of the cluster `system`.

    `first` is the name of the first segment, as the backup label says it.
    """

    system: str | None
    timeline: int
    start: int
    end: int
    first: str


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the log that lies in segments of one timeline; positions."""

    timeline: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Log:
    """What is there of the log that a backup needs; `strange` says which segments are not what their names say.

    `packed` says which are there in a form that nobody here can read.
    """

    segments: int
    missing: tuple[str, ...] = ()
    packed: tuple[str, ...] = ()
    strange: tuple[str, ...] = ()
    newest: str | None = None
    timeline_cause: str | None = None
    spans: tuple[Span, ...] = ()


def look_through(log: Gathered, needed: Needed) -> Log:
    """Looks at every segment from the backup's start to the newest one."""
    files = log.files
    try:
        way = branches_to(newest_timeline({**files, **log.packed}), _histories(files))
    except HistoryError as error:
        unread = [cause for name, cause in log.packed.items() if name.endswith(".history")]
        return Log(0, timeline_cause="; ".join([str(error), *unread]))
    if cause := follows(way, needed.timeline, needed.start):
        return Log(0, timeline_cause=cause)
    size = _segment_size(files)
    if size is None:
        packed = tuple(log.packed.values())
        return Log(max(len(packed), 1), missing=() if packed else (needed.first,), packed=packed)
    there = _segments({**files, **log.packed}, way, size)
    first = needed.start // size
    last = max([(needed.end - 1) // size, *(segment.number for segment in there)])
    chosen = [_choose(number, there, way, size) for number in range(first, last + 1)]
    names = [segment.name(size) for segment in chosen]
    found = {name: segment for name, segment in zip(names, chosen, strict=True) if name in files}
    causes = {
        name: log.damaged.get(name) or _strange(files[name], one, size, needed.system) for name, one in found.items()
    }
    return Log(
        segments=len(chosen),
        missing=tuple(name for name in names if name not in files and name not in log.packed),
        packed=tuple(log.packed[name] for name in names if name not in files and name in log.packed),
        strange=tuple(f"{name} {cause}" for name, cause in causes.items() if cause),
        newest=names[-1],
        spans=_spans(chosen, size, needed, whole=names[-1] in log.archived),
    )


def _segments(names: Iterable[str], way: tuple[Branch, ...], size: int) -> set[Segment]:
    """The segments that lie on the way."""
    return {segment for name in names if (segment := Segment.of(name, size)) and _on_the_way(segment, way, size)}


def _histories(files: Mapping[str, Path]) -> dict[int, str]:
    found = ((name.partition(".")[0], path) for name, path in files.items() if name.endswith(".history"))
    return {int(stem, 16): path.read_text(errors="replace") for stem, path in found}


def _segment_size(files: Mapping[str, Path]) -> int | None:
    """As the first readable segment says it, since a cluster may be made with any power of two."""
    for name in sorted(files):
        if Segment.of(name, 1 << 24) and (header := _header(files[name])):
            return int(header[6])
    return None


def _header(path: Path) -> tuple[int, ...] | None:
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return None
    header = _HEADER.unpack(head)
    size = header[6]
    sound = header[1] & _LONG_HEADER and size >= 1 << 20 and size & (size - 1) == 0 and size <= 1 << 30
    return header if sound else None


def _on_the_way(segment: Segment, way: tuple[Branch, ...], size: int) -> bool:
    """Whether a segment lies on a timeline of the way and not past the point where the next one branches off."""
    for branch in way:
        if branch.timeline == segment.timeline:
            ended = branch.end is not None and segment.number > branch.end // size
            return segment.number >= branch.begin // size and not ended
    return False


def _choose(number: int, there: set[Segment], way: tuple[Branch, ...], size: int) -> Segment:
    """The segment that recovery takes: of the newest timeline that has it, as `XLogFileReadAnyTLI` looks for it."""
    possible = [Segment(number, branch.timeline) for branch in reversed(way) if branch.begin // size <= number]
    return next((segment for segment in possible if segment in there), possible[0])


def _strange(path: Path, segment: Segment, size: int, system: str | None) -> str | None:
    """Why a file is not the segment that its name says."""
    header, length = _header(path), path.stat().st_size
    if header is None:
        return "does not begin as a segment"
    if length != size:
        return f"holds {length} bytes instead of {size}"
    if system is not None and str(header[5]) != system:
        return f"is of the cluster with the system identifier {header[5]}"
    return None if header[3] == segment.number * size else "holds another part of the log"


def _spans(chosen: list[Segment], size: int, needed: Needed, *, whole: bool) -> tuple[Span, ...]:
    """The stretches to read; the last segment is read to its end only if the server has finished with it."""
    spans = []
    for timeline, group in groupby(chosen, key=lambda segment: segment.timeline):
        numbers = [segment.number for segment in group]
        spans.append(Span(timeline, max(numbers[0] * size, needed.start), (numbers[-1] + 1) * size))
    if not whole:
        spans[-1] = Span(spans[-1].timeline, spans[-1].begin, needed.end)
    return tuple(spans)
