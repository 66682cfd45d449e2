"""The drill page of a run: every drill of the catalogue, its newest runs read back from the store and from bundles."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from checks.catalog import Catalog, Check
from checks.evidence.layout import raw_path, rows_path
from checks.evidence.records import Evidence
from checks.findings import Verdict
from checks.slots import Cadence
from flows.drill_planning import is_drill
from flows.observing import Observed
from flows.settings import Settings
from flows.wiring import Wiring, load_catalog, now
from reports.drills import MOST_RUNS, DrillPage, DrillRun, DrillSpan, drill_page, drills_html, drills_markdown
from reports.tracker import Bundles
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SealedBundle

MOST_BUNDLES = 12
"""Bundles of one cadence that are looked through for runs of drills."""
_SPANS = "spans.json"


class DrillPages:
    """The runs of every drill up to now; each place that links to bundles gets a page of its own."""

    def __init__(self, wiring: Wiring, store: EvidenceStore, observed: Observed, as_of: datetime) -> None:
        self._catalog = wiring.catalog
        self._as_of = as_of
        self._drills = drills_of(wiring.catalog)
        names = {check.id for check in self._drills}
        just_now = [run for run in _runs_now(observed) if run.verdict.check in names]
        self._runs = [*just_now, *_runs_before(wiring.settings, store, self._drills)]

    def render(self, bundles: Bundles) -> dict[str, bytes]:
        """The page in both forms; nothing where the catalogue has no drill."""
        if not self._drills:
            return {}
        page = drill_page(self._catalog, self._drills, self._runs, as_of=self._as_of, bundles=bundles)
        return {"drills.md": drills_markdown(page).encode(), "drills.html": drills_html(page).encode()}


def drills_of(catalog: Catalog) -> tuple[Check, ...]:
    """Every drill of the catalogue, in its order."""
    return tuple(check for check in catalog.checks.values() if is_drill(check))


def drills_now(settings: Settings) -> DrillPage:
    """Where every drill stands at this moment, read from the store; nothing is carried out."""
    catalog, _ = load_catalog(settings.catalog)
    drills = drills_of(catalog)
    with EvidenceStore.open(settings.store_url) as store:
        runs = list(_runs_before(settings, store, drills))
    return drill_page(catalog, drills, runs, as_of=now(), bundles=lambda _: None)


def _runs_now(observed: Observed) -> Iterator[DrillRun]:
    evidence = {one.check: one for one in observed.evidence}
    for judgement in observed.judgements:
        for verdict in judgement.verdicts:
            if verdict.subject == verdict.check:
                found = evidence.get(verdict.check)
                yield DrillRun(verdict, _spans_of(found) if found else ())


def _runs_before(settings: Settings, store: EvidenceStore, drills: Sequence[Check]) -> Iterator[DrillRun]:
    for cadence in dict.fromkeys(check.every for check in drills):
        names = {check.id for check in drills if check.every is cadence}
        found = (run for bundle in _bundles(store, cadence) for run in _runs_in(settings, store, bundle, names))
        yield from _newest(found, len(names))


def _newest(runs: Iterator[DrillRun], drills: int) -> Iterator[DrillRun]:
    """Not more than the page shows; every bundle that need not be opened is time saved."""
    for number, run in enumerate(runs, start=1):
        yield run
        if number >= drills * MOST_RUNS:
            return


def _bundles(store: EvidenceStore, cadence: Cadence) -> Iterator[SealedBundle]:
    """A cadence's sealed bundles, newest first."""
    bundle = store.last_bundle(cadence)
    for _ in range(MOST_BUNDLES):
        if bundle is None:
            return
        yield bundle
        bundle = store.last_bundle(cadence, before=bundle.slot)


def _runs_in(settings: Settings, store: EvidenceStore, bundle: SealedBundle, names: set[str]) -> Iterator[DrillRun]:
    bag = settings.evidence / bundle.path / "bag"
    for verdict in store.verdicts(bundle.slot):
        if verdict.check in names and verdict.subject == verdict.check:
            yield DrillRun(verdict, _spans_in(bag, verdict))


def _spans_of(evidence: Evidence) -> tuple[DrillSpan, ...]:
    """The spans of a drill that was just carried out."""
    told = next((capture.body for capture in evidence.captures if capture.item == _SPANS), None)
    if told is not None:
        return _spans(json.loads(told)["spans"])
    return _spans(_span_rows(row.model_dump() for row in evidence.rows))


def _spans_in(bag: Path, verdict: Verdict) -> tuple[DrillSpan, ...]:
    """The spans as the bundle has them; none where its payload is gone."""
    try:
        restored = bag / raw_path(verdict.check, _SPANS)
        if restored.exists():
            return _spans(json.loads(restored.read_bytes())["spans"])
        lines = (bag / rows_path(verdict.check)).read_bytes().splitlines()
        return _spans(_span_rows(json.loads(line) for line in lines))
    except FileNotFoundError:
        return ()


def _span_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "name": row["span"]} for row in rows if row.get("part") == "span"]


def _spans(found: Iterable[Mapping[str, Any]]) -> tuple[DrillSpan, ...]:
    return tuple(DrillSpan(str(one["name"]), float(one["began"]), float(one["seconds"])) for one in found)
