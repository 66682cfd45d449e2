"""The arithmetic of PostgreSQL's log: positions, segment names, and the timelines that lead to the newest one."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_SEGMENT = re.compile(r"[0-9A-F]{24}")
_HISTORY = re.compile(r"([0-9A-F]{8})\.history")
_ADDRESSES = 1 << 32


class HistoryError(ValueError):
    """Nobody can tell how the timelines hang together; the message says why."""


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One file of the log: its timeline, and the how-manieth of its size it is since the beginning."""

    number: int
    timeline: int

    def name(self, size: int) -> str:
        """The file's name, as `XLogFileName` writes it."""
        high, low = divmod(self.number, _ADDRESSES // size)
        return f"{self.timeline:08X}{high:08X}{low:08X}"

    @classmethod
    def of(cls, name: str, size: int) -> "Segment | None":
        """The segment of that name; `None` for histories, backup labels, partial and compressed files."""
        if not _SEGMENT.fullmatch(name):
            return None
        timeline, high, low = (int(name[start : start + 8], 16) for start in (0, 8, 16))
        return cls(high * (_ADDRESSES // size) + low, timeline)


@dataclass(frozen=True, slots=True)
class Branch:
    """A timeline as far as it leads to the newest: from position `begin` to `end`, where the next one branches off."""

    timeline: int
    begin: int
    end: int | None


def position(text: str) -> int:
    """A position such as `0/2000028` as a number of bytes since the beginning of the log."""
    high, _, low = text.partition("/")
    return int(high, 16) * _ADDRESSES + int(low, 16)


def written(position_: int) -> str:
    """A position as PostgreSQL writes it."""
    high, low = divmod(position_, _ADDRESSES)
    return f"{high:X}/{low:X}"


def newest_timeline(names: Iterable[str]) -> int:
    """The highest timeline of any history or segment; 1 where there is none."""
    histories = [int(match[1], 16) for name in names if (match := _HISTORY.fullmatch(name))]
    segments = [int(name[:8], 16) for name in names if _SEGMENT.fullmatch(name)]
    return max([1, *histories, *segments])


def branches_to(timeline: int, histories: Mapping[int, str]) -> tuple[Branch, ...]:
    """The way to a timeline, oldest first, from the text of its history file (timeline 1 has none)."""
    if timeline == 1:
        return (Branch(1, 0, None),)
    if timeline not in histories:
        raise HistoryError(f"{timeline:08X}.history is not there, so nobody can tell where that timeline branched off")
    begin, way = 0, []
    for line in histories[timeline].splitlines():
        fields = line.split("#", 1)[0].split()
        if not fields:
            continue
        try:
            parent, end = int(fields[0]), position(fields[1])
        except (ValueError, IndexError) as error:
            raise HistoryError(f"{timeline:08X}.history cannot be read: {line.strip()[:80]!r}") from error
        way.append(Branch(parent, begin, end))
        begin = end
    return (*way, Branch(timeline, begin, None))


def follows(way: tuple[Branch, ...], timeline: int, start: int) -> str | None:
    """Why a backup that started there cannot be rolled forward along the way; `None` where it can."""
    newest = way[-1].timeline
    branch = next((one for one in way if one.timeline == timeline), None)
    if branch is None:
        return f"the backup is of timeline {timeline}, from which the newest timeline {newest} does not descend"
    if branch.end is not None and start >= branch.end:
        return (
            f"timeline {newest} branched off timeline {timeline} at {written(branch.end)}, "
            f"before the backup's start at {written(start)}"
        )
    return None
