"""Marks where two values differ, character by character, for pages that show them side by side."""

from dataclasses import dataclass
from difflib import SequenceMatcher

from reports.escaping import NOTHING

LONGEST = 400
"""Characters of a value that are compared one by one; what lies beyond is marked or not as a whole."""
_ALIKE = 0.3


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters, and whether the other value lacks it."""

    text: str
    differs: bool


Pieces = tuple[Piece, ...]


def pieces(left: object, right: object) -> tuple[Pieces, Pieces]:
    """Both values cut into what they share and what they do not; values with little in common are marked whole."""
    if left is None or right is None or left == right:
        return _whole(left, differs=left != right), _whole(right, differs=left != right)
    one, other = str(left), str(right)
    matcher = SequenceMatcher(None, one[:LONGEST], other[:LONGEST], autojunk=False)
    if matcher.ratio() < _ALIKE:
        return _whole(left, differs=True), _whole(right, differs=True)
    here: list[Piece] = []
    there: list[Piece] = []
    for tag, start, stop, other_start, other_stop in matcher.get_opcodes():
        _add(here, one[start:stop], differs=tag != "equal")
        _add(there, other[other_start:other_stop], differs=tag != "equal")
    rest, other_rest = one[LONGEST:], other[LONGEST:]
    _add(here, rest, differs=rest != other_rest)
    _add(there, other_rest, differs=rest != other_rest)
    return tuple(here), tuple(there)


def plain(value: object) -> Pieces:
    """A value that has no other beside it."""
    return _whole(value, differs=False)


def _whole(value: object, *, differs: bool) -> Pieces:
    text = NOTHING if value is None else str(value)
    return (Piece(text, differs),)


def _add(found: list[Piece], text: str, *, differs: bool) -> None:
    if text:
        found.append(Piece(text, differs))
