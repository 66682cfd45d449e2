"""restic, run for real on a repository in a folder."""

import json
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest

from checks.outcome import Outcome
from tests.tasks.backup_tools.asking import Asked, ask, installed

SECRET = "open-sesame"


async def test_a_check_that_reads_no_data_says_nothing_of_it(tmp_path: Path):
    """A whole repository, then one of which a pack was changed: only reading it tells them apart."""
    environment = {"RESTIC_PASSWORD": SECRET, "RESTIC_REPOSITORY": str(tmp_path / "r"), "HOME": str(tmp_path)}
    listed: dict[str, Any] = {"folder": tmp_path}
    restic = installed("restic", "restic")
    (tmp_path / "ledger.db").write_bytes(Random(1).randbytes(1_024_000))

    def run(*arguments: str) -> None:
        subprocess.run([restic, *arguments], env=environment, capture_output=True, check=True)

    async def asked(**expect: Any) -> Asked:
        given = {**listed, "expect": {"size": None, "retention": False, **expect}}
        return await ask(command=(restic,), environment=environment, tool="restic", of="ledger", **given)

    run("init")
    run("backup", "--tag=ledger", str(tmp_path / "ledger.db"))
    good = await asked()
    assert good.wrong == {}
    assert (good.row.found, good.row.good, good.row.bytes) == (1, 1, 1_024_000)
    assert good.because("B2-read").endswith("it read all data")
    assert SECRET not in repr(good.evidence)

    pack = max((tmp_path / "r" / "data").glob("*/*"), key=lambda path: path.stat().st_size)
    whole = pack.read_bytes()
    pack.chmod(0o600)
    pack.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    (tmp_path / "snapshots.json").write_bytes(good.evidence.captures[0].body)
    listed["reports"] = {"backups": "reports:snapshots.json"}
    assert (await asked()).wrong == {"B2-data": Outcome.FAIL}
    assert (await asked(data=False)).wrong == {}


@pytest.mark.parametrize(
    ("printed", "wrong"),
    [
        ("check all packs\nno errors were found\n", {"B2-read": Outcome.INCONCLUSIVE}),
        ("check all packs\nread all data\n[0:00] 100.00%  2 / 2 packs\nno errors were found\n", {}),
        ('{"message_type":"summary","num_errors":0}\n', {"B2-read": Outcome.INCONCLUSIVE}),
        (
            '{"message_type":"summary","num_errors":2}\n',
            {"B2-read": Outcome.INCONCLUSIVE, "B2-data": Outcome.FAIL},
        ),
        ("check all packs\n", {"B0-readable": Outcome.ERROR}),
        ("", {"B0-readable": Outcome.ERROR}),
    ],
)
async def test_a_report_of_a_check_counts_for_as_much_as_it_says_it_read(
    tmp_path: Path, printed: str, wrong: dict[str, Outcome]
):
    snapshot = {"id": "7" * 64, "time": "2026-11-22T17:48:21.342381733Z", "tags": ["ledger"]}
    before = snapshot | {"id": "6" * 64, "summary": {"total_bytes_processed": 90}}
    after = snapshot | {"time": "2026-11-22T17:49:21Z", "summary": {"total_bytes_processed": 100}}
    (tmp_path / "snapshots.json").write_text(json.dumps([before, after]))
    (tmp_path / "check.txt").write_text(printed)
    asked = await ask(
        tool="restic",
        of="ledger",
        folder=tmp_path,
        reports={"backups": "reports:snapshots.json", "data": "reports:check.txt"},
        expect={"retention": False, "age": "1000w"},
    )
    assert asked.wrong == wrong


async def test_a_retention_rule_is_not_taken_for_granted(tmp_path: Path):
    (tmp_path / "snapshots.json").write_text(
        json.dumps([{"id": "7" * 64, "time": "2026-11-22T17:48:21.342381733+00:00", "tags": ["ledger"]}])
    )
    asked = await ask(tool="restic", of="ledger", folder=tmp_path, reports={"backups": "reports:snapshots.json"})
    assert asked.findings["B1-retention"].outcome is Outcome.FAIL
    assert "whoever runs `forget`" in asked.because("B1-retention")
