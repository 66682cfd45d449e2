"""Decides what a run tells: every topic by itself, what was missed, the digests, and one message for each sink."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from checks.notifications import Notifications
from checks.outcome import Outcome, Severity, worst
from checks.records import Record
from checks.slots import Cadence, Slot
from checks.telling.deciding import in_quiet, key_of, step
from checks.telling.topics import DIGEST, MISSED, Event, Mark, Notice, Observation, State, TopicState

MOST_LINES = 20
"""Things that a digest names, the worst first; the tracker has them all."""


class Message(Record):
    """What one sink is told at once; `key` is the same whenever it is told again."""

    key: str
    sink: str
    notices: tuple[Notice, ...]

    @property
    def is_test(self) -> bool:
        """Whether somebody only tries out the sink."""
        return all(notice.event is Event.TEST for notice in self.notices)


@dataclass(frozen=True, slots=True)
class Round:
    """What a run knows: how topics stand at an instant, which there are, and the slots that were missed of late.

    `existing` are topics that may be told of; one that no longer exists is resolved. `standing` is where every check
    stands, for digests.
    """

    at: datetime
    observations: Sequence[Observation]
    existing: frozenset[str]
    missed: Mapping[Cadence, Sequence[Slot]] = field(default_factory=dict)
    standing: Sequence[Observation] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What is remembered from an instant on (of topics where that has changed), and what is told."""

    at: datetime
    states: Mapping[str, State]
    messages: tuple[Message, ...]


def decide(states: Mapping[str, State], known: Round, notifications: Notifications) -> Decision:
    """What a run tells. A function of its arguments: nothing is told, stored or asked here."""
    found: dict[str, State] = {}
    notices: list[Notice] = []
    for topic, (state, told) in _stepped(states, known, notifications):
        found[topic] = state
        notices += told
    for topic, mark, news in (*_missed(states, known, notifications), *_digests(states, known, notifications)):
        found[topic] = mark
        notices += news
    changed = {topic: state for topic, state in found.items() if state != states.get(topic)}
    return Decision(known.at, changed, tuple(_messages(notices, notifications)))


def _stepped(
    states: Mapping[str, State], known: Round, notifications: Notifications
) -> Iterator[tuple[str, tuple[TopicState, tuple[Notice, ...]]]]:
    """Every topic's step; one that nobody looked at in this run stands as it stood, so that what is held is let go."""
    seen = {one.topic: one for one in known.observations}
    for topic in dict.fromkeys((*seen, *states)):
        before = states.get(topic)
        if isinstance(before, Mark):
            continue
        if topic in seen:
            yield topic, step(before, seen[topic], notifications)
        elif before is not None:
            yield topic, step(before, _as_before(topic, before, known), notifications)


def _as_before(topic: str, before: TopicState, known: Round) -> Observation:
    outcome, because = before.outcome, before.because
    if topic not in known.existing:
        outcome, because = Outcome.NOT_APPLICABLE, "no longer in the catalogue"
    return Observation(topic, outcome, because, before.severity, before.owner, known.at, before.apart_from)


def _missed(
    states: Mapping[str, State], known: Round, notifications: Notifications
) -> Iterator[tuple[str, Mark, tuple[Notice, ...]]]:
    """Slots that nobody filled, told once; in quiet hours they wait."""
    route = notifications.default
    if in_quiet(route.quiet, known.at, Severity.MAJOR):
        return
    for cadence, slots in known.missed.items():
        topic = f"{MISSED}{cadence}"
        mark = states.get(topic)
        news = sorted(slot for slot in slots if not isinstance(mark, Mark) or slot.at > mark.at)
        if not news:
            continue
        labels = news[0].label if len(news) == 1 else f"{news[0].label} to {news[-1].label}"
        many = "1 slot was" if len(news) == 1 else f"{len(news)} slots were"
        because = f"{many} never collected, and sealed as missed: {labels}"
        notice = Notice(
            key=key_of(topic, news[-1].label),
            topic=topic,
            event=Event.MISSED,
            outcome=Outcome.MISSING,
            because=because,
            at=known.at,
            sinks=route.sinks,
        )
        yield topic, Mark(at=news[-1].at), (notice,)


def _digests(
    states: Mapping[str, State], known: Round, notifications: Notifications
) -> Iterator[tuple[str, Mark, tuple[Notice, ...]]]:
    """The digests that are due, each once; the first is due after the first run that knew of it."""
    for name, route in notifications.all_routes.items():
        if route.digest is None or (route.quiet is not None and route.quiet.holds(known.at)):
            continue
        topic, due = f"{DIGEST}{name}", route.digest.last_due(known.at)
        mark = states.get(topic)
        if not isinstance(mark, Mark):
            yield topic, Mark(at=due), ()
        elif due > mark.at:
            mine = [one for one in known.standing if _is_of(name, one, notifications)]
            notice = Notice(
                key=key_of(topic, due),
                topic=topic,
                event=Event.DIGEST,
                outcome=worst(one.outcome for one in mine),
                because=_tally(mine),
                at=known.at,
                sinks=notifications.for_messages(route),
                lines=tuple(_worst_first(mine)),
            )
            yield topic, Mark(at=due), (notice,)


def _is_of(route: str, seen: Observation, notifications: Notifications) -> bool:
    return (seen.owner if seen.owner in notifications.routes else "") == route


def _tally(standing: Sequence[Observation]) -> str:
    counted = Counter(one.outcome for one in standing)
    words = ", ".join(f"{counted[outcome]} {outcome}" for outcome in reversed(Outcome) if counted[outcome])
    return f"{len(standing)} checks: {words or 'none'}"


def _worst_first(standing: Iterable[Observation]) -> Iterator[str]:
    bad = sorted((one for one in standing if not one.outcome.passes), key=lambda one: (-one.outcome.badness, one.topic))
    yield from (f"{one.outcome} {one.topic}: {one.because}" for one in bad[:MOST_LINES])
    if len(bad) > MOST_LINES:
        yield f"and {len(bad) - MOST_LINES} more, none of them worse"


def _messages(notices: Sequence[Notice], notifications: Notifications) -> Iterator[Message]:
    """What each sink is told of all that; a sink that the catalogue no longer has is told nothing."""
    for sink in notifications.sinks:
        mine = tuple(notice for notice in notices if sink in notice.sinks)
        if mine:
            yield message_to(sink, mine)


def message_to(sink: str, notices: tuple[Notice, ...]) -> Message:
    """A message of some notices to a sink."""
    return Message(key=key_of(sink, *(notice.key for notice in notices)), sink=sink, notices=notices)
