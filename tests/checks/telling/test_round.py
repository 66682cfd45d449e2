"""What a run tells: messages by sink, missed slots, digests, and topics that are no more."""

from datetime import UTC, datetime, timedelta

from checks.notifications import Digest, Notifications, Quiet
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from checks.telling.round import Decision, Round, decide
from checks.telling.topics import Event, Observation, State
from tests.checks.telling.making import NOON, section, seen

HOUR = timedelta(hours=1)
MISSED = {Cadence.HOURLY: [Slot(NOON - 3 * HOUR, Cadence.HOURLY), Slot(NOON - 2 * HOUR, Cadence.HOURLY)]}


def around(
    *observations: Observation,
    at: datetime = NOON,
    existing: tuple[str, ...] = ("api", "db"),
    missed: dict[Cadence, list[Slot]] | None = None,
    standing: tuple[Observation, ...] = (),
) -> Round:
    return Round(at, observations, frozenset(existing), missed or {}, standing)


class Runs:
    """Runs one after the other, each remembering what the one before left."""

    def __init__(self, notifications: Notifications) -> None:
        self.notifications = notifications
        self.states: dict[str, State] = {}

    def run(self, known: Round) -> Decision:
        decision = decide(self.states, known, self.notifications)
        self.states |= decision.states
        return decision

    def told(self, known: Round) -> list[tuple[str, list[tuple[str, Event]]]]:
        messages = self.run(known).messages
        return [(one.sink, [(notice.topic, notice.event) for notice in one.notices]) for one in messages]


def test_a_sink_is_told_everything_of_a_run_in_one_message():
    runs = Runs(section(routes={"Data": {"sinks": ["chat", "alerts"]}}))
    known = around(seen(Outcome.FAIL), seen(Outcome.STALE, topic="db", owner="Data"))
    assert runs.told(known) == [
        ("chat", [("api", Event.FIRED), ("db", Event.FIRED)]),
        ("alerts", [("db", Event.FIRED)]),
    ]
    assert runs.told(known) == []


def test_only_what_has_changed_is_remembered_again():
    runs = Runs(section())
    runs.run(around(seen(Outcome.FAIL), seen(Outcome.PASS, topic="db")))
    later = around(seen(Outcome.FAIL, NOON + HOUR), seen(Outcome.WARN, NOON + HOUR, topic="db"), at=NOON + HOUR)
    assert set(runs.run(later).states) == {"db"}


def test_a_check_that_is_no_longer_in_the_catalogue_is_resolved_once():
    runs = Runs(section())
    runs.run(around(seen(Outcome.FAIL)))
    (message,) = runs.run(around(at=NOON + HOUR, existing=("db",))).messages
    assert (message.notices[0].event, message.notices[0].because) == (Event.RESOLVED, "no longer in the catalogue")
    assert runs.run(around(at=NOON + 2 * HOUR, existing=("db",))) == Decision(NOON + 2 * HOUR, {}, ())


def test_what_nobody_looked_at_in_this_run_stands_as_it_stood_and_is_reminded_of():
    runs = Runs(section(remind_after="4h"))
    runs.run(around(seen(Outcome.FAIL)))
    assert runs.told(around(at=NOON + 3 * HOUR)) == []
    assert runs.told(around(at=NOON + 4 * HOUR)) == [("chat", [("api", Event.REMINDER)])]


def test_what_was_held_is_told_by_the_next_run_whatever_that_looks_at():
    quiet = {"sinks": ["chat"], "quiet": {"since": "11:00", "until": "13:00"}}
    runs = Runs(section(default=quiet))
    assert runs.told(around(seen(Outcome.FAIL))) == []
    assert runs.told(around(at=NOON + HOUR)) == [("chat", [("api", Event.FIRED)])]


