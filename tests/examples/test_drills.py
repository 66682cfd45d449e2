"""Drills on the sandbox: its two releases, its service under load, and services that do not let go."""

import asyncio
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from checks.catalog import Check
from checks.evidence.records import Evidence
from checks.expectations.restart import RESTART
from checks.expectations.rollback import ROLLBACK
from checks.findings import Finding
from checks.outcome import Outcome
from examples.sandbox.system import Sandbox
from flows.wiring import load_catalog
from tasks.collectors.restart import RestartCollector
from tasks.collectors.rollback import RollbackCollector
from tasks.collectors.sources import ProgramAccess, Sources, resolve_sources
from tests.checks.expectations.judging import Example, verdicts

ROOT = Path(__file__).parents[2]
SUITES = {"rollback": ROLLBACK, "restart": RESTART}
COLLECTORS = {"rollback": RollbackCollector, "restart": RestartCollector}


class Room:
    """Carries out the drills of the sandbox's own catalogue, with changes."""

    def __init__(self, sandbox: Sandbox, drills: Path) -> None:
        self.catalog, _ = load_catalog(ROOT / "examples" / "sandbox" / "readiness.yaml")
        self.sources: Sources = resolve_sources(self.catalog, sandbox.environment, drills=drills)

    def check(self, name: str, **changes: Any) -> Check:
        declared = self.catalog.checks[name]
        told = declared.model_dump(mode="json", exclude_unset=True, exclude={"expect", "abort"}) | {"id": name}
        told["poll"] = "50ms"
        return type(declared).model_validate(_spelled(told) | changes)

    async def carry_out(self, check: Check) -> tuple[Evidence, dict[str, Finding]]:
        collector = COLLECTORS[check.kind](self.sources, lambda: datetime.now(UTC))
        try:
            evidence = await collector.collect(check)  # type: ignore[arg-type]
        finally:
            await collector.aclose()
        (judged,) = verdicts(SUITES[check.kind], [Example(check, evidence.rows)])
        return evidence, {finding.expectation: finding for verdict in judged for finding in verdict.findings}


def _spelled(value: Any, name: str = "") -> Any:
    """Durations as a catalogue spells them: JSON has them as seconds."""
    if isinstance(value, dict):
        return {key: _spelled(each, key) for key, each in value.items()}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return f"{value}s" if name in ("within", "before", "after", "unhealthy_for") else value


def unmet(found: dict[str, Finding]) -> dict[str, Outcome]:
    assert len(found) > 1
    return {name: one.outcome for name, one in found.items() if one.outcome is not Outcome.PASS}


@pytest.fixture
def room(breakable: Sandbox, tmp_path: Path) -> Room:
    return Room(breakable, tmp_path / "drills")


async def test_the_catalogues_rollback_by_http_passes(room: Room):
    evidence, found = await room.carry_out(room.check("service-rollback"))
    assert unmet(found) == {}
    row: Any = evidence.rows[0]
    assert (row.version_before, row.version_during, row.version_after) == ("v0.2.0", "v0.1.0", "v0.2.0")
    assert RollbackCollector.rows_from(room.check("service-rollback"), evidence.captures) == evidence.rows


@pytest.mark.slow
async def test_a_rollback_by_the_sandboxs_own_command_passes(room: Room, breakable: Sandbox):
    command = (sys.executable, "-m", "examples.sandbox", "deploy", "--folder", breakable.environment["SANDBOX_FOLDER"])
    deployer = ProgramAccess("deployer", command, ROOT)
    room.sources = replace(room.sources, by_name={**room.sources.by_name, "deployer": deployer})
    triggers = {
        name: {"run": "deployer", "arguments": [version], "within": "60s"}
        for name, version in (("back", "v0.1.0"), ("forward", "v0.2.0"))
    }
    _, found = await room.carry_out(room.check("service-rollback", **triggers))
    assert unmet(found) == {}


