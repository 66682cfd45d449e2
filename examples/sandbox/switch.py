"""What a switch is: one way to break the sandbox that a check must notice, and to mend it again."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from examples.sandbox.backups import Backups
from examples.sandbox.cache import Cache
from examples.sandbox.deployment import Deployment
from examples.sandbox.faults import Faults
from examples.sandbox.ledger import Ledger
from examples.sandbox.monitoring import Monitoring
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
    cache: Cache
    team: TeamFiles
    monitoring: Monitoring


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


class Fault(Switch):
    """A fault that the service shows while it is told to."""

    fault: ClassVar[str]

    def on(self, parts: Parts) -> None:
        parts.faults.set(self.fault)

    def off(self, parts: Parts) -> None:
        parts.faults.clear(self.fault)


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
