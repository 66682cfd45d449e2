"""The deploy ledger: lines of JSON that say when a deploy or maintenance began and ended, by whom and why.

Any pipeline can append to it; nothing in it is ever changed. Three sorts of line:

    {"event": "start", "id": "d-1", "at": "2026-11-22T14:00:00Z", "by": "ci", "reason": "v0.2.0", "version": "v0.2.0"}
    {"event": "end", "id": "d-1", "at": "2026-11-22T14:03:20Z", "by": "ci"}
    {"event": "window", "id": "m-1", "from": "2026-11-23T02:00:00Z", "until": "2026-11-23T03:00:00Z", "by": "ops",
     "approved_by": "desk", "reason": "disk"}
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from checks.epoch import milliseconds_of
from checks.records import Instant, Record

WindowId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,119}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
WindowKind = Literal["deploy", "maintenance"]


class Started(Record):
    """A deploy began, or maintenance that was approved by somebody else."""

    event: Literal["start"] = "start"
    id: WindowId
    at: Instant
    by: Words
    reason: Words
    kind: WindowKind = "deploy"
    version: Words | None = None
    approved_by: Words | None = None


class Ended(Record):
    """What began under an id is over."""

    event: Literal["end"] = "end"
    id: WindowId
    at: Instant
    by: Words
    reason: Words | None = None


class Planned(Record):
    """Maintenance whose beginning and end are known, approved by somebody else than its author."""

    event: Literal["window"] = "window"
    id: WindowId
    since: Instant = Field(alias="from")
    until: Instant
    by: Words
    approved_by: Words
    reason: Words
    kind: Literal["maintenance"] = "maintenance"


Line = Annotated[Started | Ended | Planned, Field(discriminator="event")]
_LINE: TypeAdapter[Started | Ended | Planned] = TypeAdapter(Line)


class DeployWindow(Record):
    """A half-open interval in which downtime was announced, in milliseconds since 1970; it may not have ended yet.

    `offset` is where in the ledger its first line begins.
    """

    id: str
    kind: WindowKind
    start: int
    end: int | None = None
    by: str
    reason: str
    approved_by: str | None = None
    version: str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a ledger says: its windows in the order in which they were written, and what in it says nothing."""

    windows: tuple[DeployWindow, ...]
    problems: tuple[str, ...]
    size: int

    @classmethod
    def parse(cls, data: bytes) -> "Ledger":
        """Reads a ledger's bytes; a last line without its end is still being written, and does not count yet."""
        windows: dict[str, DeployWindow] = {}
        problems: list[str] = []
        size = data.rfind(b"\n") + 1
        for number, offset, line in _lines(data[:size]):
            problem = _read(line, offset, windows)
            if problem:
                problems.append(f"line {number}: {problem}")
        return cls(tuple(windows.values()), tuple(problems), size)


def ledger_line(entry: Started | Ended | Planned) -> bytes:
    """An entry as a line of the ledger."""
    return entry.model_dump_json(by_alias=True, exclude_none=True).encode() + b"\n"


def _lines(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The number, place and text of each line that holds anything."""
    offset = 0
    for number, line in enumerate(data.split(b"\n"), start=1):
        if line.strip():
            yield number, offset, line
        offset += len(line) + 1


def _read(line: bytes, offset: int, windows: dict[str, DeployWindow]) -> str | None:
    """Adds what a line says to the windows, or tells why it says nothing."""
    try:
        entry = _LINE.validate_python(json.loads(line))
    except ValidationError as error:
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the entry'}: {first['msg']}"
    except (ValueError, RecursionError) as error:
        return f"it is no JSON: {error}"
    match entry:
        case Ended():
            return _end(entry, windows)
        case Planned() if entry.until <= entry.since:
            return f"{entry.id} ends before it begins"
        case _ if entry.id in windows:
            return f"{entry.id} began before, and an id is used once"
        case _:
            return _begin(entry, offset, windows)


def _begin(entry: Started | Planned, offset: int, windows: dict[str, DeployWindow]) -> str | None:
    if entry.kind == "maintenance" and entry.approved_by in (None, entry.by):
        return f"{entry.id} is maintenance, which somebody else than {entry.by} has to approve"
    planned = isinstance(entry, Planned)
    windows[entry.id] = DeployWindow(
        id=entry.id,
        kind=entry.kind,
        start=milliseconds_of(entry.since if isinstance(entry, Planned) else entry.at),
        end=milliseconds_of(entry.until) if isinstance(entry, Planned) else None,
        by=entry.by,
        reason=entry.reason,
        approved_by=entry.approved_by,
        version=None if planned else getattr(entry, "version", None),
        offset=offset,
    )
    return None


def _end(entry: Ended, windows: dict[str, DeployWindow]) -> str | None:
    began = windows.get(entry.id)
    if began is None:
        return f"{entry.id} ends and never began"
    if began.end is not None:
        return f"{entry.id} ended before"
    if milliseconds_of(entry.at) < began.start:
        return f"{entry.id} ends before it begins"
    windows[entry.id] = began.model_copy(update={"end": milliseconds_of(entry.at)})
    return None
