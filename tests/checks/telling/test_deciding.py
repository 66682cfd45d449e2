"""Whether people are told: on a change and not on every look, damped, in time, and of every change to worse."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.notifications import Notifications
from checks.outcome import Outcome, Severity
from checks.telling.deciding import step, told_outcome
from checks.telling.topics import Event, Notice, Observation, TopicState
from tests.checks.telling.making import NOON, section, seen

HOUR = timedelta(hours=1)
PASS, WARN, STALE, FAIL, ERROR, WAIVED = (
    Outcome.PASS,
    Outcome.WARN,
    Outcome.STALE,
    Outcome.FAIL,
    Outcome.ERROR,
    Outcome.WAIVED,
)
QUIET = {"sinks": ["chat"], "quiet": {"since": "22:00", "until": "07:00", "zone": "Europe/Berlin"}}


def told(outcomes: Sequence[Outcome], every: timedelta = HOUR, **more: object) -> list[tuple[Event, Outcome]]:
    """What people are told of outcomes that follow each other, and how it stood then."""
    found: list[tuple[Event, Outcome]] = []
    state = None
    for number, outcome in enumerate(outcomes):
        state, notices = step(state, seen(outcome, NOON + number * every), section(**more))
        found += [(notice.event, notice.outcome) for notice in notices]
    return found


def test_what_passes_from_the_first_is_not_told():
    assert told([PASS, PASS, WAIVED, Outcome.NOT_APPLICABLE, PASS]) == []


def test_a_failure_is_told_once_and_its_end_once():
    assert told([PASS, FAIL, FAIL, FAIL, PASS, PASS]) == [(Event.FIRED, FAIL), (Event.RESOLVED, PASS)]


def test_what_does_not_pass_from_the_first_is_told():
    assert told([Outcome.MISSING]) == [(Event.FIRED, Outcome.MISSING)]


def test_every_change_among_outcomes_that_do_not_pass_is_told():
    assert told([WARN, FAIL, FAIL, STALE]) == [(Event.FIRED, WARN), (Event.WORSE, FAIL), (Event.BETTER, STALE)]


def test_a_waiver_ends_it():
    assert told([FAIL, WAIVED]) == [(Event.FIRED, FAIL), (Event.RESOLVED, WAIVED)]


def test_what_still_stands_is_told_again_after_a_set_time():
    assert told([FAIL] * 10, remind_after="4h") == [(Event.FIRED, FAIL), (Event.REMINDER, FAIL), (Event.REMINDER, FAIL)]


def test_a_check_that_flaps_is_told_once_as_flapping_and_once_when_it_is_calm():
    flapping = [FAIL, PASS, FAIL, PASS, FAIL, PASS, FAIL, FAIL, FAIL, FAIL]
    assert told(flapping, timedelta(minutes=30)) == [
        (Event.FIRED, FAIL),
        (Event.RESOLVED, PASS),
        (Event.FIRED, FAIL),
        (Event.RESOLVED, PASS),
        (Event.FLAPPING, FAIL),
    ]
    calm = [*flapping, FAIL, PASS]
    assert told(calm, timedelta(minutes=30))[4:] == [
        (Event.FLAPPING, FAIL),
        (Event.SETTLED, FAIL),
        (Event.RESOLVED, PASS),
    ]


def test_a_check_that_flaps_and_then_fails_worse_than_it_ever_did_is_told_at_once():
    found = told([WARN, PASS, WARN, PASS, WARN, PASS, FAIL], timedelta(minutes=30))
    assert found[-2:] == [(Event.FLAPPING, WARN), (Event.WORSE, FAIL)]


def test_a_check_that_ends_flapping_well_is_resolved():
    found = told([WARN, PASS, WARN, PASS, WARN, *[PASS] * 6], timedelta(minutes=30))
    assert found[-2:] == [(Event.FLAPPING, WARN), (Event.RESOLVED, PASS)]


def test_changes_far_apart_are_no_flapping():
    assert Event.FLAPPING not in [event for event, _ in told([FAIL, PASS] * 10, timedelta(hours=3))]


def night(severity: Severity = Severity.MAJOR, **quiet: str) -> list[tuple[int, Event, Outcome]]:
    """What is told of a failure at 23:00 in Berlin that ends at 02:00 and begins again at 05:00; by the hour in UTC."""
    route = {"sinks": ["chat"], "quiet": {**QUIET["quiet"], **quiet}}  # type: ignore[dict-item]
    state, found = None, []
    for hour in range(20, 34):  # UTC; Berlin is an hour ahead
        outcome = FAIL if 22 <= hour < 25 or hour >= 28 else PASS
        at = NOON.replace(hour=0) + hour * HOUR
        state, notices = step(state, seen(outcome, at, severity=severity), section(default=route))
        found += [(hour, notice.event, notice.outcome) for notice in notices]
    return found


def test_what_happens_in_quiet_hours_is_told_after_them_and_nothing_is_lost():
    assert night() == [(30, Event.FIRED, FAIL), (30, Event.RESOLVED, PASS), (30, Event.FIRED, FAIL)]


def test_what_is_critical_passes_quiet_hours_unless_it_is_to_be_held():
    assert [hour for hour, _, _ in night(Severity.CRITICAL)] == [22, 25, 28]
    assert [hour for hour, _, _ in night(Severity.CRITICAL, critical="held")] == [30, 30, 30]


def test_quiet_hours_go_by_the_clock_on_the_wall_of_their_zone():
    assert [hour for hour, _, _ in night(zone="America/New_York")] == [22, 25]  # 28 is 23:00 there


def test_an_owner_is_told_by_their_own_route_and_one_without_a_route_is_named():
    notifications = section(routes={"Desk Ops": {"sinks": ["alerts"]}})
    _, (theirs,) = step(None, seen(FAIL, owner="Desk Ops"), notifications)
    _, (nobodys,) = step(None, seen(FAIL, owner="Data"), notifications)
    assert (theirs.sinks, theirs.unrouted) == (("alerts",), False)
    assert (nobodys.sinks, nobodys.unrouted) == (("chat",), True)


def test_the_end_goes_to_those_who_were_told_though_the_route_is_another_by_now():
    state, _ = step(None, seen(FAIL, owner="Desk Ops"), section(routes={"Desk Ops": {"sinks": ["alerts"]}}))
    _, (end,) = step(state, seen(PASS, NOON + HOUR, owner="Desk Ops"), section())
    assert end.sinks == ("alerts",)


def test_a_sink_that_takes_nothing_is_not_told_of_itself():
    about = Observation("sink:chat", ERROR, "it gave no answer", Severity.MAJOR, None, NOON, apart_from="chat")
    _, (notice,) = step(None, about, section(default={"sinks": ["chat", "alerts"]}))
    assert notice.sinks == ("alerts",)


def test_what_a_slow_run_saw_before_something_newer_counts_for_nothing():
    state, _ = step(None, seen(FAIL, NOON + HOUR), section())
    assert step(state, seen(PASS, NOON), section()) == (state, ())


def test_what_is_remembered_is_read_back_as_it_was():
    state = None
    for number, outcome in enumerate([FAIL, PASS, FAIL, PASS, FAIL]):
        state, _ = step(state, seen(outcome, NOON + 10 * HOUR + number * HOUR), section(default=QUIET))
    assert state is not None
    assert state.held
    assert TopicState.model_validate_json(state.model_dump_json(exclude_defaults=True)) == state


# -- properties: looks at uneven times, any outcomes, with and without quiet hours ---------------------------------

Look = tuple[datetime, Outcome]
OUTCOMES = (PASS, WAIVED, WARN, STALE, ERROR, FAIL)


@st.composite
def histories(draw: st.DrawFn) -> list[Look]:
    """Looks from minutes to hours apart, and then days in which nothing changes any more."""
    steps = st.tuples(st.integers(1, 240), st.sampled_from(OUTCOMES))
    at, found = NOON, []
    for minutes, outcome in draw(st.lists(steps, min_size=1, max_size=40)):
        at += timedelta(minutes=minutes)
        found.append((at, outcome))
    last = found[-1][1]
    return found + [(at + number * HOUR, last) for number in range(1, 80)]


sections = st.sampled_from(
    [section(remind_after="12h"), section(default=QUIET), section(default=QUIET, remind_after="3h")]
)


class Course:
    """A history as it was told: after each look the state, and the notices that people got then."""

    def __init__(self, history: list[Look], notifications: Notifications) -> None:
        self.history = history
        self.notifications = notifications
        self.states: list[TopicState] = []
        self.told: list[tuple[datetime, Notice]] = []
        state: TopicState | None = None
        for at, outcome in history:
            state, notices = step(state, seen(outcome, at), notifications)
            self.states.append(state)
            self.told += [(at, notice) for notice in notices]

    def outcomes(self, since: datetime, until: datetime) -> set[Outcome]:
        return {outcome for at, outcome in self.history if since <= at <= until}


@given(histories(), sections)
def test_of_an_outcome_that_stands_nobody_is_told_twice_within_the_reminder_time(
    history: list[Look], notifications: Notifications
):
    course = Course(history, notifications)
    for (earlier, first), (later, second) in zip(course.told, course.told[1:], strict=False):
        calmed = second.event in (Event.SETTLED, Event.RESOLVED)
        if len(course.outcomes(first.at, later)) == 1 and not calmed:
            assert later - earlier >= notifications.remind_after


@given(histories(), sections)
def test_every_change_to_worse_is_told_in_the_end(history: list[Look], notifications: Notifications):
    course = Course(history, notifications)
    assert course.states[-1].held == ()
    worst_before = -1
    for (at, outcome), state in zip(history, course.states, strict=True):
        if not outcome.passes and outcome.badness > worst_before:
            itself = any(
                notice.at == at and told_outcome(notice).badness >= outcome.badness for _, notice in course.told
            )
            as_flapping = state.flapping and state.told is not None and state.told.badness >= outcome.badness
            assert itself or as_flapping
        worst_before = -1 if outcome.passes else outcome.badness


@given(histories(), sections)
def test_an_end_is_told_only_to_those_who_were_told_of_a_beginning(history: list[Look], notifications: Notifications):
    open_at: set[str] = set()
    for _, notice in Course(history, notifications).told:
        if notice.event is Event.RESOLVED:
            assert set(notice.sinks) <= open_at
            open_at -= set(notice.sinks)
        else:
            open_at |= set(notice.sinks)


@given(histories(), sections)
def test_in_the_end_people_know_how_it_stands(history: list[Look], notifications: Notifications):
    final = Course(history, notifications).states[-1]
    assert final.flapping is False
    assert (final.firing is None) == history[-1][1].passes
    assert final.told is (None if history[-1][1].passes else history[-1][1])


@given(histories(), sections)
def test_flapping_is_told_once_until_it_is_calm(history: list[Look], notifications: Notifications):
    flapping = False
    for _, notice in Course(history, notifications).told:
        if notice.event is Event.FLAPPING:
            assert not flapping
            flapping = True
        elif notice.event in (Event.SETTLED, Event.RESOLVED):
            flapping = False


@given(histories(), st.sampled_from([section(default=QUIET), section(default=QUIET, remind_after="3h")]))
def test_in_quiet_hours_nobody_is_told(history: list[Look], notifications: Notifications):
    quiet = notifications.default.quiet
    assert quiet is not None
    assert not [notice for at, notice in Course(history, notifications).told if quiet.holds(at)]


@pytest.mark.parametrize("event", [Event.FIRED, Event.RESOLVED])
def test_what_is_told_twice_has_the_same_key(event: Event):
    def keys() -> list[str]:
        state, first = step(None, seen(FAIL), section())
        _, second = step(state, seen(PASS, NOON + HOUR), section())
        return [notice.key for notice in (*first, *second) if notice.event is event]

    assert keys() == keys()
