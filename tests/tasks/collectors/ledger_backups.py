"""A bench for backups of `pg_dump`: a ledger, a folder of its archives, and the collector that looks at both."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.evidence.records import Evidence
from checks.expectations.backup import BACKUP
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.backup import BackupCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from examples.sandbox.database import Cluster, binaries
from tasks.collectors.backup import BackupCollector
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
from tests.tasks.dumps import Ledger

CANARY = "select exists (select from heartbeat where name = 'canary')"
SMOKE = ("select tenant, sum(amount) from entries group by tenant",)
NAME = "ledger-2026.dump"


class Bench:
    """A ledger, a folder of its backups, and the collector that looks at both."""

    def __init__(self, ledger: Ledger, folder: Path) -> None:
        self.ledger, self.folder = ledger, folder
        self.programs = binaries()
        self.source_url = ledger.url

    def check(self, *, restore: dict[str, Any] | None = None, **fields: Any) -> BackupCheck:
        asked: dict[str, Any] = {
            "id": "ledger-backup",
            "backups": "backups:*",
            "of": "ledger",
            "programs": "programs",
            "tables": {"public.entries": {"newest": "booked_at"}, "public.heartbeat": {"newest": "beat_at"}},
            "restore": restore,
            "expect": {"size": None},
        }
        return BackupCheck.model_validate({**asked, **fields})

    def weekly(self, *, restore: dict[str, Any] | None = None, **fields: Any) -> BackupCheck:
        into = {"into": "rehearsal", "isolated": True, "canary": CANARY, "smoke": SMOKE, **(restore or {})}
        return self.check(restore=into, **fields)

    def collector(self) -> BackupCollector:
        rehearsal = self.ledger.cluster.url("rehearsal", "restore_target")
        return BackupCollector(
            Sources(
                {
                    "backups": FolderAccess("backups", self.folder, 10**9),
                    "offsite": FolderAccess("offsite", self.folder.parent / "offsite", 10**9),
                    "programs": FolderAccess("programs", self.programs, 10**9),
                    "ledger": DatabaseAccess("ledger", self.source_url, 60),
                    "rehearsal": DatabaseAccess("rehearsal", rehearsal, 60),
                }
            ),
            lambda: datetime.now(UTC),
        )

    def collect(self, check: BackupCheck) -> Evidence:
        return asyncio.run(self.collector().collect(check))

    def findings(self, check: BackupCheck) -> dict[str, Finding]:
        now = datetime.now(UTC)
        slot = Slot.on_demand(Cadence.WEEKLY, now)
        judgement = judge(BACKUP, [(check, self.collect(check))], slot=slot, occasion=Occasion(now, {}))[0]
        return {finding.expectation: finding for finding in judgement.verdicts[0].findings}


@contextmanager
def bench_of(cluster: Cluster, tmp_path: Path) -> Iterator[Bench]:
    """A bench with a ledger of its own, which is dropped in the end."""
    ledger = Ledger.new(cluster)
    (tmp_path / "backups").mkdir()
    yield Bench(ledger, tmp_path / "backups")
    ledger.drop()


def outcomes(findings: dict[str, Finding]) -> dict[str, Outcome]:
    return {name: finding.outcome for name, finding in findings.items()}


def unmet(findings: dict[str, Finding]) -> dict[str, Outcome]:
    """What is neither passed nor undecided for want of what stands before it."""
    decided = (Outcome.PASS, Outcome.INCONCLUSIVE)
    return {name: finding.outcome for name, finding in findings.items() if finding.outcome not in decided}


def fake_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.unlink(missing_ok=True)  # never through a link: behind it is the real program
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
