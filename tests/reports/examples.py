"""A small system and one run over it, which the tests of pages share."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from checks.catalog import Catalog, Check, HttpSource, Service
from checks.evidence.in_force import InForce, QuotedChange
from checks.evidence.inputs import A_DAY_AGO
from checks.evidence.open_items import followed
from checks.evidence.records import Evidence, Provenance, RawCapture, Scalar
from checks.findings import Finding, Judgement, Verdict
from checks.kinds.comparison import ExpectedDifference
from checks.kinds.health import HealthCheck, HealthRow
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow, Slice
from checks.kinds.rollback import RollbackCheck
from checks.kinds.usage import Ranked, UsageRow
from checks.outcome import Outcome, Severity
from checks.places import Place
from checks.readiness.acceptance import AcceptanceModel
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from checks.slots import Cadence, Slot
from reports.bundle import Report, Run, report
from reports.comparison import ComparisonPage, comparison_page
from reports.drills import DrillPage, DrillRun, DrillSpan, drill_page
from reports.ledgers import expected_lines
from reports.models import ModelPage
from reports.tracker import Bundles, Past, Tracker, tracker
from reports.usage import top_tables
from tests.checks.readiness import examples as readiness
from tests.checks.readiness.models import MODELS

SLOT = Slot(datetime(2026, 11, 22, 14, tzinfo=UTC), Cadence.HOURLY)
NOW = SLOT.at + timedelta(minutes=7, seconds=30)


def health(name: str, *paths: str, **more: object) -> HealthCheck:
    """A health check of the source `api`."""
    endpoints = tuple(Place("api", path) for path in paths or ("/health",))
    return HealthCheck.model_validate({"id": name, "endpoints": endpoints, **more})


def catalog(*checks: HealthCheck) -> Catalog:
    return Catalog(
        system="desk-stack",
        environment="production",
        sources={"api": HttpSource(http="http://127.0.0.1:8080")},
        services={"desk": Service(owner="Desk Ops"), "ledger": Service(owner="Finance")},
        checks={check.id: check for check in checks},
    )


def finding(check: str, outcome: Outcome, *, because: str = "HTTP 200; expected 200", **more: object) -> Finding:
    values = {"kind": "health", "subject": "api:/health", "expectation": "http", "severity": Severity.MAJOR}
    return Finding.model_validate({**values, "check": check, "outcome": outcome, "because": because, **more})


def verdict(
    check: str, outcome: Outcome, *, slot: Slot = SLOT, subject: str = "api:/health", **more: object
) -> Verdict:
    found = finding(check, outcome, subject=subject, **more)
    return Verdict(check, "health", subject, slot, (found,), slot.at + timedelta(minutes=7))


def evidence(check: str, *, request: str = "http://127.0.0.1:8080/health", body: str | None = "pass") -> Evidence:
    parameters: dict[str, Scalar] = {"timeout": 10}
    provenance = Provenance(
        collector="health",
        collector_version="0.1.0+4f2c1d9",
        source="api",
        request=request,
        parameters=parameters,
        started_at=SLOT.at + timedelta(minutes=7),
        ended_at=SLOT.at + timedelta(minutes=7, milliseconds=120),
        rows=1,
    )
    row = HealthRow(subject="api:/health", url=request, http_status=200, body_status=body, seconds=0.0421)
    return Evidence(check, (row,), (RawCapture("health", b"{}"),), provenance)


def beside(slot: Slot) -> str:
    """Where a tracker finds the reports of a slot's bundle."""
    return f"../evidence/{slot.label}/bag/data"


def tracked(
    known: Catalog, verdicts: Sequence[Verdict], *, as_of: datetime, bundles: Bundles, since: Past | None = None
) -> Tracker:
    """The tracker of some verdicts, without waivers."""
    facts = Facts.of(known, verdicts, contexts={}, waivers=(), as_of=as_of)
    return tracker(facts, bundles=bundles, since=since)


def a_tracker() -> Tracker:
    """One check of each fate, with an earlier tracker to compare with."""
    checks = (
        health("desk-health", title="The desk answers", service="desk"),
        health("ledger-health", service="ledger"),
        health("forgotten"),
        health("never"),
    )
    verdicts = [
        verdict("desk-health", Outcome.FAIL, because="HTTP 503; expected 200"),
        verdict("ledger-health", Outcome.PASS),
        verdict("forgotten", Outcome.PASS, slot=Slot(SLOT.at - timedelta(hours=5), Cadence.HOURLY)),
    ]
    before = tracked(
        catalog(*checks, health("retired")),
        [verdict("desk-health", Outcome.PASS, slot=Slot(SLOT.at - timedelta(hours=1), Cadence.HOURLY))],
        as_of=NOW - timedelta(hours=1),
        bundles=beside,
    )
    made = tracked(catalog(*checks, health("new")), verdicts, as_of=NOW, bundles=beside, since=before)
    return replace(made, in_force=some_changes())


