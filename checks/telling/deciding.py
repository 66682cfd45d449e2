"""Decides about one topic whether people are told, from how it stands, how it stood and what they were told before."""

from datetime import datetime
from hashlib import sha256

from checks.notifications import Flapping, Notifications, Quiet
from checks.outcome import Outcome, Severity, worst
from checks.telling.topics import Event, Firing, Notice, Observation, TopicState

Step = tuple[TopicState, tuple[Notice, ...]]


def step(before: TopicState | None, seen: Observation, notifications: Notifications) -> Step:
    """What is remembered from now on, and what people are told now, the oldest first.

    They are told when the outcome changes, when it has stood for long, and once when it begins to flap and once when it
    is calm again. What happens in quiet hours is told after them, all of it. What was seen before something that is
    known already (by a run that took long) counts for nothing.
    """
    if before is not None and seen.at < before.since:
        return before, ()
    state = _seen(before, seen, notifications.flapping)
    route = notifications.route_of(seen.owner)
    quiet = in_quiet(route.quiet, seen.at, seen.severity)
    event = _event(state, seen.at, notifications.flapping)
    if event is None and not quiet and _stood_for_long(state, seen.at, notifications):
        event = Event.REMINDER
    notices: tuple[Notice, ...] = ()
    if event is not None:
        unrouted = seen.owner is not None and seen.owner not in notifications.routes
        sinks = tuple(sink for sink in route.sinks if sink != seen.apart_from)
        notice, state = _told(state, event, seen, sinks)
        notices = (notice.model_copy(update={"unrouted": unrouted}),)
    return _held(state, notices) if quiet else _released(state, notices, seen.at)


def in_quiet(quiet: Quiet | None, at: datetime, severity: Severity) -> bool:
    """Whether something of a severity is held at an instant."""
    if quiet is None or (severity is Severity.CRITICAL and quiet.critical == "passes"):
        return False
    return quiet.holds(at)


def key_of(*parts: object) -> str:
    """A key that is the same for the same thing, so that whoever is told twice can tell."""
    return sha256("\x1f".join(map(str, parts)).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _seen(before: TopicState | None, seen: Observation, flapping: Flapping) -> TopicState:
    """The state with how the topic stands now; a change between two outcomes that both pass is none."""
    if before is None:
        return TopicState(
            outcome=seen.outcome,
            because=seen.because,
            since=seen.at,
            severity=seen.severity,
            owner=seen.owner,
            apart_from=seen.apart_from,
        )
    whose = {"severity": seen.severity, "owner": seen.owner, "apart_from": seen.apart_from}
    if seen.outcome is before.outcome:
        return before.model_copy(update=whose)
    counts = not (seen.outcome.passes and before.outcome.passes)
    changes = (*before.changes, seen.at)[-flapping.changes :] if counts else before.changes
    stands = {"outcome": seen.outcome, "because": seen.because, "since": seen.at, "changes": changes}
    return before.model_copy(update=whose | stands)


def _event(state: TopicState, at: datetime, flapping: Flapping) -> Event | None:
    """What of the present standing people do not know yet."""
    outcome, standing = state.outcome, state.firing is not None
    if state.flapping:
        if at - state.changes[-1] >= flapping.calm:
            return Event.RESOLVED if outcome.passes else Event.SETTLED
        return Event.WORSE if state.told is None or outcome.badness > state.told.badness else None
    if len(state.changes) >= flapping.changes and at - state.changes[-flapping.changes] <= flapping.within:
        return Event.FLAPPING
    if outcome.passes:
        return Event.RESOLVED if standing else None
    if not standing or state.told is None:
        return Event.FIRED
    if outcome is state.told:
        return None
    return Event.WORSE if outcome.badness > state.told.badness else Event.BETTER


def _stood_for_long(state: TopicState, at: datetime, notifications: Notifications) -> bool:
    """Whether it is time to say again what still stands; while something is held, what was held comes first."""
    if state.firing is None or state.told_at is None or state.held:
        return False
    return at - state.told_at >= notifications.remind_after


def _told(state: TopicState, event: Event, seen: Observation, sinks: tuple[str, ...]) -> tuple[Notice, TopicState]:
    """The notice of an event, and the state once people are told."""
    before = state.told or state.outcome
    firing = state.firing or Firing(since=state.since, owner=seen.owner, severity=seen.severity)
    notice = Notice(
        key=key_of(seen.topic, event, state.outcome, seen.at),
        topic=seen.topic,
        event=event,
        outcome=state.outcome,
        because=seen.because,
        at=seen.at,
        sinks=state.sinks if event is Event.RESOLVED else tuple(dict.fromkeys((*state.sinks, *sinks))),
        was=worst([before, state.outcome]) if event is Event.FLAPPING else before,
        firing=firing,
        owner=seen.owner,
    )
    if event is Event.RESOLVED:
        ended = {"firing": None, "told": None, "told_at": None, "sinks": (), "flapping": False}
        return notice, state.model_copy(update=ended | ({"changes": ()} if state.flapping else {}))
    told: dict[str, object] = {"firing": firing, "told_at": seen.at, "sinks": notice.sinks}
    match event:
        case Event.FLAPPING:
            told |= {"flapping": True, "told": notice.was}
        case Event.SETTLED:
            told |= {"flapping": False, "told": state.outcome, "changes": ()}
        case Event.REMINDER:
            pass
        case _:
            told["told"] = state.outcome
    return notice, state.model_copy(update=told)


def _held(state: TopicState, notices: tuple[Notice, ...]) -> Step:
    """In quiet hours: nothing is told, and what would have been waits."""
    waiting = tuple(notice.model_copy(update={"held": True}) for notice in notices)
    return state.model_copy(update={"held": (*state.held, *waiting)}), ()


def _released(state: TopicState, notices: tuple[Notice, ...], at: datetime) -> Step:
    """Out of quiet hours: what waited comes first. Who hears of it only now is reminded that much later."""
    if not state.held:
        return state, notices
    told_at = at if state.firing is not None else None
    return state.model_copy(update={"held": (), "told_at": told_at}), (*state.held, *notices)


def told_outcome(notice: Notice) -> Outcome:
    """The worst that a notice says: of one that flaps, the worst it showed."""
    return worst([notice.outcome, notice.was]) if notice.event is Event.FLAPPING and notice.was else notice.outcome
