"""Reads a plain dump before it is run: what it fills, and whether it would leave the database it is run in."""

import re
from dataclasses import dataclass
from pathlib import Path

_FILLS = re.compile(rb'(?:COPY|INSERT INTO) ("?[^\s"]+"?\."?[^\s"(]+"?) ')
_ELSEWHERE = re.compile(rb"(?:CREATE|DROP|ALTER) (?:DATABASE|ROLE|TABLESPACE)\b")
_HARMLESS = (rb"\restrict", rb"\unrestrict")


@dataclass(frozen=True, slots=True)
class PlainDump:
    """The tables a plain dump fills, and the first line that reaches outside the database it is run in, if one does."""

    tables: tuple[str, ...]
    reaches_out: str | None


def read_plain_dump(path: Path) -> PlainDump:
    """Reads the whole script once, line by line, past the rows of its COPY statements."""
    tables: dict[str, None] = {}
    reaches_out, in_rows = None, False
    with path.open("rb") as script:
        for line in script:
            if in_rows:
                in_rows = line.rstrip(b"\r\n") != b"\\."
                continue
            if match := _FILLS.match(line):
                tables[match[1].decode(errors="replace").replace('"', "")] = None
                in_rows = line.rstrip().endswith(b"FROM stdin;")
            elif reaches_out is None and _leaves(line):
                reaches_out = line.decode(errors="replace").strip()[:120]
    return PlainDump(tuple(tables), reaches_out)


def _leaves(line: bytes) -> bool:
    """Whether a line switches database, changes the server, or is another command of psql's own."""
    command = line.startswith(b"\\") and not line.startswith(_HARMLESS)
    return command or _ELSEWHERE.match(line) is not None
