"""What assessing costs as history grows: every readiness model over years of hourly verdicts of a thousand checks.

Usage: python -m benchmarks.assess [--quick] [--json] [--days N] [--postgresql URL]. `--quick` takes 8 days instead of
five years (43.8 million verdicts). The history is one real day, copied within the database. PostgreSQL is measured
where the URL of a server is given on which databases may be made. Everything that was made is removed.
"""

import argparse
import json
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from checks.catalog import Catalog, catalog_model
from checks.findings import Finding, RunContext, Verdict
from checks.kinds.health import HealthCheck
from checks.outcome import Outcome, Severity
from checks.readiness.assessing import assess_all
from checks.readiness.registry import ASSESS, TEMPLATES
from checks.slots import Cadence, Slot
from flows.facts import facts_at
from flows.model_pages import model_pages
from tasks.store.database import create_store_engine, parse_url
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tasks.store.slot_numbers import number_of

CHECKS, ROUNDS, PAST = 1_000, 5, 7
START = datetime(2026, 1, 5, tzinfo=UTC)
DAY = timedelta(days=1)
CONTEXT = RunContext("production", "v0.2.0", "c" * 64)


def catalog() -> Catalog:
    """A thousand checks, and a model of each template that rests on all of them."""
    names = [f"check-{number:04}" for number in range(CHECKS)]
    checks = {name: {"id": name, "kind": "health", "endpoints": [f"web:/{name}"]} for name in names}
    quarters = [names[place::4] for place in range(4)]
    criterion = {"group": "All", "dimension": "reliability", "level": "L1", "requires": ["{service}"]}
    models: dict[str, Any] = {
        "gate": {"template": "release-gate", "items": {name: {"requires": [name]} for name in quarters[0]}},
        "score": {
            "template": "weighted-score",
            "categories": {
                "all": {"title": "All", "weight": 100, "items": {name: {"requires": [name]} for name in quarters[1]}}
            },
        },
        "card": {
            "template": "service-scorecard",
            "criteria": {"lives": {"title": "It lives", **criterion}},
            "services": {name: {"target": "L1"} for name in quarters[2]},
        },
        "register": {
            "template": "use-case-register",
            "evidence": {"seen": {"title": "Seen", "requires": ["{use_case}"]}},
            "use_cases": {name: {"code": name, "owner": "Desk Ops"} for name in quarters[3]},
        },
    }
    told = {name: {"id": name, **model} for name, model in models.items()}
    values = {"system": "bench", "environment": "production", "sources": {"web": {"http": "http://127.0.0.1"}}}
    model = catalog_model({"health": HealthCheck}, TEMPLATES)
    return model.model_validate({**values, "checks": checks, "models": told})


def verdicts(slot: Slot) -> list[Verdict]:
    """What a run found in a slot: each hundredth check fails."""
    found = []
    for number in range(CHECKS):
        name, subject = f"check-{number:04}", f"web:/check-{number:04}"
        outcome = Outcome.FAIL if number % 100 == 0 else Outcome.PASS
        finding = Finding(
            check=name,
            kind="health",
            subject=subject,
            expectation="http",
            outcome=outcome,
            severity=Severity.MAJOR,
            observed=200,
            expected=200,
            because="HTTP 200; expected 200",
        )
        found.append(Verdict(name, "health", subject, slot, (finding,), slot.at + timedelta(minutes=7)))
    return found


def record(store: EvidenceStore, slot: Slot) -> None:
    store.record(slot, SlotContents(verdicts(slot)), status=SlotStatus.COLLECTED, context=CONTEXT, staging=".")


def grow(connection: Connection, *, have: int, want: int) -> None:
    """Copies so many days of history behind those that are there, inside the database."""
    step = number_of(Slot(START + DAY, Cadence.HOURLY)) - number_of(Slot(START, Cadence.HOURLY))
    first = number_of(Slot(START, Cadence.HOURLY))
    while have < want:
        more = min(have, want - have)
        values = {"shift": step * have, "end": first + step * more}
        later = {
            "sqlite": f"{{0}} + {86_400_000_000 * have}",
            "postgresql": f"{{0}} + interval '{have} days'",
        }[connection.dialect.name]
        connection.execute(
            text(
                "INSERT INTO bundles (slot, cadence, at, status, environment, version, catalog_digest, digest, staging)"
                f" SELECT slot + :shift, cadence, {later.format('at')}, status, environment, version, catalog_digest,"
                " digest, staging FROM bundles WHERE slot < :end"
            ),
            values,
        )
        connection.execute(
            text(
                "INSERT INTO verdicts (series, slot, kind, outcome, severity, because, judged_at, fingerprint, digest,"
                f" findings) SELECT series, slot + :shift, kind, outcome, severity, because,"
                f" {later.format('judged_at')}, fingerprint, digest, findings FROM verdicts WHERE slot < :end"
                " ORDER BY slot, series"
            ),
            values,
        )
        have += more


@dataclass(frozen=True, slots=True)
class Costs:
    """Medians in seconds: assessing and rendering now, a past instant (and the slowest), an hourly run's store work."""

    now: float
    past: float
    past_worst: float
    hourly: float
    verdicts: int


