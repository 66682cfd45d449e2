"""Dependency audits: which packages were looked at, and what is known to be wrong with them?"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Name
from checks.evidence.records import Instant, Record
from checks.kinds.dated import TIMESTAMPS, AgeExpectation, DatedCheck, VersionedRow
from checks.kinds.fields import FieldPath
from checks.places import Place

Grade = Literal["critical", "high", "medium", "low", "unknown"]
GRADES: tuple[Grade, ...] = ("critical", "high", "medium", "low", "unknown")
Most = Annotated[int, Field(ge=0)]


class AuditExpectation(AgeExpectation):
    """What every audit must show.

    `most` is how many findings of a grade may stand; of a grade that is not named, any number. A finding whose grade
    the tool does not tell is `unknown`. `packages` is the least number that must have been looked at, and `skipped` the
    most that the tool may have passed over.
    """

    most: dict[Grade, Most] = Field(default={"critical": 0, "high": 0, "unknown": 0}, min_length=1)
    packages: Annotated[int, Field(ge=1)] = 1
    skipped: Most = 0


class AuditCheck(DatedCheck):
    """Reads what a dependency audit wrote as JSON: pip-audit, npm audit, osv-scanner or Grype.

    `inventory` is the SBOM that was audited, for tools that do not say how many packages they looked at. `timestamp` is
    where a report says when it was made, for tools that do not say it (put there by whoever runs them). A waiver on
    record for this check (`readiness waiver add CHECK --subject GHSA-…`) in the evidence folder that `log` names takes
    one vulnerability out, until its date.
    """

    kind: Literal["audit"] = "audit"
    reports: tuple[Place, ...] = Field(min_length=1)
    tool: Literal["pip-audit", "npm", "osv-scanner", "grype"]
    inventory: Place | None = None
    timestamp: FieldPath | None = None
    log: Name | None = None
    expect: AuditExpectation

    @model_validator(mode="after")
    def _differ(self) -> Self:
        twice = sorted({str(place) for place in self.reports if self.reports.count(place) > 1})
        if twice:
            raise ValueError(f"reports: {', '.join(twice)} stands here more than once")
        return self

    @property
    def timestamps(self) -> tuple[FieldPath, ...]:
        """Where a report may say when it was made, in order."""
        return (self.timestamp,) if self.timestamp else ("descriptor.timestamp", *TIMESTAMPS)

    @property
    def sources(self) -> tuple[str, ...]:
        inventory = (self.inventory.source,) if self.inventory else ()
        log = (self.log,) if self.log else ()
        return (*(place.source for place in self.reports), *inventory, *log, *self.version_sources)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(str(place) for place in self.reports)


class Vulnerability(Record):
    """Something known to be wrong with a package; `aliases` are its other names."""

    id: str
    aliases: tuple[str, ...] = ()
    package: str
    version: str = ""
    grade: Grade


class WaivedVulnerability(Record):
    """An approved exception for one vulnerability, by any of its names, until an instant."""

    id: str
    until: Instant
    by: str


class AuditRow(VersionedRow):
    """One audit as it was found. `packages` is `None` where nobody knows how many were looked at.

    `waivers` are those that the evidence log holds for this check, whose subject is a vulnerability.
    """

    packages: int | None = None
    skipped: int | None = None
    suppressed: int | None = None
    vulnerabilities: tuple[Vulnerability, ...] | None = None
    waivers: tuple[WaivedVulnerability, ...] = ()
