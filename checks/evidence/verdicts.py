"""`verdicts.json`: every finding of a slot, as an auditor reads it."""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from checks.errors import VerificationError
from checks.evidence.records import Instant, Record
from checks.findings import Finding
from checks.outcome import Outcome

M = TypeVar("M", bound=BaseModel)


class Verdicts(Record):
    """What a slot came to. `slot` is the slot's instant; its cadence is part of the stream."""

    stream: str
    slot: Instant
    environment: str
    version: str | None
    findings: tuple[Finding, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many findings have each outcome, all ten of them, zeros too."""
        return counted(finding.outcome for finding in self.findings)


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="ignore"))
class CountedFinding:
    """All of a finding that counting needs."""

    outcome: Outcome


class VerdictsSummary(BaseModel):
    """What a slot came to, in numbers: of tens of thousands of findings only the outcomes are kept in memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stream: str
    slot: Instant
    environment: str
    version: str | None
    findings: tuple[CountedFinding, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many findings have each outcome, all ten of them, zeros too."""
        return counted(finding.outcome for finding in self.findings)


def counted(outcomes: Iterable[Outcome]) -> dict[Outcome, int]:
    """How often each of the ten outcomes occurs."""
    found = Counter(outcomes)
    return {outcome: found[outcome] for outcome in Outcome}


def read_verdicts(data: bytes) -> Verdicts:
    """Reads `verdicts.json`; a key nobody declared or a word that is no outcome is refused."""
    return _read(Verdicts, data)


def summarise_verdicts(data: bytes) -> VerdictsSummary:
    """Reads no more of `verdicts.json` than a summary needs."""
    return _read(VerdictsSummary, data)


def _read(kind: type[M], data: bytes) -> M:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the document"
        raise VerificationError(f"{where}: {first['msg']}") from error
