"""Rolling back and forward: what is measured, and every way in which a rollback only seems to have worked."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from checks.errors import CollectionError
from checks.expectations.rollback import ROLLBACK
from checks.outcome import Outcome
from tasks.collectors.rollback import RollbackCollector
from tasks.drills.journal import held_journal
from tests.tasks.drills.site import (
    NEW,
    OLD,
    SYSTEM,
    Site,
    drill_row,
    drilling,
    findings,
    now,
    rollback_check,
    shell,
    unmet,
    until,
)

FAIL, NO_ANSWER = Outcome.FAIL, Outcome.INCONCLUSIVE


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with Site(tmp_path) as running:
        yield running


async def test_a_rollback_and_its_return_are_measured(site: Site):
    evidence = await site.drill()
    row = drill_row(evidence)
    assert unmet(evidence) == {}
    assert (row.version_before, row.version_during, row.version_after) == (NEW, OLD, NEW)
    assert 0 < (row.rollback_seconds or 0) < 10
    assert [span.span for span in evidence.rows[1:]] == ["before", "back", "after", "forward", "restored"]
    assert (row.environment, row.steps_run, row.steps_declared) == ("staging", 2, 2)
    assert not list(site.drills.glob("*.json"))


async def test_rows_can_be_made_again_from_the_captures(site: Site):
    evidence = await site.drill()
    assert RollbackCollector.rows_from(rollback_check(), evidence.captures) == evidence.rows


async def test_every_answer_and_every_output_is_kept(site: Site):
    evidence = await site.drill(back=shell(f"echo going back; echo {OLD} > current"))
    kept = {capture.item: capture.body for capture in evidence.captures}
    assert kept["back.0.stdout.txt"] == b"going back\n"
    assert kept["answers.jsonl"].count(b"api:/version") == site.asked // 2


async def test_a_deployment_by_http_is_a_trigger_too(site: Site):
    calls = {name: {"call": "api:/deploy", "send": {"version": to}} for name, to in (("back", OLD), ("forward", NEW))}
    assert unmet(await site.drill(**calls)) == {}
    assert site.deployed == [OLD, NEW]


async def test_a_rollback_that_answers_healthy_from_the_new_version_is_none(site: Site):
    restart = shell(f"echo {NEW}-ill > current; sleep 0.1; echo {NEW} > current")
    evidence = await site.drill(back=restart, expect={"within": "200ms"})
    assert unmet(evidence) == {"rolled-back": FAIL, "rollback-time": NO_ANSWER, "steady-after": NO_ANSWER}
    because = findings(evidence)["rolled-back"].because
    assert because.startswith("expected healthy answers from another version than v2: ")
    assert because.endswith("the last one: healthy, from v2")


async def test_a_rollback_command_that_succeeds_and_does_nothing_is_found_out(site: Site):
    evidence = await site.drill(back=shell("exit 0"), expect={"within": "100ms"})
    found = unmet(evidence)
    assert found.pop("had-effect") is FAIL
    assert set(found) == {"rolled-back", "rollback-time", "steady-after"}
    assert set(found.values()) == {NO_ANSWER}
    assert "said that it succeeded and did nothing" in findings(evidence)["had-effect"].because


async def test_a_rollback_command_that_hangs_is_stopped_and_undone(site: Site):
    evidence = await site.drill(back=shell(f"echo {OLD}-ill > current; sleep 60", within="300ms"))
    assert unmet(evidence)["back-ended"] is FAIL
    assert unmet(evidence)["back-succeeded"] is NO_ANSWER
    assert findings(evidence)["back-ended"].because == (
        "the rollback command hangs: it was stopped after 0 s, its time limit"
    )
    assert site.version == NEW


async def test_a_rollback_command_that_fails_is_undone(site: Site):
    evidence = await site.drill(back=shell(f"echo {OLD} > current; echo no space >&2; exit 3"))
    assert unmet(evidence)["back-succeeded"] is FAIL
    assert findings(evidence)["back-succeeded"].because == "the rollback command failed: exit code 3: no space"
    assert site.version == NEW


async def test_a_program_that_is_not_there_is_a_failed_command(site: Site):
    sources = site.sources()
    missing = {**sources.by_name, "shell": type(sources.by_name["shell"])("shell", ("no-such-program",))}
    collector = RollbackCollector(type(sources)(missing, SYSTEM, "staging", site.drills), now)
    evidence = await collector.collect(rollback_check())
    assert "no-such-program cannot be run" in findings(evidence)["back-succeeded"].because


async def test_a_slow_rollback_is_measured_and_fails(site: Site):
    slow = {"back": shell(f"sleep 0.25; echo {OLD} > current"), "expect": {"within": "200ms"}}
    evidence = await site.drill(**slow)
    assert unmet(evidence, **slow) == {"rollback-time": FAIL}
    assert 0.25 < (drill_row(evidence).rollback_seconds or 0) < 10


async def test_answers_of_two_versions_side_by_side_are_no_rollback(site: Site):
    evidence = await site.drill(back=shell("echo mixed > current"), expect={"within": "200ms"})
    assert unmet(evidence)["rolled-back"] is FAIL


async def test_health_from_one_version_beside_another_is_no_rollback(site: Site):
    evidence = await site.drill(back=shell("echo torn > current"), expect={"within": "200ms"})
    assert unmet(evidence)["rolled-back"] is FAIL
    assert "versions answer side by side: v1, v2" in findings(evidence)["rolled-back"].because


async def test_another_old_version_than_the_one_that_is_meant_is_no_rollback(site: Site):
    evidence = await site.drill(to="v0", expect={"within": "200ms"})
    assert unmet(evidence, to="v0")["rolled-back"] is FAIL
    assert "expected healthy answers from v0: " in findings(evidence, to="v0")["rolled-back"].because


async def test_the_abort_condition_fires_and_the_drill_undoes_itself(site: Site):
    evidence = await site.drill(back=shell(f"echo {OLD}-ill > current"))
    assert unmet(evidence)["not-aborted"] is FAIL
    assert "no healthy answer for 1 s, the last one: api:/health: HTTP 503" in findings(evidence)["not-aborted"].because
    assert site.version == NEW
    assert drill_row(evidence).version_after == NEW


async def test_a_drill_that_takes_too_long_in_all_breaks_off(site: Site):
    evidence = await site.drill(
        back=shell("exec sleep 60", within="20s"), abort={"unhealthy_for": "9s", "after": "200ms"}
    )
    assert findings(evidence)["not-aborted"].because == "it broke off and undid itself: 0.2 s had passed in all"
    assert unmet(evidence)["back-ended"] is FAIL


async def test_nothing_is_touched_where_the_system_is_not_well_before(site: Site):
    site.current.write_text(f"{NEW}-ill")
    evidence = await site.drill()
    found = unmet(evidence)
    assert found.pop("steady-before") is FAIL
    assert set(found.values()) == {NO_ANSWER}
    assert site.version == f"{NEW}-ill"


async def test_a_system_that_cannot_be_rolled_forward_fails_and_the_next_run_tries_again(site: Site):
    stuck = {"forward": shell("exit 1"), "expect": {"within": "100ms"}}
    evidence = await site.drill(**stuck)
    assert unmet(evidence) == {"forward-succeeded": FAIL, "version-restored": FAIL}
    again = await site.drill(**stuck)
    assert unmet(again)["cleaned-up"] is FAIL
    assert drill_row(again).steps_run == 0
    healed = await site.drill()
    assert unmet(healed) == {"leftovers": Outcome.WARN}
    assert site.version == NEW


@pytest.mark.slow
async def test_a_drill_that_is_killed_halfway_is_undone_by_the_next_run_which_says_so(site: Site):
    running = await drilling(site, back=shell(f"echo {OLD} > current; exec sleep 60", within="50s"))
    await until(lambda: site.version == OLD)
    running.kill()
    await running.wait()
    assert site.version == OLD
    evidence = await site.drill()
    assert unmet(evidence) == {"leftovers": Outcome.WARN}
    assert "was killed before it had undone what it changed" in findings(evidence)["leftovers"].because
    assert (drill_row(evidence).version_before, site.version) == (NEW, NEW)
    assert unmet(await site.drill()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
async def test_a_drill_that_is_interrupted_undoes_itself_before_the_process_ends(site: Site, number: signal.Signals):
    patient = {"unhealthy_for": "100s", "after": "100s"}
    running = await drilling(site, back=shell(f"echo {OLD} > current; exec sleep 60", within="90s"), abort=patient)
    await until(lambda: site.version == OLD)
    running.send_signal(number)
    async with asyncio.timeout(30):  # long before the drill would have ended by itself
        told, _ = await running.communicate()
    assert site.version == NEW
    assert running.returncode == -number
    assert told.decode().startswith(f"{number.name}: the drill breaks off and undoes itself")
    evidence = await site.drill()
    assert unmet(evidence) == {"leftovers": Outcome.WARN}
    assert f"was interrupted by {number.name} and undid itself" in findings(evidence)["leftovers"].because


async def test_a_drill_whose_caller_cancels_it_undoes_itself_first(site: Site):
    drill = asyncio.create_task(site.drill(back=shell(f"echo {OLD} > current; exec sleep 60", within="50s")))
    await until(lambda: site.version == OLD)
    drill.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drill
    assert site.version == NEW


async def test_two_drills_of_one_system_never_go_on_at_the_same_time(tmp_path: Path):
    async with held_journal(tmp_path, SYSTEM, "one"):
        with pytest.raises(CollectionError, match="another drill is still under way"):
            async with held_journal(tmp_path, SYSTEM, "two", patience=0.2):
                pass
    async with held_journal(tmp_path, SYSTEM, "two", patience=0.2):
        pass


async def test_a_journal_that_cannot_be_read_stops_the_drill(site: Site):
    site.drills.mkdir()
    (site.drills / f"{SYSTEM}.the-drill.json").write_text("{")
    with pytest.raises(CollectionError, match="nobody knows what to undo"):
        await site.drill()
    assert site.version == NEW


async def test_a_command_sees_only_what_was_named_and_gives_no_secret_away(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("READINESS_SECRET", "hunter2")
    collector = RollbackCollector(site.sources(TOKEN="open-sesame"), now)
    evidence = await collector.collect(rollback_check(back=shell(f"/usr/bin/env; echo {OLD} > current")))
    told = next(capture.body for capture in evidence.captures if capture.item == "back.0.stdout.txt")
    assert b"TOKEN=***" in told
    assert b"hunter2" not in b"".join(capture.body for capture in evidence.captures)
    assert b"open-sesame" not in b"".join(capture.body for capture in evidence.captures)


def test_the_suite_asks_for_everything_that_a_drill_must_show():
    assert {"real", "steady-before", "abort-declared", "recorded", "all-steps", "steady-after", "steady-restored"} <= (
        ROLLBACK.rules.keys()
    )
