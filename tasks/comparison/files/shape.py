"""How a line begins where its key is the first thing in it."""

import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

_ESCAPED = re.compile(rb"\\[u/]")
"""What may stand for a letter of a name."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a line begins before the digits of its key, and how many fields it has where they are divided by commas.

    `name` is the key as members are named, where they are; `padded` keys may begin with zeros.
    """

    prefix: bytes
    fields: int | None
    name: bytes = b""
    padded: bool = True

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """The key of each line of some bytes."""
        return re.compile(rb"^" + re.escape(self.prefix) + rb"([0-9]{1,18})[,}\n]", re.MULTILINE)

    @property
    def escaped(self) -> re.Pattern[bytes]:
        """What may stand for a letter of the name."""
        codes = set(self.name.decode().encode("utf-16-be").hex(" ", 2).split())
        return re.compile(rf"\\(/|u({'|'.join(sorted(codes))}))".encode(), re.IGNORECASE)


def csv_shape(key: str, names: tuple[str, ...], divider: str) -> Shape | None:
    """The shape of CSV whose first field is the key."""
    return Shape(b"", len(names)) if names[0] == key and divider == "," else None


def json_shape(key: str, path: Path) -> Shape | None:
    """The shape of JSON Lines whose first member is the key, by the first line; none where JSON escapes its name."""
    name = f'"{key}"'
    if json.dumps(key, ensure_ascii=False) != name:
        return None
    with path.open("rb") as file:
        line = file.readline(1 << 20)
    found = re.match(rb"\{\s*" + re.escape(name.encode()) + rb"\s*:\s*", line)
    return Shape(found[0], None, name.encode()) if found else None


def chain_ascends(shape: Shape, lines: bytes) -> bool:
    """Whether the keys of a few lines ascend, and none of them names its key twice."""
    keys, count = [int(key) for key in shape.pattern.findall(lines)], lines.count(b"\n")
    once = not shape.name or (lines.count(shape.name) == count and not _ESCAPED.search(lines))
    return once and len(keys) == count and all(one < other for one, other in pairwise(keys))
