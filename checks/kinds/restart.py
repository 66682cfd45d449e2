"""Restart drills: does a service that is asked to end under load finish its work, let go, and come back?"""

from typing import Annotated, Literal

from pydantic import Field

from checks.catalog import Name, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import Record
from checks.kinds.drill import Drill, DrillRow, Trigger
from checks.places import Place

Query = Annotated[str, Field(min_length=1, max_length=5000)]


class Load(Record):
    """The requests that go on all the while, by so many workers at once, and for how long before the service ends."""

    requests: tuple[Place, ...] = Field(min_length=1)
    workers: Annotated[int, Field(ge=1, le=64)] = 4
    before: Duration = parse_duration("1s")


class Writes(Record):
    """Writes that a client may repeat: each has a key of its own in the header `key_header`, and is repeated.

    `counted` is a query for the database source `database`; for the keys that are like %(like)s it answers each key
    and how often it was written.
    """

    post: Place
    send: dict[str, str] = Field(default_factory=dict)
    key_header: Text = "Idempotency-Key"
    database: Name
    counted: Query


class Sessions(Record):
    """The service's sessions at its PostgreSQL database, by the application name that it gives."""

    database: Name
    application: Text


class RestartExpectation(Record):
    """At least `in_flight` requests are under way when the service is asked to end, and it ends `within` so long.

    A moment at which so many are is waited for, a few seconds at most.
    By then its database sessions are closed, and so is a client's connection on which nothing was going on.
    """

    within: Duration = parse_duration("30s")
    in_flight: Annotated[int, Field(ge=1)] = 1


class RestartCheck(Drill):
    """Ends a service under load by `stop`, and starts it by `start`, which is left out where a supervisor does that."""

    kind: Literal["restart"] = "restart"
    stop: Trigger
    start: Trigger | None = None
    load: Load
    writes: Writes | None = None
    sessions: Sessions | None = None
    expect: RestartExpectation = RestartExpectation()

    @property
    def triggers(self) -> tuple[Record, ...]:
        return (self.stop, self.start) if self.start else (self.stop,)

    @property
    def sources(self) -> tuple[str, ...]:
        more = [place.source for place in self.load.requests]
        more += [self.writes.post.source, self.writes.database] if self.writes else []
        more += [self.sessions.database] if self.sessions else []
        return tuple(dict.fromkeys((*super().sources, *more)))


class RestartRow(DrillRow):
    """A restart drill.

    `disturbed` says whether anything beside the command showed that the service ended: its process that is gone, a
    request that nobody took or answered, an endpoint that was not well, or its database sessions. `exit_seconds` runs
    to the end of the command, or to the last answer to a request in flight where that came later. `in_flight` counts
    the requests that the service had accepted and not yet answered when it was asked to end, `completed` those of them
    that got a whole answer. `idle_closed` says whether it closed a connection on which nothing was going on.
    `turned_away` counts requests that found nobody listening, which is no fault of theirs.
    """

    stop_ended: bool | None = None
    stop_succeeded: bool | None = None
    stop_cause: str | None = None
    disturbed: bool | None = None
    start_succeeded: bool | None = None
    start_cause: str | None = None
    requests: int | None = None
    turned_away: int | None = None
    in_flight: int | None = None
    completed: int | None = None
    broken_cause: str | None = None
    idle_closed: bool | None = None
    idle_cause: str | None = None
    sessions_before: int | None = None
    sessions_left: int | None = None
    sessions_cause: str | None = None
    writes: int | None = None
    repeats: int | None = None
    doubled: int | None = None
    lost: int | None = None
    writes_cause: str | None = None
    exit_seconds: float | None = None
    back_seconds: float | None = None