def test_missed_slots_are_told_once():
    runs = Runs(section())
    (message,) = runs.run(around(missed=MISSED)).messages
    assert message.notices[0].because == (
        "2 slots were never collected, and sealed as missed: 2026-11-22T0900Z.hourly to 2026-11-22T1000Z.hourly"
    )
    assert runs.told(around(missed=MISSED)) == []
    more = {Cadence.HOURLY: [*MISSED[Cadence.HOURLY], Slot(NOON - HOUR, Cadence.HOURLY)]}
    (message,) = runs.run(around(missed=more)).messages
    assert message.notices[0].because.startswith("1 slot was never collected")


def test_slots_that_were_missed_in_quiet_hours_are_told_after_them():
    runs = Runs(section(default={"sinks": ["chat"], "quiet": {"since": "11:00", "until": "13:00"}}))
    assert runs.told(around(missed=MISSED)) == []
    assert runs.told(around(missed=MISSED, at=NOON + HOUR)) == [("chat", [("missed:hourly", Event.MISSED)])]


DIGESTING = {"sinks": ["chat", "alerts"], "digest": {"every": "daily", "at": "13:00"}}


def test_a_digest_comes_once_a_day_after_its_time_and_only_where_messages_are_read():
    runs = Runs(section(default=DIGESTING))
    standing = (seen(Outcome.PASS), seen(Outcome.FAIL, topic="db", because="2 rows differ"))
    assert runs.told(around(standing=standing)) == []
    (message,) = runs.run(around(standing=standing, at=NOON + HOUR)).messages
    assert message.sink == "chat"
    assert message.notices[0].because == "2 checks: 1 FAIL, 1 PASS"
    assert message.notices[0].lines == ("FAIL db: 2 rows differ",)
    assert runs.told(around(standing=standing, at=NOON + 2 * HOUR)) == []
    assert len(runs.told(around(standing=standing, at=NOON + 30 * HOUR))) == 1


def test_a_digest_of_many_failures_names_some_and_counts_the_rest():
    runs = Runs(section(default=DIGESTING))
    standing = tuple(seen(Outcome.FAIL, topic=f"check-{number}") for number in range(50))
    runs.run(around(standing=standing))
    (message,) = runs.run(around(standing=standing, at=NOON + HOUR)).messages
    assert len(message.notices[0].lines) == 21
    assert message.notices[0].lines[-1] == "and 30 more, none of them worse"


def test_an_owners_digest_is_of_the_owners_checks():
    runs = Runs(section(routes={"Data": DIGESTING}))
    standing = (seen(Outcome.FAIL), seen(Outcome.PASS, topic="db", owner="Data"))
    runs.run(around(standing=standing))
    (message,) = runs.run(around(standing=standing, at=NOON + HOUR)).messages
    assert message.notices[0].because == "1 checks: 1 PASS"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_digest_is_due_by_the_clock_on_the_wall_also_where_that_is_changed():
    digest = Digest.model_validate({"at": "02:30", "zone": "Europe/Berlin"})
    assert digest.last_due(at("2026-10-25T12:00+01:00")) == at("2026-10-25T02:30+02:00")  # shown twice: the first
    assert digest.last_due(at("2026-03-29T12:00+02:00")) == at("2026-03-29T03:30+02:00")  # never shown: an hour later
    weekly = Digest.model_validate({"every": "weekly", "on": "friday", "at": "08:00", "zone": "Asia/Tokyo"})
    assert weekly.last_due(at("2026-11-27T07:59+09:00")) == at("2026-11-20T08:00+09:00")
    assert weekly.last_due(at("2026-11-27T08:00+09:00")) == at("2026-11-27T08:00+09:00")


def test_quiet_hours_may_lie_within_a_day_or_span_midnight():
    lunch = Quiet.model_validate({"since": "12:00", "until": "13:00"})
    assert [lunch.holds(NOON + minutes * HOUR / 60) for minutes in (-1, 0, 59, 60)] == [False, True, True, False]
    night = Quiet.model_validate({"since": "22:00", "until": "07:00"})
    assert [night.holds(NOON.replace(hour=hour)) for hour in (21, 22, 23, 0, 6, 7)] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
