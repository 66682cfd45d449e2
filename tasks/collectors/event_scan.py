"""Reads a store of events line by line, in memory that grows with their number alone, and counts what is wrong."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.evidence.records import rfc3339
from checks.kinds.event_store import Chain, EventStoreCheck
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, Unreadable, at, parse_object

_LONGEST_LINE = 10_000_000
_MOST_EVENTS = 20_000_000


@dataclass(slots=True)
class Fault:
    """How many events have one thing wrong, and which is the first."""

    times: int = 0
    cause: str | None = None

    def note(self, where: str, what: str) -> None:
        """Counts one."""
        self.times += 1
        self.cause = self.cause or printable(f"{where} {what}", 300)


@dataclass(slots=True)
class Scan:
    """What was read so far; the first event's key stands for the store's beginning."""

    check: EventStoreCheck
    files: list[dict[str, Any]] = field(default_factory=list)
    events: int = 0
    first: str | None = None
    cut: str | None = None
    faults: dict[str, Fault] = field(default_factory=dict)
    newest: datetime | None = None
    undated: str | None = None
    _seen: set[bytes] = field(default_factory=set)
    _last_time: datetime | None = None
    _last_hash: Json = None

    def __post_init__(self) -> None:
        names = ("broken", "nameless", "repeated", "disordered", "uncorrelated", "unlinked", "forged")
        self.faults = {name: Fault() for name in names}

    def read(self, name: str, path: Path, *, is_last: bool) -> None:
        """Reads one file; its last line may still be being written if it is the last file."""
        digest, size, number, budget = hashlib.sha256(), 0, 0, self.check.most - self.size
        for number, line in enumerate(_lines(path), start=1):
            size += len(line)
            digest.update(line)
            if size > budget or self.events >= _MOST_EVENTS:
                self.cut = f"{name} was read up to line {number}: more than {self.check.most} bytes or too many events"
                break
            if not line.endswith(b"\n"):
                if not is_last:
                    self.faults["broken"].note(f"{name}:{number}", "has no end")
            elif line.strip():
                self._take(f"{name}:{number}", line)
        self.files.append({"name": name, "bytes": size, "lines": number, "sha256": digest.hexdigest()})

    @property
    def size(self) -> int:
        """The bytes of all files read."""
        return sum(int(each["bytes"]) for each in self.files)

    def told(self) -> dict[str, Any]:
        """Everything, as JSON."""
        return {
            "files": self.files,
            "events": self.events,
            "first": self.first,
            "cut": self.cut,
            "faults": {name: {"times": fault.times, "cause": fault.cause} for name, fault in self.faults.items()},
            "newest": rfc3339(self.newest) if self.newest else None,
            "undated": self.undated,
        }

    def _take(self, where: str, line: bytes) -> None:
        try:
            event = parse_object(line)
        except Unreadable as error:
            self.faults["broken"].note(where, str(error))
            return
        self.events += 1
        self._key(where, event)
        self._time(where, event)
        lacking = [path for path in self.check.correlation if at(event, path) in (None, "")]
        if lacking:
            self.faults["uncorrelated"].note(where, f"has no {' and no '.join(lacking)}")
        if self.check.chain:
            self._link(where, event, self.check.chain)

    def _key(self, where: str, event: Json) -> None:
        key = at(event, self.check.key)
        if key in (None, "") or isinstance(key, list | dict):
            self.faults["nameless"].note(where, f"has no {self.check.key}")
            return
        named = hashlib.blake2b(json.dumps(key).encode(), digest_size=12).digest()
        if named in self._seen:
            self.faults["repeated"].note(where, f"has the {self.check.key} {key!r} of an earlier event")
        self._seen.add(named)
        self.first = self.first or printable(str(key), 100)

    def _time(self, where: str, event: Json) -> None:
        try:
            time = content_time(event, self.check.times)
        except Undated as error:
            self.undated = self.undated or printable(f"holds an event at {where} that {error}", 300)
            self.faults["disordered"].note(where, str(error))
            return
        if self._last_time and time < self._last_time:
            self.faults["disordered"].note(where, f"is of {rfc3339(time)}, before the event before it")
        self._last_time = time
        self.newest = max(time, self.newest or time)

    def _link(self, where: str, event: dict[str, Json], chain: Chain) -> None:
        """The very first event of a store may name none before it, or one that was rotated away."""
        own, previous = at(event, chain.hash), at(event, chain.previous)
        if own in (None, ""):
            self.faults["unlinked"].note(where, f"has no {chain.hash}")
        elif self.events > 1 and previous != self._last_hash:
            self.faults["unlinked"].note(
                where, f"names {previous!r} as the hash before it, which is {self._last_hash!r}"
            )
        if chain.recomputed and own not in (None, "") and own != _hash(event, chain.hash):
            self.faults["forged"].note(where, "has not the hash that it names")
        self._last_hash = own


def _hash(event: dict[str, Json], without: str) -> str:
    """The hash of an event without the field that names it."""
    rest = {name: value for name, value in event.items() if name != without}
    return hashlib.sha256(
        json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def _lines(path: Path) -> Iterator[bytes]:
    """A file's lines; one without bounds comes in pieces, none of which is JSON."""
    with path.open("rb") as file:
        while line := file.readline(_LONGEST_LINE):
            yield line
