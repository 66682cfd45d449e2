"""Marks where two values differ, character by character, for pages that show them side by side.

Of long values the places that differ are shown, with a little of what stands around them: what both share before the
first and after the last difference is cut, and a long part between them in its middle.
"""

import re
import unicodedata
from dataclasses import dataclass
from difflib import SequenceMatcher

from checks.evidence.values import NOTHING, value_words
from reports.escaping import code_of

LONGEST = 400
"""Characters between the first and the last difference that are compared one by one; half of them from either end."""
AROUND = 80
"""Characters shown before and after, where there are many."""
_ALIKE = 0.3
_LIKE_A_CODE = re.compile(r"\\(?=[xuU][0-9a-f]{2})")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters, and whether the other value lacks it; `told` words are the page's own, not the value's."""

    text: str
    differs: bool
    told: bool = False


Pieces = tuple[Piece, ...]


def pieces(left: object, right: object) -> tuple[Pieces, Pieces]:
    """Both values cut into what they share and what they do not; what has little in common is marked whole."""
    if left == right or not (_has_characters(left) and _has_characters(right)):
        return _whole(left, differs=left != right), _whole(right, differs=left != right)
    one, other = str(left), str(right)
    start = _shared(one, other)
    stop = _shared(one[start:], other[start:], from_end=True)
    here, there = _marked(one[start : len(one) - stop], other[start : len(other) - stop])
    before, after = _before(one[:start]), _after(one[len(one) - stop :])
    return _joined([*before, *here, *after]), _joined([*before, *there, *after])


def plain(value: object) -> Pieces:
    """A value that has no other beside it."""
    return _whole(value, differs=False)


def _has_characters(value: object) -> bool:
    """Whether a value is shown by characters of its own; null, empty text and a dash are shown by words for them."""
    return value not in (None, "", NOTHING) and not isinstance(value, bool)


def _whole(value: object, *, differs: bool) -> Pieces:
    text = value_words(value)
    return (Piece(text, differs, told=not _has_characters(value)),)


def _shared(one: str, other: str, *, from_end: bool = False) -> int:
    """How many characters two texts share at their start or at their end, found by halves of slices."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        part = slice(-middle, None) if from_end else slice(None, middle)
        low, high = (middle, high) if one[part] == other[part] else (low, middle - 1)
    return low


def _before(text: str) -> list[Piece]:
    left_out = len(text) - AROUND
    if left_out <= AROUND:
        return [Piece(text, differs=False)]
    return [_left_out(left_out, "before"), Piece(text[-AROUND:], differs=False)]


def _after(text: str) -> list[Piece]:
    left_out = len(text) - AROUND
    if left_out <= AROUND:
        return [Piece(text, differs=False)]
    return [Piece(text[:AROUND], differs=False), _left_out(left_out, "more")]


def _left_out(count: int, where: str, *, differs: bool = False) -> Piece:
    return Piece(f"… ({count:,} characters {where}) …", differs, told=True)


def _marked(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """What stands between the first and the last difference: whole, or its two ends."""
    if max(len(one), len(other)) <= LONGEST:
        return _compared(one, other)
    half = LONGEST // 2
    head, other_head = _compared(one[:half], other[:half])
    tail, other_tail = _compared(one[half:][-half:], other[half:][-half:])
    same = one[half:-half] == other[half:-half]
    return [*head, *_between(one, half, same), *tail], [*other_head, *_between(other, half, same), *other_tail]


def _between(text: str, half: int, same: bool) -> list[Piece]:  # noqa: FBT001 — found once for both
    left_out = len(text) - 2 * half
    return [_left_out(left_out, "between", differs=not same)] if left_out > 0 else []


def _compared(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [Piece(_seen(one), differs=True)], [Piece(_seen(other), differs=True)]
    here: list[Piece] = []
    there: list[Piece] = []
    for tag, start, stop, other_start, other_stop in matcher.get_opcodes():
        differs = tag != "equal"
        mine, yours = one[start:stop], other[other_start:other_stop]
        here.append(Piece(_seen(mine) if differs else mine, differs))
        there.append(Piece(_seen(yours) if differs else yours, differs))
    return here, there


def _seen(text: str) -> str:
    """Characters that differ, by their codes where they would not be seen or only change those before them."""
    text = _LIKE_A_CODE.sub(r"\\x5c", text)
    return "".join(one if one.isprintable() and unicodedata.category(one)[0] != "M" else code_of(one) for one in text)


def _joined(found: list[Piece]) -> Pieces:
    """The pieces without empty ones, neighbours of one kind as one."""
    joined: list[Piece] = []
    for piece in found:
        last = joined[-1] if joined else None
        if last is not None and (last.differs, last.told) == (piece.differs, piece.told) == (piece.differs, False):
            joined[-1] = Piece(last.text + piece.text, piece.differs)
        elif piece.text:
            joined.append(piece)
    return tuple(joined)
