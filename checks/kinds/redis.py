"""Redis: would it keep what it holds, and do its streams, queues and memory stay within their bounds?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Check, Name, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Fsync = Literal["always", "everysec", "no"]
Policy = Literal[
    "noeviction",
    "allkeys-lru",
    "allkeys-lfu",
    "allkeys-random",
    "volatile-lru",
    "volatile-lfu",
    "volatile-random",
    "volatile-ttl",
]


class KeyExpectation(Record):
    """What a key must show: a stream, list, set, sorted set or hash of a length within limits.

    Of a stream, the newest entry is at most `newest` old and the oldest at most `oldest`, by the times in their ids,
    and at most `pending` entries were handed to a group and not yet acknowledged.
    """

    min: Count | None = None
    max: Count | None = None
    newest: Duration | None = None
    oldest: Duration | None = None
    pending: Count | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} lies over max {self.max}, so nothing could meet both")
        return self


class RedisExpectation(Record):
    """How the server must be set up; where a limit is null, or a set empty, it is not asked for.

    `appendonly` asks for the append-only file, written to disk as one of `fsync`; `saved` is how old the last snapshot
    may be. `memory` is the most that may be used of `maxmemory`, which must then be set.
    """

    appendonly: bool = True
    fsync: tuple[Fsync, ...] = ("always", "everysec")
    saved: Duration | None = None
    future: Duration = parse_duration("60s")
    memory: Share | None = None
    policy: tuple[Policy, ...] = ()


class RedisCheck(Check):
    """Asks a Redis, or a Valkey, of itself; the server is a subject, and so is each key.

    `database` names a database source with an address such as `redis://…` or `rediss://…/2`.
    """

    kind: Literal["redis"] = "redis"
    database: Name
    keys: dict[Text, KeyExpectation] = Field(default_factory=dict)
    expect: RedisExpectation = RedisExpectation()

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.database,)

    @property
    def subjects(self) -> tuple[str, ...]:
        return (self.database, *(f"{self.database}:{key}" for key in self.keys))


class RedisRow(EvidenceRow):
    """The server as it describes itself (`part` is `server`), or one key.

    `problem` says why nothing was told. `config_cause` says why its settings were not. Of a key, `type` is `none` where
    there is none.
    """

    part: Literal["server", "key"]
    read_at: Instant
    problem: str | None = None
    version: str | None = None
    loading: bool | None = None
    appendonly: bool | None = None
    fsync: str | None = None
    config_cause: str | None = None
    append_good: bool | None = None
    save_good: bool | None = None
    saved_at: Instant | None = None
    used_bytes: int | None = None
    most_bytes: int | None = None
    policy: str | None = None
    type: str | None = None
    length: int | None = None
    newest_at: Instant | None = None
    oldest_at: Instant | None = None
    groups: int | None = None
    pending: int | None = None
