"""Barman, run for real against a PostgreSQL of its own."""

import getpass
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.outcome import Outcome
from tests.tasks.backup_tools.asking import Asked, ask, installed
from tests.tasks.backup_tools.postgres_server import PORT, PostgresServer

pytestmark = pytest.mark.timeout(300)

CONFIGURATION = """
[barman]
barman_home = {folder}/barman
barman_user = {user}
configuration_files_directory = {folder}
log_file = {folder}/barman.log
[main]
description = The ledger
conninfo = host={folder} port={port} user=readiness dbname=postgres password=open-sesame
streaming_conninfo = host={folder} port={port} user=readiness
backup_method = postgres
archiver = on
immediate_checkpoint = true
path_prefix = {programs}
"""
ARMED = """
retention_policy = RECOVERY WINDOW OF 7 DAYS
last_backup_maximum_age = 1 DAYS
last_wal_maximum_age = 1 DAYS
"""


@dataclass
class Site:
    """A server whose log goes to a Barman that has taken one backup of it."""

    server: PostgresServer
    barman: str

    @property
    def configuration(self) -> Path:
        return self.server.folder / "barman.conf"

    @property
    def command(self) -> tuple[str, ...]:
        return (self.barman, f"--config={self.configuration}")

    def run(self, *arguments: str) -> None:
        ran = subprocess.run([*self.command, *arguments], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr

    def configure(self, more: str) -> None:
        names = {"folder": self.server.folder, "port": PORT, "user": getpass.getuser()}
        self.configuration.write_text(CONFIGURATION.format(**names, programs=self.server.programs) + more)

    async def ask(self, **given: Any) -> Asked:
        return await ask(command=self.command, tool="barman", **{"of": "main", **given})


@pytest.fixture
def site() -> Iterator[Site]:
    barman = installed("barman", "barman")
    server = PostgresServer.new()
    try:
        site = Site(server, barman)
        site.configure(ARMED)
        incoming = server.folder / "barman" / "main" / "incoming"
        incoming.mkdir(parents=True)
        server.start(archive_mode="on", archive_command=f"cp %p {incoming}/%f")
        site.run("switch-wal", "--force", "--archive", "main")
        site.run("backup", "main")
        site.run("switch-wal", "--force", "--archive", "main")
        yield site
    finally:
        server.remove()


async def test_a_server_passes_until_its_rules_are_disarmed_and_its_files_damaged(site: Site, tmp_path: Path):
    asked = await site.ask(expect={"size": None, "kept": 1})
    assert asked.wrong == {}
    row = asked.row
    assert (row.found, row.good, row.retention, row.version) == (1, 1, "RECOVERY WINDOW OF 7 DAYS", "3.4.0")
    assert row.rules_unarmed == 0
    assert "open-sesame" not in repr(asked.evidence)
    await _its_list_alone_proves_none_of_its_rules(asked, tmp_path)
    await _an_ok_of_a_rule_that_nobody_armed_does_not_count(site)
    assert (await site.ask(of="other")).wrong == {"B0-answered": Outcome.ERROR}


async def _its_list_alone_proves_none_of_its_rules(asked: Asked, folder: Path) -> None:
    (folder / "list.json").write_bytes(asked.evidence.captures[0].body)
    given: dict[str, Any] = {"tool": "barman", "of": "main", "folder": folder, "expect": {"size": None}}
    alone = await ask(reports={"backups": "reports:list.json"}, **given)
    assert alone.wrong == {
        "B1-retention": Outcome.FAIL,
        "B2-checked": Outcome.INCONCLUSIVE,
        "B2-pages": Outcome.INCONCLUSIVE,
        "B2-read": Outcome.INCONCLUSIVE,
        "B2-data": Outcome.INCONCLUSIVE,
        "B3-archiving": Outcome.INCONCLUSIVE,
        "B3-range": Outcome.INCONCLUSIVE,
        "B3-gaps": Outcome.INCONCLUSIVE,
    }


async def _an_ok_of_a_rule_that_nobody_armed_does_not_count(site: Site) -> None:
    """Nor does its check notice a changed file in the backup, or a log file that is gone."""
    site.configure("")
    base = site.server.folder / "barman" / "main" / "base"
    changed = next(base.glob("*/data/PG_VERSION"))
    changed.write_text("16\n")
    asked = await site.ask(expect={"size": None})
    assert asked.findings["B2-check"].outcome is Outcome.PASS
    assert asked.wrong == {"B1-retention": Outcome.FAIL, "B2-rules": Outcome.WARN, "B2-data": Outcome.FAIL}
    assert "last_backup_maximum_age" in asked.because("B2-rules")
