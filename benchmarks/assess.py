"""What assessing costs as history grows: every readiness model, and hourly runs, over years of hourly verdicts.

Usage: python -m benchmarks.assess [--quick] [--json] [--days N] [--checks N] [--on sqlite|URL]… `--quick` takes 100
checks and 40 days instead of 1,000 and five years (43.8 million verdicts). `--on` is `sqlite`, the default, or the URL
of a PostgreSQL server on which databases may be made. A store of one day, and an empty one, are measured beside that of
all days, in turn. Everything that was made is removed.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import hourly_scale
from benchmarks.assess_history import HOUR, History, catalog_of, catalog_text, database_on, make, record
from checks.catalog import Catalog
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from checks.slots import Cadence, Slot
from flows.facts import earlier_standings, facts_at
from flows.model_pages import model_pages
from flows.settings import prepare_process
from reports.tracker import tracker, tracker_html
from tasks.store.evidence_store import EvidenceStore

ROUNDS, PAST = 5, 9
LEFT = (ROUNDS + 1) * HOUR
"""The hours before now that the history leaves to the runs that are measured."""
NOW, THEN, BEFORE, TRACKER, STORE, RUN, RUN_CPU = (
    "assess now and render",
    "assess a past instant",
    "where models stood before",
    "the tracker",
    "an hourly run's store work",
    "an hourly run",
    "of that, processor time",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One store, by how much it holds, and the seconds that everything took on it."""

    name: str
    url: str
    home: Path
    history: History
    catalog: Catalog
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def slots(self) -> Iterator[Slot]:
        """Those that come after the history."""
        number = 0
        while True:
            yield Slot(self.history.end + number * HOUR, Cadence.HOURLY)
            number += 1

    def time(self, what: str, work: Callable[[], object]) -> None:
        begun = time.perf_counter()
        work()
        self.seconds[what].append(time.perf_counter() - begun)

    def best(self, what: str) -> float | None:
        """Of what is done again and again the quickest: what else the machine does only adds to it."""
        found = self.seconds[what]
        return (statistics.median(found) if what == THEN else min(found)) if found else None


def run(one: Measured, slot: Slot) -> None:
    """One hourly run as the product runs it, from catalogue to pages, within this process.

    Without Prefect's heartbeat alone, whose thread looks once a second whether the run is over: every run would take a
    whole number of seconds, and one second more or less is what is measured.
    """
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    from flows.hourly import hourly

    os.environ |= {"READINESS_HOME": str(one.home), "READINESS_STORE": one.url}
    path = one.home / "readiness.yaml"
    if not path.exists():
        (one.home / "evidence" / one.history.last_bundle).mkdir(parents=True)  # else it is another home's store
        path.write_text(catalog_text(one.history))
    begun = time.process_time()
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        one.time(RUN, lambda: hourly(slot=slot.at, catalog=path))
    one.seconds[RUN_CPU].append(time.process_time() - begun)


def store_work(store: EvidenceStore, history: History, slot: Slot) -> None:
    """What such a run asks of the store, and writes into it."""
    store.owe(Cadence.HOURLY, until=slot.at)
    store.fingerprints(history.names, before=slot, depth=10)
    record(store, history, slot)
    store.contexts({verdict.slot for verdict in store.latest(as_of=slot.at + timedelta(minutes=8))})


def look(one: Measured) -> None:
    """Everything that only reads, as of the end of the history."""
    at, digest = one.history.end, one.history.context.catalog_digest
    with EvidenceStore.open(one.url) as store:

        def facts() -> Facts:
            return facts_at(one.catalog, store, (), as_of=at)

        one.time(NOW, lambda: model_pages(assess_all(facts(), ASSESS), (), lambda _: None))
        one.time(BEFORE, lambda: list(earlier_standings(one.catalog, digest, store, (), as_of=at)))
        one.time(TRACKER, lambda: tracker_html(tracker(facts(), bundles=lambda _: None)))


def look_back(one: Measured, rng: random.Random) -> None:
    """Some instants of the whole history, each asked for the first time."""
    hours = 24 * one.history.days
    with EvidenceStore.open(one.url) as store:
        for number in range(PAST):
            hour = 1 if number == 0 else rng.randrange(1, hours)
            at = one.history.start + hour * HOUR - HOUR / 2
            one.time(THEN, partial(assess_then, one, store, at))


def assess_then(one: Measured, store: EvidenceStore, at: datetime) -> None:
    assess_all(facts_at(one.catalog, store, (), as_of=at), ASSESS)


