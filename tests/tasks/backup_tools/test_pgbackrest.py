"""pgBackRest, run for real against a PostgreSQL of its own."""

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
[global]
repo1-path={folder}/repo
repo1-retention-full=2
repo1-bundle=y
compress-type=none
start-fast=y
lock-path={folder}
spool-path={folder}
log-level-file=off
[main]
pg1-path={folder}/data
pg1-socket-path={folder}
pg1-port={port}
pg1-user=readiness
"""


@dataclass
class Site:
    """A server whose log goes into a repository that holds a full backup."""

    server: PostgresServer
    pgbackrest: str

    @property
    def repository(self) -> Path:
        return self.server.folder / "repo"

    def command(self) -> tuple[str, ...]:
        return (self.pgbackrest, f"--config={self.server.folder / 'pgbackrest.conf'}")

    def run(self, *arguments: str) -> None:
        subprocess.run([*self.command(), "--stanza=main", *arguments], capture_output=True, check=True)

    async def ask(self, **given: Any) -> Asked:
        return await ask(command=self.command(), tool="pgbackrest", of="main", **given)


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    pgbackrest = installed("pgbackrest", "pgbackrest")
    server = PostgresServer.new()
    try:
        site = Site(server, pgbackrest)
        (server.folder / "pgbackrest.conf").write_text(CONFIGURATION.format(folder=server.folder, port=PORT))
        push = f"{pgbackrest} --config={server.folder}/pgbackrest.conf --stanza=main archive-push %p"
        server.start(archive_mode="on", archive_command=push)
        site.run("stanza-create")
        site.run("backup", "--type=full")
        yield site
    finally:
        server.remove()


async def test_a_repository_passes_until_something_in_it_breaks(site: Site, tmp_path: Path):
    asked = await site.ask(expect={"size": None, "kept": 1, "full_age": "8d"})
    assert asked.wrong == {}
    row = asked.row
    assert (row.found, row.good, row.bad, row.form, row.retention) == (1, 1, 0, "full", "repo-retention-full = 2")
    assert row.version is not None
    assert row.version[0].isdigit()
    assert row.bytes is not None
    assert row.bytes > 1_000_000
    assert row.log_first <= row.log_from <= row.log_to <= row.log_last  # type: ignore[operator]
    assert "all data" in asked.because("B2-read")
    await _its_list_alone_proves_none_of_its_rules(asked, tmp_path)
    await _damage_is_found_although_its_info_says_that_all_is_well(site)
    await _without_archiving_its_check_says_so(site)


async def _its_list_alone_proves_none_of_its_rules(asked: Asked, folder: Path) -> None:
    (folder / "info.json").write_bytes(asked.evidence.captures[0].body)
    reports = {"backups": "reports:info.json"}
    alone = await ask(tool="pgbackrest", of="main", folder=folder, reports=reports, expect={"age": "1ms"})
    assert alone.wrong == {
        "B1-age": Outcome.STALE,
        "B1-size": Outcome.INCONCLUSIVE,
        "B1-retention": Outcome.FAIL,
        "B2-checked": Outcome.INCONCLUSIVE,
        "B2-pages": Outcome.INCONCLUSIVE,
        "B2-read": Outcome.INCONCLUSIVE,
        "B2-data": Outcome.INCONCLUSIVE,
        "B3-archiving": Outcome.INCONCLUSIVE,
        "B3-gaps": Outcome.INCONCLUSIVE,
    }
    elsewhere = await ask(tool="pgbackrest", of="other", folder=folder, reports=reports)
    assert elsewhere.wrong == {"B0-readable": Outcome.ERROR}


async def _damage_is_found_although_its_info_says_that_all_is_well(site: Site) -> None:
    """A bit of a file turned, a log file gone, and the rule by which old backups go taken out."""
    bundle = max(site.repository.glob("backup/main/*F/bundle/*"), key=lambda path: path.stat().st_size)
    whole = bundle.read_bytes()
    bundle.write_bytes(whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
    site.run("check")
    kept = sorted(path for path in site.repository.glob("archive/main/*/*/*") if path.suffix != ".backup")
    kept[-2].unlink()
    configuration = site.server.folder / "pgbackrest.conf"
    configuration.write_text(configuration.read_text().replace("repo1-retention-full=2\n", ""))
    asked = await site.ask(expect={"size": None})
    assert asked.findings["B0-status"].outcome is Outcome.PASS
    assert asked.findings["B3-range"].outcome is Outcome.PASS
    assert asked.wrong == dict.fromkeys(("B1-retention", "B2-data", "B3-gaps"), Outcome.FAIL)
    assert kept[-2].name[:24] in asked.because("B3-gaps")


async def _without_archiving_its_check_says_so(site: Site) -> None:
    site.server.stop()
    site.server.start()
    asked = await site.ask(expect={"size": None, "retention": False, "data": False})
    assert asked.wrong == dict.fromkeys(("B2-check", "B3-archiving", "B3-gaps"), Outcome.FAIL)
    assert "archive_mode must be enabled" in asked.because("B3-archiving")