def measured(url: str, known: Catalog, *, days: int) -> Costs:
    """Makes the history in a store, then measures."""
    with EvidenceStore.open(url) as store:
        for hour in range(24):
            record(store, Slot(START + timedelta(hours=hour), Cadence.HOURLY))
    engine = create_store_engine(parse_url(url))
    with engine.begin() as connection:
        grow(connection, have=1, want=days)
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("VACUUM ANALYZE")
    with engine.connect() as connection:
        stored = int(connection.execute(text("SELECT count(*) FROM verdicts")).scalar_one())
    engine.dispose()
    end = START + days * DAY
    rng = random.Random(7)
    with EvidenceStore.open(url) as store:
        now = [timed(lambda: assess_and_render(store, known, end)) for _ in range(ROUNDS)]
        instants = [START + timedelta(hours=rng.randrange(24 * days)) + timedelta(minutes=30) for _ in range(PAST)]
        past = [timed(lambda at=at: assess_all(facts_at(known, store, (), as_of=at), ASSESS)) for at in instants]
        hourly = [timed(lambda slot=slot: one_hour(store, slot)) for slot in _next_hours(end)]
    return Costs(statistics.median(now), statistics.median(past), max(past), statistics.median(hourly), stored)


def _next_hours(end: datetime) -> Iterator[Slot]:
    return (Slot(end + timedelta(hours=hour), Cadence.HOURLY) for hour in range(ROUNDS))


def assess_and_render(store: EvidenceStore, known: Catalog, as_of: datetime) -> None:
    model_pages(facts_at(known, store, (), as_of=as_of), (), lambda _: None)


def one_hour(store: EvidenceStore, slot: Slot) -> None:
    """What an hourly run asks of the store, and writes into it."""
    store.owe(Cadence.HOURLY, until=slot.at)
    store.fingerprints([f"check-{number:04}" for number in range(CHECKS)], before=slot, depth=10)
    record(store, slot)
    latest = store.latest(as_of=slot.at + timedelta(minutes=8))
    store.contexts({verdict.slot for verdict in latest})


def timed(work: Callable[[], object]) -> float:
    """Seconds of wall clock."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


@contextmanager
def postgresql(url: str, name: str) -> Iterator[str]:
    """The URL of an empty database on a server, which is dropped afterwards."""
    engine = create_store_engine(parse_url(url))
    with engine.connect() as connection:
        own = connection.execution_options(isolation_level="AUTOCOMMIT")
        own.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            yield parse_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            own.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    engine.dispose()


def rows_of(kind: str, day: Costs, years: Costs) -> list[dict[str, Any]]:
    """The table's rows for one kind of store: one day of history beside all of it."""
    pairs = {
        "assess now and render": (day.now, years.now),
        "assess a past instant": (day.past, years.past),
        "an hourly run's store work": (day.hourly, years.hourly),
    }
    return [
        {"store": kind, "what": what, "day": one, "all": many, "ratio": many / one}
        for what, (one, many) in pairs.items()
    ]


def targets_of(kind: str, day: Costs, years: Costs) -> Iterator[dict[str, Any]]:
    yield target(f"{kind}: assess now and render, over one day's history", years.now / day.now, 1.2)
    yield target(f"{kind}: the slowest past instant, s", years.past_worst, 2.0)
    yield target(f"{kind}: an hourly run's store work, over one day's history", years.hourly / day.hourly, 1.1)


def target(what: str, value: float, limit: float) -> dict[str, Any]:
    return {"what": what, "value": round(value, 3), "limit": limit, "met": value <= limit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--days", type=int)
    parser.add_argument("--postgresql", help="URL of a server where databases may be made")
    options = parser.parse_args()
    days = options.days or (8 if options.quick else 1826)
    known = catalog()
    rows: list[dict[str, Any]] = []
    targets: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        day = measured(f"sqlite:///{folder / 'day.db'}", known, days=1)
        years = measured(f"sqlite:///{folder / 'years.db'}", known, days=days)
        rows += rows_of("sqlite", day, years)
        targets += targets_of("sqlite", day, years)
        if options.postgresql:
            with postgresql(options.postgresql, f"bench_day_{os.getpid()}") as url:
                day = measured(url, known, days=1)
            with postgresql(options.postgresql, f"bench_years_{os.getpid()}") as url:
                years = measured(url, known, days=days)
            rows += rows_of("postgresql", day, years)
            targets += targets_of("postgresql", day, years)
    shown(rows, targets, verdicts=years.verdicts, as_json=options.json)


def shown(rows: list[dict[str, Any]], targets: list[dict[str, Any]], *, verdicts: int, as_json: bool) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found: Mapping[str, Any] = {"name": "assess", "cores": os.cpu_count(), "rows": rows, "targets": targets}
    if as_json:
        print(json.dumps(found))
        return
    print(f"{verdicts:,} verdicts of {CHECKS:,} checks; {os.cpu_count()} cores; peak {peak} MB")
    print(f"{'store':<12}{'what':<30}{'one day s':>12}{'all s':>12}{'ratio':>8}")
    for row in rows:
        print(f"{row['store']:<12}{row['what']:<30}{row['day']:>12.4f}{row['all']:>12.4f}{row['ratio']:>8.2f}")
    for one in targets:
        print(f"{'met' if one['met'] else 'MISSED':<8}{one['what']}: {one['value']} (at most {one['limit']})")


if __name__ == "__main__":
    main()
