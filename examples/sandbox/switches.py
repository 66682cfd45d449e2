"""The switches: each breaks the sandbox in one way that a check must notice, and mends it again."""

import re
import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from examples.sandbox import faults
from examples.sandbox.backups import Backups
from examples.sandbox.deployment import Deployment
from examples.sandbox.errors import SandboxError
from examples.sandbox.faults import Faults
from examples.sandbox.ledger import Ledger
from examples.sandbox.releases import NEWEST
from examples.sandbox.reports import Reports
from examples.sandbox.team.files import TeamFiles


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running sandbox that a switch can break."""

    deployment: Deployment
    faults: Faults
    ledger: Ledger
    reports: Reports
    backups: Backups
    team: TeamFiles


class Switch(ABC):
    """One way to break the sandbox. Off restores exactly what on broke; what they are told is never told twice."""

    name: ClassVar[str]
    sentence: ClassVar[str]
    #: Switches that break the same thing exclude each other.
    breaks: ClassVar[str]

    @abstractmethod
    def on(self, parts: Parts) -> None:
        """Breaks it."""

    @abstractmethod
    def off(self, parts: Parts) -> None:
        """Mends it."""


class Down(Switch):
    name = "down"
    sentence = "The service does not listen: connections are refused."
    breaks = "service"

    def on(self, parts: Parts) -> None:
        parts.deployment.stop()

    def off(self, parts: Parts) -> None:
        parts.deployment.resume()


class Slow(Switch):
    name = "slow"
    sentence = "/health answers after two seconds."
    breaks = "health time"

    def on(self, parts: Parts) -> None:
        parts.faults.set(faults.SLOW)

    def off(self, parts: Parts) -> None:
        parts.faults.clear(faults.SLOW)


class FailingBody(Switch):
    name = "failing-body"
    sentence = '/health answers 200 with a body that says "status": "fail".'
    breaks = "health body"

    def on(self, parts: Parts) -> None:
        parts.faults.set(faults.FAILING_BODY)

    def off(self, parts: Parts) -> None:
        parts.faults.clear(faults.FAILING_BODY)


class StaleReport(Switch):
    name = "stale-report"
    sentence = "The reconciliation report is six hours old and is refreshed no more."
    breaks = "reconciliation report"

    def on(self, parts: Parts) -> None:
        parts.reports.neglect("reconciliation", age=timedelta(hours=6))

    def off(self, parts: Parts) -> None:
        parts.reports.repair("reconciliation")


class FutureReport(Switch):
    name = "future-report"
    sentence = "The parity report is dated one hour ahead."
    breaks = "parity report"

    def on(self, parts: Parts) -> None:
        parts.reports.shift("parity", timedelta(hours=1))

    def off(self, parts: Parts) -> None:
        parts.reports.repair("parity")


class TruncatedMetrics(Switch):
    name = "truncated-metrics"
    sentence = "/metrics ends in the middle of its body, in every format."
    breaks = "metrics"

    def on(self, parts: Parts) -> None:
        parts.faults.set(faults.TRUNCATED_METRICS)

    def off(self, parts: Parts) -> None:
        parts.faults.clear(faults.TRUNCATED_METRICS)


class MissingLedgerRows(Switch):
    name = "missing-ledger-rows"
    sentence = "Ten events have no entry in the ledger, nor in its shadow: only reconciliation can tell."
    breaks = "ledger entries"

    def on(self, parts: Parts) -> None:
        parts.ledger.lose()

    def off(self, parts: Parts) -> None:
        parts.ledger.find()


class ChangedShadowRows(Switch):
    name = "changed-shadow-rows"
    sentence = "Five shadow rows are one cent above the entries they copy."
    breaks = "shadow entries"

    def on(self, parts: Parts) -> None:
        parts.ledger.distort()

    def off(self, parts: Parts) -> None:
        parts.ledger.straighten()


class TruncatedBackup(Switch):
    name = "truncated-backup"
    sentence = "The newest archive ends after two thirds of its bytes; its checksum speaks of the whole."
    breaks = "backup"

    def on(self, parts: Parts) -> None:
        parts.backups.truncate()

    def off(self, parts: Parts) -> None:
        parts.backups.repair()


class WrongDatabaseBackup(Switch):
    name = "wrong-database-backup"
    sentence = "The newest archive is a sound one of another database, its checksum agrees."
    breaks = "backup"

    def on(self, parts: Parts) -> None:
        parts.backups.replace()

    def off(self, parts: Parts) -> None:
        parts.backups.repair()


class EmptyBackup(Switch):
    name = "empty-backup"
    sentence = "The newest archive has no bytes at all, and a checksum that agrees."
    breaks = "backup"

    def on(self, parts: Parts) -> None:
        parts.backups.empty()

    def off(self, parts: Parts) -> None:
        parts.backups.repair()


class SpoiledFile(Switch):
    """One of the team's files is not what it should be."""

    file: ClassVar[str]

    @staticmethod
    @abstractmethod
    def spoil(text: str) -> str | None:
        """What becomes of its text; nothing means that it is gone."""

    def on(self, parts: Parts) -> None:
        parts.team.spoil(self.file, self.spoil)

    def off(self, parts: Parts) -> None:
        parts.team.repair(self.file)


