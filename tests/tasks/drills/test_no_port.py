"""Where no port of this machine is free: nothing of the system or the backup is said, and never that it is well."""

import json
from pathlib import Path
from typing import Any

import pytest

from checks.expectations.backup import BACKUP
from checks.expectations.restart import RESTART
from checks.expectations.rollback import ROLLBACK
from checks.kinds.backup import BackupCheck, BackupRow
from checks.kinds.restart import RestartRow
from checks.kinds.rollback import RollbackRow
from checks.outcome import Outcome
from examples.sandbox.database import Cluster, binaries
from tasks.collectors import restart
from tasks.collectors.http_failures import NO_PORT
from tasks.drills import restore
from tasks.drills.programs import ProgramRun
from tasks.drills.restart import RestartFacts
from tests.checks.expectations import case_restart
from tests.checks.expectations.judging import Example, outcomes
from tests.portless import needs_network_of_its_own, without_ports
from tests.tasks.drills.site import rollback_check
from tests.tasks.drills.test_load import request
from tests.tasks.dumps import Ledger

pytestmark = needs_network_of_its_own

DRILL = """
import asyncio
from datetime import UTC, datetime
from tasks.collectors.rollback import RollbackCollector
from tasks.collectors.sources import HttpAccess, ProgramAccess, Sources
from tests.tasks.drills.site import rollback_check
api = HttpAccess("api", "http://127.0.0.1:9000", {}, 2, 1000)
shell = ProgramAccess("shell", ("/bin/sh", "-c"))
sources = Sources({"api": api, "shell": shell}, "site", "staging", Path(sys.argv[1]))
evidence = asyncio.run(RollbackCollector(sources, lambda: datetime.now(UTC)).collect(rollback_check()))
print(evidence.rows[0].model_dump_json())
"""
RESTORE = """
import asyncio, json
from datetime import UTC, datetime
from checks.kinds.backup import BackupCheck
from tasks.collectors.backup import BackupCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
folders = {name: FolderAccess(name, Path(path), 10**9) for name, path in zip(("backups", "programs"), sys.argv[1:3])}
rehearsal = DatabaseAccess("rehearsal", "postgresql://me@127.0.0.1:9000/postgres", 5)
check = BackupCheck.model_validate(json.loads(sys.argv[3]))
sources = Sources({**folders, "rehearsal": rehearsal})
evidence = asyncio.run(BackupCollector(sources, lambda: datetime.now(UTC)).collect(check))
print(evidence.rows[0].model_dump_json())
"""
SANDBOX = """
import subprocess
ran = subprocess.run([sys.executable, "-m", "examples.sandbox", "up", "--folder", sys.argv[1]], capture_output=True)
print(ran.returncode, ran.stderr.decode(), end="")
"""


def test_a_drill_whose_observer_has_no_port_is_an_error_and_starts_nothing(tmp_path: Path):
    ran = without_ports(DRILL, str(tmp_path))
    row = RollbackRow.model_validate_json(ran.stdout)
    assert row.observer_cause == NO_PORT
    assert row.steps_run == 0
    found = outcomes(ROLLBACK, Example(rollback_check(id=row.subject), (row,)))
    assert found["could-ask"] is Outcome.ERROR
    assert Outcome.PASS not in {outcome for name, outcome in found.items() if name not in ROLLBACK.guards}


def test_load_that_takes_every_port_says_nothing_of_the_service():
    load = [request(0.5, 1.0), request(0.6, 0.0, accepted=None, http=None, no_answer=NO_PORT)]
    seen = restart._load(load, RestartFacts(stopped_at=1.0))
    (row,) = case_restart.GOOD.rows
    example = Example(case_restart.GOOD.check, (RestartRow.model_validate({**row.model_dump(), **seen}),))
    assert outcomes(RESTART, example)["could-ask"] is Outcome.ERROR


def test_a_target_that_cannot_be_connected_to_for_want_of_a_port_is_the_observers_trouble(
    cluster: Cluster, tmp_path: Path
):
    ledger = Ledger.new(cluster)
    ledger.dump(tmp_path / "backups" / "ledger.dump")
    ledger.drop()
    into = {"into": "rehearsal", "isolated": True, "smoke": ["select 1"]}
    asked: dict[str, Any] = {"id": "ledger-restore", "backups": "backups:*", "programs": "programs", "restore": into}
    asked |= {"expect": {"size": None}}
    told = without_ports(RESTORE, str(tmp_path / "backups"), str(binaries()), json.dumps(asked))
    check = BackupCheck.model_validate(asked)
    row = BackupRow.model_validate_json(told.stdout)
    assert row.target_cause == f"rehearsal does not answer: {NO_PORT}"
    found = outcomes(BACKUP, Example(check, (row,)))
    assert found["B4-target"] is Outcome.ERROR
    assert found["B4-restored"] is Outcome.INCONCLUSIVE


def test_the_sandbox_says_in_one_line_that_no_port_is_free(tmp_path: Path):
    code, _, said = without_ports(SANDBOX, str(tmp_path / "sandbox")).stdout.partition(" ")
    assert (code, said.count("\n")) == ("2", 1), said
    assert "no free port on 127.0.0.1: " in said


@pytest.mark.parametrize("words", ["Cannot assign requested address", "connection refused"])
def test_a_restoring_program_without_a_port_tells_nothing_of_the_archive(words: str):
    ended = ProgramRun(1, 0.1, stderr=f'pg_restore: error: connection to server at "db" failed: {words}'.encode())
    assert restore._not_the_archives(ended) == (NO_PORT if "assign" in words else None)