def some_changes() -> InForce:
    """One that comes with this run and nobody approved, one that somebody did, and older ones."""
    change = {"at": NOW, "what": "catalogue", "approved": False, "approval": "approved by nobody"}
    coming = QuotedChange.model_validate({"leaf": None, **change})
    approved = {"leaf": 7, "at": NOW - timedelta(days=3), "approved": True, "approval": "approved by ada"}
    return InForce(changes=(coming, QuotedChange.model_validate(change | approved)), older=4, older_unapproved=3)


def a_model(template: str) -> ModelPage:
    """A readiness model whose evidence passes, fails and is not there, and where it stood before."""
    known = readiness.catalog({"it": MODELS[template]})
    verdicts = [readiness.verdict("api"), readiness.verdict("books", Outcome.FAIL)]
    found = assess_all(readiness.facts(known, verdicts), ASSESS)["it"]
    week, day = found.as_earlier("a week ago"), found.as_earlier(A_DAY_AGO)
    week = week.model_copy(update={"as_of": found.as_of - timedelta(days=7), "figure": 0.0})
    day = day.model_copy(update={"as_of": found.as_of - timedelta(days=1), "parts": {"gone": "PASS"}})
    return ModelPage(found, (week, day), beside)


def an_acceptance() -> ModelPage:
    """An acceptance with a limit of each fate: an objective of two tenants with a gap, a drill, and what never was."""
    objective = ObjectiveCheck.model_validate(
        {
            "id": "errors",
            "title": "Requests are answered",
            "history": {"prometheus": "web"},
            "ratio_metric": {"bad": {"metric": "bad"}, "total": {"metric": "all"}},
            "target": "99%",
        }
    )
    model = {
        "template": "acceptance",
        "items": {
            "errors": {"requires": ["errors"], "title": "Errors under 1 %", "owner": "Desk Ops"},
            "rollback": {"requires": ["back"]},
            "never": {"requires": ["never"]},
        },
    }
    named = AcceptanceModel.model_validate({"id": "it", **model})
    checks: dict[str, Check] = {check.id: check for check in (objective, rollback("back"), rollback("never"))}
    known = Catalog(
        system="desk",
        environment="staging",
        sources={"web": HttpSource(http="http://127.0.0.1"), "api": HttpSource(http="http://127.0.0.1:8080")},
        checks=checks,
        models={"it": named},
    )
    verdicts = [*map(_kept, ("errors", "tenant=aurora")), drilled("back", seconds=75.0)]
    facts = readiness.facts(known, verdicts, as_of=NOW)
    contexts = {slot: replace(context, environment="staging") for slot, context in facts.contexts.items()}
    facts = replace(facts, contexts=contexts, rows={"errors": tuple(objective_rows())})
    return ModelPage(assess_all(facts, ASSESS)["it"], (), beside)


def _kept(subject: str) -> Verdict:
    found = finding("errors", Outcome.PASS, subject=subject, expectation="target", because="good: 99.5 %")
    return Verdict("errors", "objective", subject, SLOT, (found,), NOW)


def objective_rows() -> Iterator[ObjectiveRow]:
    """Thirty days with a bad stretch, a doubtful one and a gap; and a tenant of which little is known."""
    course = [Slice(low=995, high=995, total=1_000)] * 117
    course += [
        Slice(low=700, high=700, total=1_000),
        Slice(low=900, high=995, total=1_000),
        Slice(low=0, high=0, total=0),
    ]
    window: dict[str, Any] = {"start": NOW - timedelta(days=30), "end": NOW, "form": "ratio"}
    seen: dict[str, Any] = {"coverage": 0.992, "longest_gap": 21_600.0, "samples": 8_600, "newest": NOW}
    gaps = ((NOW - timedelta(hours=6), NOW),)
    kept = {"total": 119_000, "low": 118_000, "high": 118_100, "series": 2, "resets": 1}
    yield ObjectiveRow.model_validate({"subject": "errors", **window, **seen, **kept, "gaps": gaps, "course": course})
    pair = {"part": "burn", "long": 3_600, "short": 300, "total": 100, "low": 99, "high": 99}
    short = {"short_total": 9, "short_low": 9, "short_high": 9}
    yield ObjectiveRow.model_validate({"subject": "errors", **window, **pair, **short})
    few = {"total": 20, "low": 20, "high": 20}
    yield ObjectiveRow.model_validate({"subject": "tenant=aurora", **window, **seen, **few})