def measure(stores: list[Measured], *, rounds: int) -> None:
    """Every store in turn, round by round, so that what else the machine does falls on all alike."""
    filled, rng = stores[1:], random.Random(7)
    for one in filled:
        look_back(one, rng)
    coming = {one.name: one.slots for one in stores}
    for number in range(rounds + 1):
        for one in filled:
            look(one)
        for one in stores:
            run(one, next(coming[one.name]))
        if number == 0:  # it imported everything, and read pages that nobody had asked for yet
            for one in stores:
                for what in (NOW, BEFORE, TRACKER, RUN, RUN_CPU):
                    one.seconds[what].clear()
    for _ in range(5 * rounds):
        for one in stores:
            slot = next(coming[one.name])
            with EvidenceStore.open(one.url) as store:
                one.time(STORE, partial(store_work, store, one.history, slot))


@contextmanager
def stores_on(kind: str, history: History) -> Iterator[list[Measured]]:
    """An empty store, one of a day, and one of all days."""
    catalog = catalog_of(history)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        made = []
        for name, days in {"empty": 0, "day": 1, "all": history.days}.items():
            url = f"sqlite:///{folder / name}.db"
            if kind != "sqlite":
                url = stack.enter_context(database_on(kind, f"bench_{name}_{os.getpid()}"))
            one = Measured(name, url, folder / name, replace(history, days=days), catalog)
            if days:
                make(one.url, one.history)
            made.append(one)
        yield made


@contextmanager
def served() -> Iterator[None]:
    """A Prefect server, and a server that answers every health check."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        command = [sys.executable, hourly_scale.__file__, "--serve"]
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(server.terminate)
        assert server.stdout is not None
        os.environ["BENCH_URL"] = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        prefect, os.environ["PREFECT_API_URL"] = hourly_scale.start_prefect(Path(folder), os.environ)
        stack.callback(prefect.wait)
        stack.callback(prefect.terminate)
        yield


def rows_of(kind: str, stores: list[Measured]) -> list[dict[str, Any]]:
    """The table's rows for one kind of store: all of its history beside one day of it, and beside none."""
    rows = []
    for what in (NOW, BEFORE, TRACKER, THEN, STORE, RUN, RUN_CPU):
        found = {one.name: best for one in stores if (best := one.best(what)) is not None}
        ratios = {f"by_{name}": found["all"] / found[name] for name in found if name != "all" and what != BEFORE}
        rows.append({"store": kind, "what": what, **found, **ratios})
    return rows


def targets_of(kind: str, stores: list[Measured], rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    by = {row["what"]: row for row in rows}
    told = f"{kind}: {NOW}, over one day's history"
    yield target(told, by[NOW]["by_day"], 1.2)
    yield target(f"{kind}: the slowest past instant, s", max(stores[-1].seconds[THEN]), 2.0)
    yield target(f"{kind}: an hourly run, over one on an empty store", by[RUN]["by_empty"], 1.1)
    yield target(f"{kind}: an hourly run, over one day's history", by[RUN]["by_day"], 1.1)


def target(what: str, value: float, limit: float) -> dict[str, Any]:
    return {"what": what, "value": round(value, 3), "limit": limit, "met": value <= limit}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--days", type=int)
    parser.add_argument("--checks", type=int)
    parser.add_argument("--on", action="append", help="sqlite, or the URL of a PostgreSQL server")
    options = parser.parse_args()
    prepare_process()
    checks, days = (100, 40) if options.quick else (1_000, 1_826)
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - LEFT
    history = History(options.checks or checks, options.days or days, end)
    tables = []
    with served():
        for kind in options.on or ["sqlite"]:
            begun = time.perf_counter()
            with stores_on(kind, history) as stores:
                making = time.perf_counter() - begun
                measure(stores, rounds=1 if options.quick else ROUNDS)
            name = kind.partition(":")[0]
            rows = rows_of(name, stores)
            tables.append((name, making, rows, list(targets_of(name, stores, rows))))
    if options.json:
        found: Mapping[str, Any] = {
            "name": "assess",
            "cores": os.cpu_count(),
            "rows": [row for _, _, rows, _ in tables for row in rows],
            "targets": [one for _, _, _, targets in tables for one in targets],
        }
        print(json.dumps(found))
        return
    for table in tables:
        shown(history, *table)


def shown(
    history: History, name: str, making: float, rows: list[dict[str, Any]], targets: list[dict[str, Any]]
) -> None:
    many = 24 * history.days * history.checks
    print(f"{name}: {many:,} verdicts of {history.checks:,} checks, made in {making:.0f} s; {os.cpu_count()} cores")
    print(f"{'seconds':<32}{'empty':>9}{'one day':>9}{'all':>9}{'all/empty':>11}{'all/day':>11}")
    for row in rows:
        cells = [f"{row[name]:9.3f}" if name in row else " " * 9 for name in ("empty", "day", "all")]
        cells += [f"{row[name]:11.2f}" if name in row else " " * 11 for name in ("by_empty", "by_day")]
        print(f"{row['what']:<32}{''.join(cells)}")
    for one in targets:
        print(f"{'met' if one['met'] else 'MISSED':<8}{one['what']}: {one['value']} (at most {one['limit']})")


if __name__ == "__main__":
    main()
