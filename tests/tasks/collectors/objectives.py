"""Objectives in tests: series over two days, a check that asks for them, and what the suite makes of the answers."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from checks.evidence.records import Evidence
from checks.expectations.judge import judge
from checks.expectations.objective import OBJECTIVE
from checks.expectations.suite import Occasion
from checks.findings import Finding, Verdict
from checks.kinds.objective import ObjectiveCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from examples.sandbox.recorder import Recorded
from tasks.collectors.objective import ObjectiveCollector
from tests.tasks.collectors.asking import sources
from tests.tasks.prometheus import recorded

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
END = int(NOON.timestamp())
DAY = 86_400
WINDOW = 2 * DAY
BEGUN = END - WINDOW - 3_600
ID = "the-check"
TARGET = {"job": "api", "instance": "10.0.0.1:80"}


def objective(**given: Any) -> ObjectiveCheck:
    """Of the requests of two days 99 % are good, unless a test says otherwise."""
    asked: dict[str, Any] = {
        "id": ID,
        "history": {"prometheus": "api", "interval": "5m"},
        "ratio_metric": {"bad": {"metric": "requests", "labels": {"code": "5*"}}, "total": {"metric": "requests"}},
        "target": "99%",
        "time_window": "2d",
        **given,
    }
    if "threshold_metric" in given:
        del asked["ratio_metric"]
    return ObjectiveCheck.model_validate(asked)


def counter(
    name: str, labels: dict[str, str], value: Callable[[int], float], *, times: Iterable[int] | None = None
) -> Recorded:
    """A series with a sample every five minutes of two days and of the hour before them."""
    listed = range(BEGUN, END + 1, 300) if times is None else times
    return recorded(name, {**TARGET, **labels}, [(at, value(at)) for at in listed])


def requests(bad: int = 5, total: int = 1_000, **labels: str) -> list[Recorded]:
    """Of so many requests in five minutes, so many bad ones."""
    return [
        counter("requests", {"code": "200", **labels}, lambda at: grown(at) * (total - bad)),
        counter("requests", {"code": "503", **labels}, lambda at: grown(at) * bad),
    ]


def changed(series: Recorded, value: Callable[[int, float], float]) -> Recorded:
    """The series with other values, by their second and the old one."""
    return recorded(series.name, series.labels, [(at, value(at, old)) for at, old in pairs(series)])


async def asked(check: ObjectiveCheck, url: str, *, at: datetime = NOON, **http: Any) -> Evidence:
    collector = ObjectiveCollector(sources(url, **{"limit": 50_000_000, **http}), lambda: at)
    try:
        evidence = await collector.collect(check)
    finally:
        await collector.aclose()
    assert ObjectiveCollector.rows_from(check, evidence.captures) == evidence.rows
    return evidence


def judged_together(
    collected: Sequence[tuple[ObjectiveCheck, Evidence]], *, at: datetime = NOON
) -> list[dict[str, Verdict]]:
    """For each collection the verdict on each subject, all in one validation, which is what takes time."""
    renamed = [
        (check.model_copy(update={"id": f"case-{number}"}), _renamed(evidence, f"case-{number}"))
        for number, (check, evidence) in enumerate(collected)
    ]
    slot = Slot(at.replace(minute=0, second=0), Cadence.HOURLY)
    found = judge(OBJECTIVE, renamed, slot=slot, occasion=Occasion(at, {}))
    return [
        {verdict.subject.replace(judgement.check, ID): verdict for verdict in judgement.verdicts} for judgement in found
    ]


def _renamed(evidence: Evidence, name: str) -> Evidence:
    rows = tuple(row.model_copy(update={"subject": row.subject.replace(ID, name)}) for row in evidence.rows)
    return replace(evidence, check=name, rows=rows)


def unmet(verdict: Verdict) -> Finding:
    """What decided: the first finding that did not pass, before what could not be judged for it."""
    return next(finding for finding in verdict.findings if finding.outcome is not Outcome.PASS)


def cut(series: Recorded, *, since: int = 0, before: int = END + 1) -> Recorded:
    """The series without what lies before a second, or from one on."""
    return recorded(series.name, series.labels, [(at, value) for at, value in pairs(series) if since <= at < before])


def pairs(series: Recorded) -> list[tuple[int, float]]:
    """Its samples as (second, value)."""
    return list(zip((series.instants // 1000).tolist(), series.values.tolist(), strict=True))


def histogram(*shares: tuple[str, float], until: float = 1.0, **labels: str) -> list[Recorded]:
    """Cumulative buckets that grow by shares of a thousand in five minutes."""
    return [
        counter("seconds_bucket", {"le": le, **labels}, lambda at, share=share: grown(at) * 1_000 * share)
        for le, share in (*shares, ("+Inf", until))
    ]


def grown(at: int) -> int:
    """How often five minutes have passed since the first sample."""
    return (at - BEGUN) // 300


def labelled(code: str, metric: str = "requests") -> dict[str, Any]:
    return {"metric": metric, "labels": {"code": code}}
