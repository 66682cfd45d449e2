"""What a run's pages quote of other slots, read from the store and from the bundles before."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from checks.catalog import Catalog, Check
from checks.evidence.inputs import EarlierContext, EarlierOutcomes, EarlierRun, EarlierVerdict, Quoted, Span
from checks.evidence.layout import raw_path, rows_path
from checks.evidence.people import Waiver
from checks.findings import Verdict
from checks.readiness.standing import newest_verdicts, quotable
from checks.references import CheckReference
from checks.slots import Cadence, Slot
from flows.drill_planning import drills_of
from flows.facts import earlier_standings, facts_at, waivers_of
from flows.in_force import in_force_with
from flows.objective_rows import earlier_rows
from flows.observed import Observed
from flows.settings import Settings
from flows.wiring import Wiring
from reports.drills import MOST_RUNS
from reports.tracker import tracker
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SealedBundle

MOST_BUNDLES = 12
"""Bundles of one cadence that are looked through for runs of drills."""
SPANS = "spans.json"


def quote(wiring: Wiring, store: EvidenceStore, observed: Observed) -> Quoted:
    """Everything, as of now."""
    as_of = wiring.clock()
    judged = [verdict for judgement in observed.judgements for verdict in judgement.verdicts]
    newest = newest_verdicts([*store.latest(as_of=as_of), *judged])
    earlier = (
        verdict
        for check, by_subject in newest.items()
        for verdict in by_subject.values()
        if check in wiring.catalog.checks and verdict.slot != observed.slot
    )
    drills, waivers, whole = drills_of(wiring.catalog), waivers_of(wiring.settings), _quoted_whole(wiring.catalog)
    verdicts = [verdict if verdict.check in whole else quotable(verdict) for verdict in earlier]
    contexts = store.contexts({verdict.slot for verdict in verdicts})
    return Quoted(
        as_of=as_of,
        verdicts=tuple(map(EarlierVerdict.of, verdicts)),
        contexts=tuple(EarlierContext.of(slot, context) for slot, context in sorted(contexts.items())),
        waivers=tuple(waivers),
        standings=tuple(earlier_standings(wiring.catalog, wiring.catalog_digest, store, waivers, as_of=as_of)),
        before=_before(wiring, store, waivers),
        runs=tuple(earlier_runs(wiring.settings, store, drills)),
        rows=tuple(earlier_rows(wiring.settings, wiring.catalog, verdicts)),
        in_force=in_force_with(wiring, as_of=as_of),
    )


def _before(wiring: Wiring, store: EvidenceStore, waivers: Sequence[Waiver]) -> EarlierOutcomes | None:
    """The tracker as it stood when the newest bundle was sealed."""
    cadences = {check.every for check in wiring.catalog.checks.values()}
    sealed = [bundle.sealed_at for cadence in cadences if (bundle := store.last_bundle(cadence))]
    if not sealed:
        return None
    then = max(sealed)
    found = tracker(facts_at(wiring.catalog, store, waivers, as_of=then), bundles=_no_link)
    return EarlierOutcomes(as_of=then, rows=tuple(found.outcomes.items()))


def _quoted_whole(catalog: Catalog) -> set[str]:
    """Checks of which some readiness model names one expectation."""
    named = [reference for model in catalog.models.values() for _, reference in model.references]
    return {one.check for one in named if isinstance(one, CheckReference) and one.expectation is not None}


def _no_link(_: Slot) -> None:
    """Nobody sees the pages of what was."""


def earlier_runs(settings: Settings, store: EvidenceStore, drills: Sequence[Check]) -> Iterator[EarlierRun]:
    """The newest runs of some drills, not more than a page shows of them."""
    for cadence in dict.fromkeys(check.every for check in drills):
        names = {check.id for check in drills if check.every is cadence}
        found = (run for bundle in _bundles(store, cadence) for run in _runs_in(settings, store, bundle, names))
        yield from _newest(found, len(names))


def _newest(runs: Iterator[EarlierRun], drills: int) -> Iterator[EarlierRun]:
    """Every bundle that need not be opened is time saved."""
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


def _runs_in(settings: Settings, store: EvidenceStore, bundle: SealedBundle, names: set[str]) -> Iterator[EarlierRun]:
    bag = settings.evidence / bundle.path / "bag"
    for verdict in store.verdicts(bundle.slot):
        if verdict.check in names and verdict.subject == verdict.check:
            yield EarlierRun(verdict=EarlierVerdict.of(verdict), spans=_spans_in(bag, verdict))


def _spans_in(bag: Path, verdict: Verdict) -> tuple[Span, ...]:
    """The spans as the bundle has them; none where its payload is gone."""
    try:
        restored = bag / raw_path(verdict.check, SPANS)
        if restored.exists():
            return spans(json.loads(restored.read_bytes())["spans"])
        lines = (bag / rows_path(verdict.check)).read_bytes().splitlines()
        return spans(span_rows(json.loads(line) for line in lines))
    except FileNotFoundError:
        return ()


def span_rows(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those rows of a drill that are its spans."""
    return [{**row, "name": row["span"]} for row in rows if row.get("part") == "span"]


def spans(found: Iterable[Mapping[str, Any]]) -> tuple[Span, ...]:
    """Spans as pages show them."""
    return tuple(Span(name=one["name"], began=one["began"], seconds=one["seconds"]) for one in found)
