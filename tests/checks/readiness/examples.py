"""A small system whose evidence the tests of readiness models share."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.catalog import Catalog, catalog_model
from checks.evidence.people import Waiver
from checks.findings import Finding, RunContext, Verdict
from checks.kinds.health import HealthCheck
from checks.outcome import Outcome, Severity
from checks.readiness.facts import Facts
from checks.readiness.registry import TEMPLATES
from checks.slots import Cadence, Slot

SLOT = Slot(datetime(2026, 11, 22, 14, tzinfo=UTC), Cadence.HOURLY)
NOW = SLOT.at + timedelta(minutes=10)
VERSION = "v0.2.0"
CHECKS = ("api", "books", "restore", "docs")


def catalog(models: Mapping[str, Any] | None = None, **more: Any) -> Catalog:
    """A catalogue with four checks and some models, as a file would state it."""
    checks = {name: {"id": name, "kind": "health", "endpoints": [f"web:/{name}"]} for name in CHECKS}
    told = {name: {"id": name, **model} for name, model in (models or {}).items()}
    values = {"system": "desk", "environment": "production", "sources": {"web": {"http": "http://127.0.0.1"}}}
    return catalog_model({"health": HealthCheck}, TEMPLATES).model_validate(
        {**values, "checks": checks, "models": told, **more}
    )


def verdict(check: str, outcome: Outcome = Outcome.PASS, *, slot: Slot = SLOT, expectation: str = "http") -> Verdict:
    """What one check found about its one endpoint."""
    subject = f"web:/{check}"
    found = Finding(
        check=check,
        kind="health",
        subject=subject,
        expectation=expectation,
        outcome=outcome,
        severity=Severity.MAJOR,
        because=f"it is {outcome}",
    )
    return Verdict(check, "health", subject, slot, (found,), slot.at + timedelta(minutes=7))


def facts(
    known: Catalog,
    verdicts: Iterable[Verdict] | None = None,
    *,
    waivers: Iterable[Waiver] = (),
    version: str | None = VERSION,
    as_of: datetime = NOW,
) -> Facts:
    """Facts in which every check passes, unless other verdicts are given; all of one version in production."""
    given = list(verdicts) if verdicts is not None else [verdict(check) for check in CHECKS]
    contexts = {one.slot: RunContext("production", version, "c" * 64) for one in given}
    return Facts.of(known, given, contexts=contexts, waivers=waivers, as_of=as_of)


def waiver(
    check: str = "api", *, since: timedelta = timedelta(days=1), lasts: timedelta = timedelta(days=30)
) -> Waiver:
    """An exception granted some time before now."""
    at = NOW - since
    values = {"subject": "*", "check": check, "reason": "the supplier is late", "requested_by": "desk"}
    return Waiver.model_validate(
        {**values, "at": at, "by": "risk", "expires_at": at + lasts, "compensating_control": "watched by hand"}
    )
