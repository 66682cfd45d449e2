"""Event stores: is a log of events whole, in order, without repetition, and does it keep within its bounds?"""

from typing import Literal

from checks.catalog import Check
from checks.durations import Duration, Size, parse_duration, parse_size
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.dated import TIMESTAMPS
from checks.kinds.fields import FieldPath
from checks.places import Place

TIMES: tuple[FieldPath, ...] = ("time", *TIMESTAMPS, "at")


class Chain(Record):
    """Each event names its own hash and that of the event before it.

    With `recomputed` the hash is the SHA-256, in hexadecimal, of the event's JSON without that field: keys in order, no
    space between, UTF-8. Without it only the links are followed, and a changed event is not noticed.
    """

    hash: FieldPath = "hash"
    previous: FieldPath = "previous"
    recomputed: bool = False


class EventStoreExpectation(Record):
    """What a store must show; a null limit is not asked for.

    `file_size` bounds each file, so that it is rotated, `size` all of them, and `growth` what is added in a day.
    """

    max_age: Duration | None = None
    future: Duration = parse_duration("60s")
    file_size: Size | None = None
    size: Size | None = None
    growth: Size | None = None
    durability_age: Duration = parse_duration("7d")


class EventStoreCheck(Check):
    """Reads a store of JSON lines from its first event to its last; `*` in its path takes in rotated files, by name.

    Each event has a `key` of its own, and they come in the order of their time. `correlation` names fields that each
    must have. `durability` is the report of a test that wrote events, killed the program, and read them again: a JSON
    document with `generated_at`, `killed`, and the numbers and hashes of what was `written` and `read`
    (`written_sha256`, `read_sha256`). At most `most` is read.
    """

    kind: Literal["event-store"] = "event-store"
    events: Place
    key: FieldPath = "id"
    time: FieldPath | None = None
    correlation: tuple[FieldPath, ...] = ()
    chain: Chain | None = None
    durability: Place | None = None
    most: Size = parse_size("5GB")
    expect: EventStoreExpectation = EventStoreExpectation()

    @property
    def times(self) -> tuple[FieldPath, ...]:
        """Where an event's time may stand, in order."""
        return (self.time,) if self.time else TIMES

    @property
    def sources(self) -> tuple[str, ...]:
        durability = (self.durability.source,) if self.durability else ()
        return tuple(dict.fromkeys((self.events.source, *durability)))

    @property
    def subjects(self) -> tuple[str, ...]:
        return (str(self.events), *([str(self.durability)] if self.durability else []))


class EventStoreRow(EvidenceRow):
    """A store as it was read (`part` is `events`), or the report of a test of its durability.

    `missing` says why there was nothing to read, and `cut` why not all of it was. Counts are of events; columns that
    end in `cause` tell the first of each. `bytes_largest` is the largest file's size. `content_time` is the newest
    event's own time, or the report's.
    """

    part: Literal["events", "durability"]
    where: str
    missing: str | None = None
    unreadable: str | None = None
    cut: str | None = None
    read_at: Instant | None = None
    files: int | None = None
    bytes: int | None = None
    bytes_largest: int | None = None
    largest: str | None = None
    events: int | None = None
    first: str | None = None
    broken: int | None = None
    broken_cause: str | None = None
    nameless: int | None = None
    nameless_cause: str | None = None
    repeated: int | None = None
    repeated_cause: str | None = None
    disordered: int | None = None
    disordered_cause: str | None = None
    uncorrelated: int | None = None
    uncorrelated_cause: str | None = None
    unlinked: int | None = None
    unlinked_cause: str | None = None
    forged: int | None = None
    forged_cause: str | None = None
    content_time: Instant | None = None
    undated: str | None = None
    killed: bool | None = None
    written: int | None = None
    survived: int | None = None
    same_hash: bool | None = None