@pytest.mark.slow
async def test_the_catalogues_restart_loses_nothing(room: Room):
    check = room.check("service-restart")
    evidence, found = await room.carry_out(check)
    assert unmet(found) == {}
    row: Any = evidence.rows[0]
    assert row.in_flight >= 1
    assert row.writes > 5
    assert row.repeats >= row.writes
    assert RestartCollector.rows_from(check, evidence.captures) == evidence.rows  # type: ignore[arg-type]


@pytest.mark.slow
async def test_a_service_is_asked_to_end_once_it_has_taken_a_request(room: Room):
    load = {"requests": ["api:/v1/aurora/statement"], "workers": 1, "before": "1ms"}
    _, found = await room.carry_out(room.check("service-restart", load=load, sessions=None))
    assert found["in-flight"].because == "1 requests were in flight when it was asked to end"


@pytest.mark.slow
async def test_a_service_that_is_killed_breaks_off_what_is_in_flight(room: Room):
    load = {"requests": ["api:/v1/aurora/statement"], "workers": 8, "before": "1s"}
    stop = {"process": "files:releases/service.pid", "signal": "KILL"}
    _, found = await room.carry_out(room.check("service-restart", stop=stop, load=load))
    assert unmet(found)["completed"] is Outcome.FAIL
    assert "of the others: api:/v1/aurora/statement: the connection was" in found["completed"].because


@pytest.mark.slow
async def test_a_session_that_outlives_its_service_and_a_write_done_twice_are_found(room: Room, breakable: Sandbox):
    writes = {
        "post": "api:/v1/cascade/notes",
        "database": "ledger",
        "counted": "select key, 2 from notes where key like %(like)s",
    }
    check = room.check(
        "service-restart",
        writes=writes,
        sessions={"database": "ledger", "application": "lingering"},
        expect={"within": "2s", "in_flight": 30},
    )
    url = breakable.environment["SANDBOX_LEDGER_URL"]
    with psycopg.connect(url, application_name="lingering"):
        _, found = await room.carry_out(check)
    completed = found.pop("completed", None)  # nothing is asked of it where the machine had no request in flight
    assert completed is None or completed.outcome is Outcome.INCONCLUSIVE
    assert unmet(found) == {
        "in-flight": Outcome.INCONCLUSIVE,
        "sessions-closed": Outcome.FAIL,
        "not-doubled": Outcome.FAIL,
    }
    assert found["sessions-closed"].because == "1 of its 1 database sessions are still open"


@pytest.mark.slow
async def test_a_service_that_does_not_end_fails_and_is_left_running(room: Room, breakable: Sandbox):
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    pid_file = Path(breakable.environment["SANDBOX_FOLDER"]) / "releases" / "stubborn.pid"
    stubborn = await asyncio.create_subprocess_exec("/bin/sh", "-c", script, stdout=subprocess.PIPE)
    try:
        await stubborn.stdout.readline()
        pid_file.write_text(str(stubborn.pid))
        stop = {"process": "files:releases/stubborn.pid", "within": "300ms"}
        _, found = await room.carry_out(room.check("service-restart", stop=stop, expect={"within": "300ms"}))
    finally:
        stubborn.kill()
        await stubborn.wait()
    assert unmet(found)["ended"] is Outcome.FAIL
    assert "still runs 0.3 s after SIGTERM" in found["ended"].because
    assert found["version-restored"].outcome is Outcome.PASS


@pytest.mark.slow
async def test_a_restart_by_a_command_that_does_nothing_shows_nothing(room: Room):
    """Everything is answered, the version is the same, and an idle connection is closed after some seconds anyway."""
    room.sources = replace(
        room.sources, by_name={**room.sources.by_name, "nothing": ProgramAccess("nothing", ("/bin/true",), ROOT)}
    )
    check = room.check("service-restart", stop={"run": "nothing"}, sessions=None, expect={"within": "1s"})
    _, found = await room.carry_out(check)
    assert unmet(found).pop("had-effect") is Outcome.INCONCLUSIVE
    assert Outcome.FAIL not in set(unmet(found).values()), unmet(found)
    assert "nothing shows that the service ended" in found["had-effect"].because
