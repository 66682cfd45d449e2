"""The deploy ledger: what counts as announced downtime, and what each mistake in it is called."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.deploys import DeployWindow, Ended, Ledger, Planned, Started, ledger_line
from checks.epoch import milliseconds_of
from checks.exclusions import Earlier, ExclusionRules, exclusions
from checks.intervals import Intervals

TWO = datetime(2026, 11, 22, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NOW = milliseconds_of(TWO + 60 * MINUTE)
SINCE = milliseconds_of(TWO - 60 * MINUTE)
RULES = ExclusionRules()


def at(minutes: float) -> int:
    """Milliseconds at so many minutes past two."""
    return milliseconds_of(TWO + minutes * MINUTE)


def deploy(name: str, start: float, end: float | None, **fields: object) -> DeployWindow:
    asked = {"id": name, "kind": "deploy", "start": at(start), "by": "ci", "reason": "v2", **fields}
    return DeployWindow.model_validate({**asked, "end": None if end is None else at(end)})


def counted(*windows: DeployWindow, rules: ExclusionRules = RULES, read: Earlier | None = None) -> tuple:
    found = exclusions(windows, rules, since=SINCE, until=NOW, read=read)
    return [((a - at(0)) / 60_000, (b - at(0)) / 60_000) for a, b in found.counted.parts], found


def started(name: str, minutes: float = 0, **fields: object) -> Started:
    return Started.model_validate({"id": name, "at": TWO + minutes * MINUTE, "by": "ci", "reason": "v2", **fields})


def ended(name: str, minutes: float) -> Ended:
    return Ended(id=name, at=TWO + minutes * MINUTE, by="ci")


def test_what_a_pipeline_appends_by_itself_is_read():
    lines = [
        '{"event": "start", "id": "d-1", "at": "2026-11-22T14:00:00Z", "by": "ci", "reason": "v0.2.0"}',
        "",
        '{"event": "end", "id": "d-1", "at": "2026-11-22T15:03:20+01:00", "by": "ci"}',
    ]
    found = Ledger.parse("\n".join(lines).encode() + b"\n")
    assert found.problems == ()
    assert [(one.id, one.start, one.end) for one in found.windows] == [("d-1", at(0), at(3) + 20_000)]


def test_entries_come_back_as_they_were_written():
    planned = Planned.model_validate(
        {"id": "m", "from": TWO, "until": TWO + MINUTE, "by": "ops", "approved_by": "desk", "reason": "disk"}
    )
    data = b"".join(map(ledger_line, (started("d", version="v2"), planned, ended("d", 3))))
    found = Ledger.parse(data)
    assert found.problems == ()
    assert [(one.id, one.kind, one.version, one.end) for one in found.windows] == [
        ("d", "deploy", "v2", at(3)),
        ("m", "maintenance", None, at(1)),
    ]
    assert found.windows[1].offset == len(ledger_line(started("d", version="v2")))


def test_a_last_line_that_is_still_being_written_does_not_count_yet():
    whole = ledger_line(started("d"))
    found = Ledger.parse(whole + ledger_line(ended("d", 3))[:-5])
    assert (found.size, found.problems, found.windows[0].end) == (len(whole), (), None)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"deploying now", "it is no JSON"),
        (b"\xff\xfe", "it is no JSON"),
        (b"[]", "the entry"),
        (b'{"event": "begin"}', "the entry"),
        (ledger_line(started("d")).replace(b":00Z", b":00"), "at"),
        (ledger_line(started("d")).replace(b'"by":"ci"', b'"by":" "'), "by"),
        (ledger_line(started("d")).replace(b"start", b'start","extra":"').replace(b'","id"', b'","id"'), "extra"),
        (ledger_line(ended("d", 1)), "d ends and never began"),
        (ledger_line(started("m", kind="maintenance")), "m is maintenance, which somebody else than ci has to approve"),
        (ledger_line(started("m", kind="maintenance", approved_by="ci")), "somebody else than ci has to approve"),
    ],
)
def test_a_line_that_says_nothing_is_named_and_the_others_count(line: bytes, said: str):
    good = ledger_line(started("good")) + ledger_line(ended("good", 2))
    found = Ledger.parse(line.rstrip(b"\n") + b"\n" + good)
    assert [one.id for one in found.windows] == ["good"]
    (problem,) = found.problems
    assert problem.startswith("line 1: ")
    assert said in problem


def test_an_id_is_used_once_and_nothing_ends_twice_or_before_it_begins():
    data = b"".join(map(ledger_line, (started("d", 1), started("d", 2), ended("d", 0), ended("d", 3), ended("d", 4))))
    found = Ledger.parse(data)
    assert [problem.partition(": ")[2] for problem in found.problems] == [
        "d began before, and an id is used once",
        "d ends before it begins",
        "d ended before",
    ]
    assert found.windows[0].end == at(3)


def test_windows_count_half_open_within_the_time_that_is_asked_about():
    parts, found = counted(deploy("a", -70, -50), deploy("b", 10, 12))
    assert parts == [(-60, -50), (10, 12)]
    assert not any((found.over_cap, found.overlapping, found.ahead, found.unclosed, found.backdated))


def test_windows_that_overlap_count_once_and_are_named():
    parts, found = counted(deploy("a", 10, 20), deploy("b", 15, 25), deploy("c", 25, 30))
    assert parts == [(10, 30)]
    assert found.overlapping == ("a and b",)


def test_a_deploy_in_the_future_is_named_and_maintenance_to_come_is_not():
    planned = deploy("m", 90, 120, kind="maintenance", approved_by="desk")
    parts, found = counted(deploy("d", 62, 63), planned)
    assert parts == []
    assert found.ahead == ("d",)


def test_a_deploy_that_runs_counts_and_one_that_never_ended_counts_for_its_longest_and_is_named():
    parts, found = counted(deploy("runs", 50, None))
    assert (parts, found.unclosed) == ([(50, 60)], ())
    parts, found = counted(deploy("lost", -30, None), rules=ExclusionRules.model_validate({"longest": "20m"}))
    assert (parts, found.unclosed) == ([(-30, -10)], ("lost",))


def test_beyond_the_cap_the_later_ones_do_not_count():
    rules = ExclusionRules.model_validate({"cap": "15m"})
    parts, found = counted(deploy("b", 30, 40), deploy("a", 0, 10), rules=rules)
    assert parts == [(0, 10), (30, 35)]
    assert (found.over_cap, found.asked) == (True, 20 * 60_000)


def test_what_was_announced_after_the_outage_does_not_count():
    read = Earlier(size=100, at=at(40))
    late, known, new = deploy("late", 20, 30, offset=100), deploy("known", 0, 5), deploy("new", 45, 50, offset=200)
    parts, found = counted(late, known, new, read=read)
    assert parts == [(0, 5), (45, 50)]
    assert found.backdated == ("late",)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(-90, 90), st.none() | st.integers(0, 40)), max_size=6),
    st.integers(0, 60),
    st.integers(1, 60),
)
def test_never_more_counts_than_the_cap_and_only_what_was_announced(
    drawn: list[tuple[int, int | None]], cap: int, longest: int
):
    windows = [
        deploy(str(number), start, None if length is None else start + length)
        for number, (start, length) in enumerate(drawn)
    ]
    rules = ExclusionRules(cap=timedelta(minutes=cap), longest=timedelta(minutes=longest))
    found = exclusions(windows, rules, since=SINCE, until=NOW)
    assert found.counted.total <= cap * 60_000
    announced = Intervals.of((one.start, NOW if one.end is None else one.end) for one in windows)
    assert found.counted - announced == Intervals()
    assert found.counted - Intervals.of([(SINCE, NOW)]) == Intervals()
    assert found.over_cap == (found.asked > cap * 60_000)