class BrokenLink(SpoiledFile):
    name = "broken-link"
    sentence = "The runbooks link to a page that is not there."
    breaks = "runbooks"
    file = "docs/runbooks.md"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("(slo.md#objectives)", "(objectives.md)")


class OldReview(SpoiledFile):
    name = "old-review"
    sentence = "The objectives were reviewed two years ago."
    breaks = "objectives"
    file = "docs/slo.md"

    @staticmethod
    def spoil(text: str) -> str:
        return re.sub(r"reviewed: \d{4}", lambda found: f"reviewed: {int(found[0][-4:]) - 2}", text)


class FailingTest(SpoiledFile):
    name = "failing-test"
    sentence = "An acceptance test of the newest build failed."
    breaks = "acceptance tests"
    file = "ci/junit-acceptance.xml"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace(" />\n</testsuite>", '><failure message="refused" /></testcase>\n</testsuite>')


class OldBuild(SpoiledFile):
    name = "old-build"
    sentence = "The integration tests ran on the release before."
    breaks = "integration tests"
    file = "ci/junit-integration.xml"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace(NEWEST, "v0.1.0")


class VulnerablePackage(SpoiledFile):
    name = "vulnerable-package"
    sentence = "The audit has found something wrong with a package."
    breaks = "audit"
    file = "ci/pip-audit.json"

    @staticmethod
    def spoil(text: str) -> str:
        found = '[{"id": "PYSEC-2026-1", "fix_versions": ["8.3.2"], "aliases": [], "description": "An example."}]'
        return re.sub(r'("8\.3\.1",\s+"vulns": )\[\]', rf"\g<1>{found}", text)


class EmptyAudit(SpoiledFile):
    name = "empty-audit"
    sentence = "The audit looked at no package, and found nothing wrong."
    breaks = "audit"
    file = "ci/pip-audit.json"

    @staticmethod
    def spoil(text: str) -> str:
        return re.sub(r'"version": "[^"]*",\s+"vulns": \[\]', '"skip_reason": "not found on the index"', text)


class DriftedBill(SpoiledFile):
    name = "drifted-bill"
    sentence = "The bill of materials lists a version that is not locked."
    breaks = "bill of materials"
    file = "ci/bom.cdx.json"

    @staticmethod
    def spoil(text: str) -> str:
        return text.replace("0.50.0", "0.49.0")


SWITCHES: dict[str, Switch] = {
    switch.name: switch
    for switch in (
        Down(),
        Slow(),
        FailingBody(),
        StaleReport(),
        FutureReport(),
        TruncatedMetrics(),
        MissingLedgerRows(),
        ChangedShadowRows(),
        TruncatedBackup(),
        WrongDatabaseBackup(),
        EmptyBackup(),
        BrokenLink(),
        OldReview(),
        FailingTest(),
        OldBuild(),
        VulnerablePackage(),
        EmptyAudit(),
        DriftedBill(),
    )
}


class Switchboard:
    """Which switches are on. One hand at a time: whoever comes second waits."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._on: set[str] = set()
        self._lock = threading.RLock()

    def states(self) -> dict[str, bool]:
        """Every switch by name, and whether it is on."""
        with self._lock:
            return {name: name in self._on for name in SWITCHES}

    def turn(self, name: str, *, on: bool) -> None:
        """Turns one switch; turning it to where it stands already changes nothing."""
        if name not in SWITCHES:
            raise SandboxError(f"{name}: no such switch; there are {', '.join(SWITCHES)}")
        with self._lock:
            if on == (name in self._on):
                return
            if on:
                self._refuse_a_second(SWITCHES[name])
                self._on.add(name)
                SWITCHES[name].on(self._parts)
            else:
                SWITCHES[name].off(self._parts)
                self._on.discard(name)

    def deploy(self, version: str) -> None:
        """Deploys a release; refused while the service has to be down."""
        with self._lock:
            if Down.name in self._on:
                raise SandboxError(f"{version}: cannot be deployed while the switch {Down.name} is on")
            self._parts.deployment.deploy(version)

    def start(self) -> None:
        """Starts the service where somebody ended it; refused while it has to be down."""
        with self._lock:
            if Down.name in self._on:
                raise SandboxError(f"the service cannot be started while the switch {Down.name} is on")
            self._parts.deployment.resume()

    def mend(self) -> None:
        """Restores the good state: every switch off, the newest release deployed."""
        with self._lock:
            for name in sorted(self._on):
                self.turn(name, on=False)
            if self._parts.deployment.release != NEWEST:
                self._parts.deployment.deploy(NEWEST)

    def _refuse_a_second(self, switch: Switch) -> None:
        for name in self._on:
            if SWITCHES[name].breaks == switch.breaks:
                raise SandboxError(f"{switch.name}: {name} is on and breaks the same thing; turn it off first")
