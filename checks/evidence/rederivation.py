"""Derived again: where what was sealed is not what its captures give."""

_SHOWN = 120
"""Characters of a line that a problem quotes."""


def differing(path: str, sealed: bytes | None, derived: bytes | None) -> str | None:
    """How a file of the bag differs from the one derived again; `None` if they are the same bytes."""
    if sealed == derived:
        return None
    if sealed is None:
        return f"{path} is not there, and the captures give one"
    if derived is None:
        return f"{path} comes from nothing that was captured"
    number, one, other = _first_difference(sealed.splitlines(), derived.splitlines())
    lines = f"line {number} is {_shown(one, other)}, and should be {_shown(other, one)}"
    return f"{path} is not what the captures give: {lines if one != other else 'its lines end otherwise'}"


def _first_difference(sealed: list[bytes], derived: list[bytes]) -> tuple[int, bytes | None, bytes | None]:
    """The first line that is another, counted from 1; files of equal lines differ in how these end."""
    for number in range(max(len(sealed), len(derived))):
        one = sealed[number] if number < len(sealed) else None
        other = derived[number] if number < len(derived) else None
        if one != other:
            return number + 1, one, other
    return len(sealed), None, None


def _shown(line: bytes | None, other: bytes | None) -> str:
    """A line from a little before where it differs from the other."""
    if line is None:
        return "not there"
    same = next((at for at, (a, b) in enumerate(zip(line, other or b"", strict=False)) if a != b), len(other or b""))
    start = max(0, same - _SHOWN // 4) if len(line) > _SHOWN else 0
    text = line[start : start + _SHOWN].decode(errors="replace")
    cut = ("…" if start else "", "…" if start + _SHOWN < len(line) else "")
    return f"{cut[0]}{text}{cut[1]}"
