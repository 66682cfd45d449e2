"""Slots and verdicts for tests, with everything that a test does not care about filled in."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from checks.evidence.inputs import NOW, EarlierStanding
from checks.findings import Finding, Verdict
from checks.outcome import Outcome, Severity
from checks.slots import Cadence, Slot
from tasks.store.database import create_store_engine, parse_url
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import RunContext, SlotContents, SlotStatus

TWO = datetime(2026, 11, 22, 14, tzinfo=UTC)
CONTEXT = RunContext("production", "1.4.2", "sha256:" + "c" * 64)


def hour(number: int = 0) -> Slot:
    """The hourly slot so many hours after two o'clock."""
    return Slot(TWO + timedelta(hours=number), Cadence.HOURLY)


def finding(because: str = "answered in 0.2 s", *, outcome: Outcome = Outcome.PASS, check: str = "api") -> Finding:
    return Finding(
        check=check,
        kind="health",
        subject=check,
        expectation="prompt",
        outcome=outcome,
        severity=Severity.MAJOR,
        observed=0.2,
        expected=1.0,
        because=because,
        evidence=(f"raw/{check}/health.body",),
    )


def verdict(slot: Slot, because: str = "answered in 0.2 s", *, check: str = "api", mark: str | None = None) -> Verdict:
    judged_at = slot.at + timedelta(seconds=1, microseconds=7)
    return Verdict(check, "health", check, slot, (finding(because, check=check),), judged_at, mark)


def record(store: EvidenceStore, slot: Slot, *verdicts: Verdict, status: SlotStatus = SlotStatus.COLLECTED) -> bool:
    given = verdicts or (verdict(slot),)
    return store.record(slot, SlotContents(given), status=status, context=CONTEXT, staging=f".staging/{slot.label}")


def standing(at: datetime, model: str = "gate", *, ago: str = NOW) -> EarlierStanding:
    """Where a model stood at an instant."""
    return EarlierStanding(
        model=model,
        ago=ago,
        as_of=at,
        outcome=Outcome.FAIL,
        sentence="1 of 2 hold",
        figure=50.0,
        figure_words="50 %",
        parts={"api": "PASS", "books": "FAIL"},
    )


def seal(store: EvidenceStore, slot: Slot) -> None:
    digest, path = f"sha256:{slot.label}", f"{slot.at:%Y/%m/%d}/{slot.label}"
    store.seal(slot, digest=digest, path=path, at=slot.at + timedelta(minutes=2, microseconds=5))


@contextmanager
def past_the_store(url: str) -> Iterator[Connection]:
    """A transaction of somebody who goes to the database directly."""
    engine = create_store_engine(parse_url(url))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()
