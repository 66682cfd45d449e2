"""litestream, by what two of its versions really printed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.outcome import Outcome
from tests.tasks.backup_tools.asking import Asked, ask

RECORDED = Path(__file__).parent / "recorded"
LATER = {"age": "1000w", "size": None}
REPORTS = {
    "backups": "reports:ltx.json",
    "check": "reports:status.json",
    "data": "reports:restore.txt",
    "settings": "reports:litestream.yml",
}


async def asked(version: str = "0.5.17", *, expect: dict[str, Any] | None = None, **reports: str) -> Asked:
    given: dict[str, Any] = {"expect": {**LATER, **(expect or {})}, "reports": reports}
    return await ask(tool="litestream", of="/srv/desk/ledger.db", folder=RECORDED / f"litestream-{version}", **given)


async def test_a_replica_in_order_passes():
    found = await asked(**REPORTS)
    assert found.wrong == {}
    row = found.row
    assert (row.found, row.bytes, row.retention, row.log_gaps) == (1, 2525, "168h", 0)
    assert row.ended_at == datetime(2026, 11, 22, 17, 55, 33, tzinfo=UTC)
    assert (row.log_first, row.log_last) == ("0000000000000001", "0000000000000004")


async def test_a_transaction_that_no_file_holds_is_a_gap():
    found = await asked(**{**REPORTS, "backups": "reports:ltx-gap.json"})
    assert found.wrong == {"B3-gaps": Outcome.FAIL}
    assert "0000000000000003 to 0000000000000003" in found.because("B3-gaps")


async def test_a_database_that_is_not_replicated_is_told():
    found = await asked(**{**REPORTS, "check": "reports:status-before.json"})
    assert found.wrong == {"B2-check": Outcome.FAIL, "B3-archiving": Outcome.FAIL}
    assert "not initialized" in found.because("B2-check")


async def test_without_a_restored_copy_nothing_was_checked():
    found = await asked(backups="reports:ltx.json")
    assert found.wrong == {
        "B1-retention": Outcome.FAIL,
        "B2-checked": Outcome.INCONCLUSIVE,
        "B2-read": Outcome.INCONCLUSIVE,
        "B2-data": Outcome.INCONCLUSIVE,
        "B3-archiving": Outcome.INCONCLUSIVE,
    }
    assert "checks no integrity by itself" in found.because("B2-read")


async def test_a_restore_that_failed_has_read_nothing_back():
    found = await asked(**{**REPORTS, "data": "reports:restore-gap.txt"})
    assert found.wrong == {"B2-data": Outcome.FAIL}
    assert "non-contiguous" in found.because("B2-data")


async def test_before_its_version_0_5_it_lists_snapshots_and_no_transactions():
    found = await asked("0.3.13", backups="reports:snapshots.txt", expect={"retention": False, "data": False})
    assert (found.row.label, found.row.bytes) == ("84acf7a546dea4b9/0", 8407)
    assert found.row.ended_at == datetime(2026, 11, 22, 17, 55, 44, tzinfo=UTC)
    assert found.findings["B3-gaps"].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("settings", "rule"),
    [
        (b"dbs: []\n", "24h, its default"),
        (b"retention: {enabled: false}\n", None),
        (b"snapshot: {retention: 30d}\n", "30d"),
    ],
)
async def test_its_retention_stands_in_its_configuration(tmp_path: Path, settings: bytes, rule: str | None):
    (tmp_path / "ltx.json").write_bytes((RECORDED / "litestream-0.5.17" / "ltx.json").read_bytes())
    (tmp_path / "l.yml").write_bytes(settings)
    reports = {"backups": "reports:ltx.json", "settings": "reports:l.yml"}
    found = await ask(tool="litestream", of="/srv/desk/ledger.db", folder=tmp_path, reports=reports, expect=LATER)
    assert found.row.retention == rule
    assert found.findings["B1-retention"].outcome is (Outcome.PASS if rule else Outcome.FAIL)