def a_gate() -> ModelPage:
    """A release gate with an item of each fate, and where it stood before."""
    gate = {
        "template": "release-gate",
        "title": "May it go live?",
        "areas": {"books": {"title": "The books agree", "owner": "Finance"}},
        "items": {
            "live": {"requires": ["api"], "owner": "Desk Ops", "title": "It answers"},
            "agree": {"requires": ["books"], "area": "books"},
            "never": {"requires": ["restore"]},
            "said": {"claimed": "done"},
        },
    }
    known = readiness.catalog({"gate": gate})
    verdicts = [readiness.verdict("api"), readiness.verdict("books", Outcome.FAIL)]
    found = assess_all(readiness.facts(known, verdicts), ASSESS)["gate"]
    earlier = found.as_earlier("a week ago").model_copy(
        update={"as_of": found.as_of - timedelta(days=7), "figure": 0.0}
    )
    return ModelPage(found, (earlier,), beside)


def a_report() -> Report:
    """A check that fails, one that passes, one whose source could not be asked and one nobody judged."""
    checks = (health("fine", "/health", "/ready", service="desk"), health("unseen"), health("lost"), health("down"))
    judgements = (
        Judgement("fine", (_met("api:/health"), _met("api:/ready")), b"{}\n"),
        Judgement("down", (_down(),), b"{}\n"),
        Judgement("lost", (verdict("lost", Outcome.ERROR, because="its source could not be asked"),)),
    )
    made = report(
        catalog(*checks),
        Run(
            slot=SLOT,
            as_of=NOW,
            judgements=judgements,
            evidence={"fine": evidence("fine"), "down": evidence("down")},
            catalog_digest=f"sha256:{'9f86d081' * 8}",
            collector_version="0.1.0+4f2c1d9",
            version="1.4.2",
            in_force=some_changes(),
        ),
    )
    top = top_tables([usage()])
    return replace(made, passing=tuple(replace(check, top=top) for check in made.passing))


def usage() -> UsageRow:
    """Two weeks of usage, with the tenants that used most."""
    ranked = (Ranked(tenant="acme", figure="123456", share=0.75), Ranked(tenant="wayne", figure="41152", share=None))
    days = {"first": "2026-11-08", "last": "2026-11-21"}
    return UsageRow(subject="usage", part="all", **days, top={"throughput": ranked, "retries": ()})


def _met(subject: str) -> Verdict:
    paths = ("data/raw/fine/health.body", "data/rows/fine.jsonl")
    return verdict("fine", Outcome.PASS, subject=subject, observed=200, expected="200", evidence=paths)


def _down() -> Verdict:
    met = finding("down", Outcome.PASS, expectation="prompt", because="took 0.042 s", observed=0.0421, expected=1.0)
    unmet = finding(
        "down",
        Outcome.FAIL,
        because="HTTP 503; expected 200",
        observed=503,
        expected="200",
        evidence=("data/raw/down/health.body",),
    )
    return Verdict("down", "health", "api:/health", SLOT, (met, unmet), NOW)


