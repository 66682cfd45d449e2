"""Names of PostgreSQL's log files (WAL segments): timeline, log and segment, eight hexadecimal digits each.

Segments are counted as the 16 MiB that they hold where nobody chose otherwise: smaller ones have names that are refused
here, and of larger ones too many seem to be missing.
"""

import re
from collections.abc import Iterable

_NAME = re.compile(r"[0-9A-F]{16}000000[0-9A-F]{2}")
_SEGMENTS_OF_A_LOG = 256


def is_wal_name(name: str) -> bool:
    """Whether this is a segment's name."""
    return _NAME.fullmatch(name) is not None


def segments_between(first: str, last: str) -> int:
    """How many segments follow `first` up to and with `last`, on whichever timelines."""
    return _number(last) - _number(first)


def missing_after(first: str, names: Iterable[str]) -> list[str]:
    """The segments that nobody has between `first` and the last of the names; a new timeline goes on counting."""
    there = {_number(name) for name in names}
    numbers = range(_number(first), max(there, default=0))
    return [_name(first[:8], number) for number in numbers if number not in there]


def _number(name: str) -> int:
    return int(name[8:16], 16) * _SEGMENTS_OF_A_LOG + int(name[16:], 16)


def _name(timeline: str, number: int) -> str:
    log, segment = divmod(number, _SEGMENTS_OF_A_LOG)
    return f"{timeline}{log:08X}{segment:08X}"
