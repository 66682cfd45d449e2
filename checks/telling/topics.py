"""What is told and what it is about: topics, notices, and what is remembered of each topic."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.outcome import Outcome, Severity
from checks.records import Instant, Record

RUN, HEARTBEAT, SINK, MISSED, DIGEST = "run:", "heartbeat:", "sink:", "missed:", "digest:"
"""What topics begin with that are about this program itself; any other topic is a check, by its name."""


class Event(StrEnum):
    """What has happened to a topic, each in a word."""

    FIRED = "fired"
    WORSE = "worse"
    BETTER = "better"
    FLAPPING = "flapping"
    SETTLED = "settled"
    REMINDER = "reminder"
    RESOLVED = "resolved"
    MISSED = "missed"
    DIGEST = "digest"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Observation:
    """A topic as it stands at an instant. `apart_from` is a sink that is not told of it: the very one it is about."""

    topic: str
    outcome: Outcome
    because: str
    severity: Severity
    owner: str | None
    at: datetime
    apart_from: str | None = None


class Firing(Record):
    """What stands since an instant, whose and how severe it was then: the same until its end, by which it is known."""

    since: Instant
    owner: str | None
    severity: Severity


class Notice(Record):
    """One thing to tell, to some sinks. `at` is when it was seen, which is before it is told where it was `held`.

    `outcome` is how it stands then and `was` what was told before, or while it flaps the worst it showed. `unrouted` is
    an owner who has no route. A notice of no lasting thing (missed slots, a digest) is of no `firing`.
    """

    key: str
    topic: str
    event: Event
    outcome: Outcome
    because: str
    at: Instant
    sinks: tuple[str, ...]
    was: Outcome | None = None
    firing: Firing | None = None
    owner: str | None = None
    unrouted: bool = False
    held: bool = False
    lines: tuple[str, ...] = ()


class TopicState(Record):
    """What is remembered of a topic: how it stood last, how often that changed of late, and what people were told.

    `firing` is there from when people were told that it does not pass until they were told that it does. `told` is then
    what they were told, or while it flaps the worst of it, `told_at` when, and `sinks` who. `held` are notices that
    wait for the end of quiet hours.
    """

    outcome: Outcome
    because: str
    since: Instant
    severity: Severity
    owner: str | None = None
    apart_from: str | None = None
    changes: tuple[Instant, ...] = ()
    flapping: bool = False
    firing: Firing | None = None
    told: Outcome | None = None
    told_at: Instant | None = None
    sinks: tuple[str, ...] = ()
    held: tuple[Notice, ...] = ()


class Mark(Record):
    """Up to where things that come one by one were told: the newest missed slot, the last digest that was due."""

    at: Instant


State = TopicState | Mark


def state_from(topic: str, text: str) -> State:
    """Reads back what is remembered of a topic; raises pydantic's `ValidationError` for what nobody here wrote."""
    model = Mark if topic.startswith((MISSED, DIGEST)) else TopicState
    return model.model_validate_json(text)
