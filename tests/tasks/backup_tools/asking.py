"""Asking a backup tool as the catalogue does: a check, a collection, and what the suite makes of it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.records import Evidence
from checks.expectations.backup_tool import BACKUP_TOOL
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.backup_tool import BackupToolCheck, BackupToolRow
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.collectors.backup_tool import BackupToolCollector
from tasks.collectors.sources import FolderAccess, ProgramAccess, Sources
from tests.tasks.collectors.asking import LIMIT, named, now

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def installed(program: str, package: str) -> str:
    """The program's path; without it the test is skipped, where nothing demands that it is there."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed (package {package})")
    return found


@dataclass(frozen=True, slots=True)
class Asked:
    """What one collection brought, and its findings by rule."""

    evidence: Evidence
    findings: Mapping[str, Finding]

    @property
    def row(self) -> BackupToolRow:
        (row,) = self.evidence.rows
        assert isinstance(row, BackupToolRow)
        return row

    @property
    def wrong(self) -> dict[str, Outcome]:
        """The rules that are not met; those that could not be judged for want of another are left out."""
        return {
            name: finding.outcome
            for name, finding in self.findings.items()
            if finding.outcome is not Outcome.PASS and "not judged" not in finding.because
        }

    def because(self, rule: str) -> str:
        return self.findings[rule].because


async def ask(
    *, command: tuple[str, ...] = (), environment: Mapping[str, str] | None = None, folder: Path = Path(), **given: Any
) -> Asked:
    """Asks by running a program where a command is given; `folder` is the source of reports."""
    program = {"program": "tool"} if command else {}
    check = named(BackupToolCheck.model_validate({**program, **given}))
    access = {
        "tool": ProgramAccess("tool", command, None, environment or {}),
        "reports": FolderAccess("reports", folder, LIMIT),
    }
    collector = BackupToolCollector(Sources(access), now)
    try:
        evidence = await collector.collect(check)
    finally:
        await collector.aclose()
    return Asked(evidence, judged(check, evidence))


def judged(check: BackupToolCheck, evidence: Evidence, at: datetime | None = None) -> dict[str, Finding]:
    occasion = Occasion(at or now(), {})
    (judgement,) = judge(BACKUP_TOOL, [(check, evidence)], slot=Slot(NOON, Cadence.DAILY), occasion=occasion)
    (verdict,) = judgement.verdicts
    return {finding.expectation: finding for finding in verdict.findings}