def told(**more: Any) -> dict[str, Any]:
    """A comparison's result in its JSON form, with something of every class in it."""
    rows = {"left": 10, "right": 10, "matched": 9, "missing": 1, "extra": 1, "changed": 2}
    no_rows = {"duplicate_left": 0, "duplicate_right": 1, "in_flight": 0}
    sample = {"left": None, "right": None, "columns": []}
    side = {"dialect": "postgresql", "taken_at": "2026-11-22T14:07:00Z", "facts": {}}
    return {
        "rows": {**rows, **no_rows},
        "columns": {
            "tenant": {"changed": 0, "exact": True, "kind": "text"},
            "amount": {"changed": 2, "exact": False, "kind": "numeric"},
        },
        "groups": [
            {
                "group": {"tenant": "acme"}, "measure": "amount", "left": "10.00", "right": "7.50",
                "difference": "-2.50", "rows_left": 5, "rows_right": 5, "within": False,
            }
        ],
        "controls": [
            {
                "measure": "amount", "left": "10.00", "right": "7.50", "difference": "-2.50", "within": False,
                "adds_up": True, "row_by_row": False,
                "classes": {
                    "equal": {"left": "4.50", "right": "4.50"}, "changed": {"left": "2.50", "right": "-1.00"},
                    "missing": {"left": "3.00", "right": None}, "extra": {"left": None, "right": "4.00"},
                    "unkeyed": {"left": "0", "right": "0"},
                },
            }
        ],
        "samples": [
            {
                **sample, "kind": "changed", "key": {"id": 7}, "left": {"tenant": "acme", "amount": "1.50"},
                "right": {"tenant": "acme", "amount": "1.05"}, "columns": ["amount"],
            },
            {**sample, "kind": "changed", "key": {"id": 8}, "left": {"amount": "1"}, "right": {"amount": "2"},
             "columns": ["amount"]},
            {**sample, "kind": "missing", "key": {"id": 3}, "left": {"tenant": "acme", "amount": "3.00"}},
            {**sample, "kind": "extra", "key": {"id": 4}, "right": {"tenant": "acme", "amount": "4.00"}},
            {**sample, "kind": "duplicate_right", "key": {"id": 5}},
        ],
        "coverage": {
            "key": ["id"], "key_from": "primary key", "columns": ["tenant", "amount"],
            "columns_from": "named", "ignored": [], "left_out": ["booked_at"],
            "left_only": ["note"], "right_only": [], "left_filter": "amount > 0", "right_filter": None,
            "null_keys_left": 0, "null_keys_right": 0, "groups": 1, "groups_left": 1, "groups_right": 1,
            "looked_again": 0, "differed": 4, "lines_left": 0, "lines_right": 0,
            "rules": {"amount": "within 0.01"}, "mapped": {"amount": ["cents / 100.0", "amount"]}, "matching": {},
        },
        "plan": {"way": "segments", "because": "few rows differ in the probe", "probed_rows": 6, "probed_share": 0.0},
        "bits": {"bits": 64, "chance": 1e-18},
        "snapshots": {"left": {"name": "postgresql://a/b#t", **side}, "right": {"name": "rows.csv", **side}},
        "queries": [],
        **more,
    }  # fmt: skip


def a_comparison() -> ComparisonPage:
    """A page with every section."""
    before = followed(None, told(), SLOT.at - timedelta(hours=2))
    open_items = followed(before, told(), SLOT.at)
    coverage = told()["coverage"]
    coverage |= {
        "matching": {"how": "one to many", "many": "right", "amount": "amount", "bundles": 9},
        "lines_left": 10, "lines_right": 14, "null_keys_left": 1,
    }  # fmt: skip
    known = ExpectedDifference(what="missing", rows=1, until=SLOT.at, reason="a late booking")
    return comparison_page(
        told(coverage=coverage), title="books-agree", as_of=SLOT.at, open_items=open_items,
        expected=expected_lines([known], NOW),
    )  # fmt: skip


def a_drill_page() -> DrillPage:
    """A rollback drill that passes and has a history, a restore that is overdue, and one that never was carried out."""
    week = timedelta(weeks=1)
    catalogue = Catalog(
        system="desk-stack",
        environment="staging",
        sources={"api": HttpSource(http="http://127.0.0.1:8080")},
        services={"desk": Service(owner="Desk Ops")},
        checks={check.id: check for check in (rollback("back", service="desk"), rollback("old"), rollback("never"))},
    )
    spans = (DrillSpan("before", 0.0, 0.5), DrillSpan("back", 0.5, 31.25), DrillSpan("forward", 31.75, 4.0))
    runs = [
        DrillRun(drilled("back", seconds=31.25), spans),
        DrillRun(drilled("back", seconds=12.0, ago=week)),
        DrillRun(drilled("back", seconds=75.0, ago=2 * week)),
        DrillRun(drilled("old", seconds=12.0, ago=3 * week)),
    ]
    return drill_page(catalogue, tuple(catalogue.checks.values()), runs, as_of=NOW, bundles=beside)


def rollback(name: str, **more: object) -> RollbackCheck:
    """A rollback drill on the source `api`."""
    trigger = {"call": "api:/deploy"}
    steady = {"endpoints": ["api:/health"]}
    told = {"id": name, "steady": steady, "version": {"at": "api:/version"}, "back": trigger, "forward": trigger}
    return RollbackCheck.model_validate({**told, **more})


def drilled(name: str, *, seconds: float, ago: timedelta = timedelta(0)) -> Verdict:
    """A rollback drill's verdict that measured so many seconds of 60."""
    slot = Slot(Slot.current(Cadence.WEEKLY, NOW - ago).at, Cadence.WEEKLY)
    outcome = Outcome.PASS if seconds <= 60 else Outcome.FAIL
    values = {"kind": "rollback", "expectation": "rollback-time", "severity": Severity.MAJOR, "subject": name}
    because = f"{seconds:g} s from the trigger to the first healthy answer"
    values |= {"check": name, "outcome": outcome, "observed": seconds, "expected": 60.0, "because": because}
    found = Finding.model_validate(values)
    return Verdict(name, "rollback", name, slot, (found,), slot.at + timedelta(minutes=41))
