"""The observing half of a run: collect every kind at once, then judge each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast

from prefect.futures import PrefectFuture
from prefect.utilities.annotations import quote

from checks.catalog import Catalog, Check, VersionFrom
from checks.evidence.inputs import Collection, Judging, remembered
from checks.findings import Judgement
from checks.kinds.pulsed import Looked, PulsedCheck, looks_of, pulsed, samples_of
from checks.outcome import worst
from checks.readiness.standing import good_for
from checks.samples import Samples
from checks.slots import Slot
from flows.discretion import RedactorHere
from flows.following import open_items_before
from flows.observed import Observed, running_version
from flows.progress import Progress, tell
from flows.pulsing import PulseTime
from flows.spreading import spread, spreadable
from flows.wiring import Wiring, suites
from tasks.collect import collect
from tasks.collectors.asking import Collected
from tasks.collectors.pulse import Pulse
from tasks.drills.interruption import heeding_signals
from tasks.judge import judge, occasion
from tasks.sample import sample
from tasks.store.evidence_store import EvidenceStore

T = TypeVar("T")
REMEMBERED = 10
"""How many earlier slots of a subject a suite may look back on."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked in a slot: some checks, and for how long those that are pulsed are looked at."""

    checks: Sequence[Check]
    pulse: PulseTime | None = None


def observe(wiring: Wiring, store: EvidenceStore, slot: Slot, *, asked: Asked, told: Progress) -> Observed:
    """Collects and judges some checks: those that the slot's cadence owes, or one that a person asked for."""
    collected = _collected(wiring, asked)
    failures = sum(one.evidence is None for shard in collected.values() for one in shard)
    told.reach("collect", f"{failures} could not be asked" if failures else "")
    judgements, judging = _judged(wiring, store, slot, collected)
    told.listener.judged(slot, judgements)
    told.reach("judge", f"worst outcome {worst(judgement.outcome for judgement in judgements)}")
    evidence = tuple(one.evidence for shard in collected.values() for one in shard if one.evidence is not None)
    samples = tuple(sampled for shard in collected.values() for one in shard for sampled in _samples(one))
    version = running_version(wiring.catalog, evidence, judging)
    return Observed(slot, evidence, judgements, version, judging, samples)


def _collected(wiring: Wiring, asked: Asked) -> dict[str, list[Collected]]:
    """What every check brought, by what judges it; those that are pulsed are looked at while the others are asked."""
    by_kind: dict[str, list[Check]] = defaultdict(list)
    looked_at = [found for check in asked.checks if (found := pulsed(check)) and asked.pulse]
    far = spreadable(wiring, [check for check in asked.checks if check not in looked_at])
    for check in asked.checks:
        if check not in looked_at and check not in far:
            by_kind[check.kind].append(check)
    # Collectors are imported before any of them runs: two threads that import one driver at once can meet it half made.
    collectors = {kind: wiring.collector(kind) for kind in by_kind}
    with heeding_signals(tell), _interruption_heard(wiring):
        sampling = _sample(wiring, looked_at, asked.pulse) if looked_at and asked.pulse else None
        pending = {
            kind: collect.submit(kind, whole(alike), collectors[kind], RedactorHere(wiring.redactor))
            for kind, alike in by_kind.items()
        }
        collected = spread(wiring, far)
        for kind, future in pending.items():
            collected.setdefault(kind, []).extend(future.result())
        return collected if sampling is None else {**collected, "pulse": sampling.result()}


def _sample(wiring: Wiring, checks: Sequence[PulsedCheck], time: PulseTime) -> PrefectFuture[list[Collected]]:
    pulse = Pulse(checks, time.since, time.until, time.overlap, wiring.hurried, wiring.stopping.is_set, wiring.redactor)
    return sample.submit(whole(pulse), wiring.clock)


def _samples(one: Collected) -> tuple[Samples, ...]:
    """The samples of a check: many of one that was pulsed, one each of another that could be."""
    if one.samples or one.evidence is None or not isinstance(one.check, PulsedCheck):
        return one.samples
    looked = Looked(one.evidence.provenance.started_at, one.evidence.rows)
    return samples_of(one.check, looks_of(one.check, [looked]))


@contextmanager
def _interruption_heard(wiring: Wiring) -> Iterator[None]:
    """Whatever breaks off the wait for the tasks also ends what they ask of servers: nothing else could reach them."""
    try:
        yield
    except BaseException:
        wiring.stopping.set()
        raise


def _judged(
    wiring: Wiring, store: EvidenceStore, slot: Slot, collected: Mapping[str, Sequence[Collected]]
) -> tuple[tuple[Judgement, ...], Judging]:
    """Every check's judgement, in the order of the catalogue, and what they were made from beside the evidence."""
    by_name = suites()
    checks = [one.check for shard in collected.values() for one in shard]
    names = [check.id for check in checks]
    judged_at, earlier = wiring.clock(), store.fingerprints(names, before=slot, depth=REMEMBERED)
    open_items = dict(open_items_before(wiring, store, slot, checks))
    when = occasion(judged_at, earlier, open_items)
    judgements = {
        judgement.check: judgement
        for kind, shard in collected.items()
        for judgement in judge(kind, whole(shard), whole(by_name[kind]), whole(slot), whole(when))
    }
    brought = {one.check.id: one for shard in collected.values() for one in shard}
    asked = [name for name in wiring.catalog.checks if name in brought]
    collections = tuple(Collection.of(name, brought[name].evidence, brought[name].failure) for name in asked)
    seen = _version_seen(wiring.catalog, store, now=judged_at)
    judging = Judging(
        judged_at=judged_at,
        checks=collections,
        remembered=remembered(earlier),
        open_items=open_items,
        version=seen,
    )
    return tuple(judgements[name] for name in asked), judging


def _version_seen(catalog: Catalog, store: EvidenceStore, *, now: datetime) -> str | None:
    """The version that ran by the newest slot of the check that asks for it, while that slot is good."""
    if not isinstance(catalog.version, VersionFrom):
        return None
    cadence = catalog.checks[catalog.version.check].every
    newest = store.last_bundle(cadence)
    if newest is None or now - newest.slot.at > good_for(cadence):
        return None
    return store.contexts([newest.slot])[newest.slot].version


def whole(value: T) -> T:
    """Hands a value to a task as it is; Prefect would otherwise walk through thousands of rows, looking for futures."""
    return cast("T", quote(value))
