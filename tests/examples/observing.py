"""Observes an example on the sandbox without a flow: collects and judges its checks, and assesses its models."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checks.catalog import Catalog, Check
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding, RunContext, Verdict, uncollected
from checks.outcome import Outcome
from checks.readiness.assessing import assess_all
from checks.readiness.assessment import Assessment
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from checks.slots import Slot
from flows.wiring import load_catalog, now, suites
from tasks.collectors.asking import Collected, collect_one
from tasks.collectors.registry import collector_of
from tasks.collectors.sources import Sources, resolve_sources

EXAMPLES = Path(__file__).parents[2] / "examples"
Verdicts = dict[str, tuple[Verdict, ...]]


@dataclass(frozen=True, slots=True)
class Example:
    """An example's catalogue with the sources of a running sandbox."""

    catalog: Catalog
    sources: Sources

    @classmethod
    def of(cls, name: str, environment: Mapping[str, str], *, drills: Path) -> "Example":
        """An example's catalogue on a sandbox, with a folder of its own for what drills leave word of."""
        catalog, _ = load_catalog(EXAMPLES / name / "readiness.yaml")
        return cls(catalog, resolve_sources(catalog, environment, drills=drills))

    def observed(self, names: Iterable[str]) -> Verdicts:
        """What some checks find now."""
        return self.judged(self.collected(names))

    def collected(self, names: Iterable[str], *, ending: str = "") -> list[Collected]:
        """What some checks bring now; with an ending to their names, what they bring at several times is told apart."""
        by_kind: dict[str, list[Check]] = defaultdict(list)
        for check in (self.catalog.checks[name] for name in names):
            by_kind[check.kind].append(check.model_copy(update={"id": f"{check.id}{ending}"}))
        return asyncio.run(self._collected(by_kind))

    def judged(self, collected: Iterable[Collected]) -> Verdicts:
        """All of it kind by kind, in one validation for each, of which a second one would cost as much again."""
        by_kind: dict[str, list[Collected]] = defaultdict(list)
        for one in collected:
            by_kind[one.check.kind].append(one)
        return {one.check.id: found for shard in by_kind.values() for one, found in self._judged(shard)}

    @staticmethod
    def told_apart(verdicts: Verdicts, ending: str) -> Verdicts:
        """Of what was judged together, what was collected with such an ending, under the checks' own names."""
        return {
            name.removesuffix(ending): tuple(_without(ending, one) for one in found)
            for name, found in verdicts.items()
            if name.endswith(ending)
        }

    def supposed(self, names: Iterable[str]) -> Verdicts:
        """Some checks as if everything they look at had just passed: what takes minutes, or people, to show."""
        return {name: tuple(_passed(self.catalog.checks[name])) for name in names}

    def assessed(self, verdicts: Verdicts) -> dict[str, Assessment]:
        """Every model by such verdicts, all of the newest version."""
        every = [one for found in verdicts.values() for one in found]
        contexts = {one.slot: RunContext(self.catalog.environment, "v0.2.0", "c" * 64) for one in every}
        facts = Facts.of(self.catalog, every, contexts=contexts, waivers=(), as_of=now())
        return assess_all(facts, ASSESS)

    def cells(self, verdicts: Verdicts) -> dict[str, tuple[Outcome, str | None]]:
        """Every part of every model: what it comes to, and the word that its page has for that."""
        return {
            f"{model}/{name}": (one.outcome, found.part_words.get(name))
            for model, found in self.assessed(verdicts).items()
            for name, one in found.elements.items()
        }

    async def _collected(self, by_kind: Mapping[str, list[Check]]) -> list[Collected]:
        """Kind by kind: what one of them computes must not make an endpoint look slow to another."""
        collectors = {kind: collector_of(kind) for kind in by_kind}
        return [one for kind, checks in by_kind.items() for one in await self._asked(collectors[kind], checks)]

    async def _asked(self, collector: Any, checks: list[Check]) -> list[Collected]:
        async with aclosing(collector(self.sources, now)) as opened:
            return list(await asyncio.gather(*(collect_one(opened, check) for check in checks)))

    def _judged(self, shard: list[Collected]) -> Iterable[tuple[Collected, tuple[Verdict, ...]]]:
        instant, suite = now(), suites()[shard[0].check.kind]
        for cadence in {one.check.every for one in shard}:
            alike = [one for one in shard if one.check.every is cadence]
            slot = Slot.current(cadence, instant)
            batch = [(one.check, one.evidence) for one in alike if one.evidence is not None]
            judged = {one.check: one for one in judge(suite, batch, slot=slot, occasion=Occasion(instant, {}))}
            for one in alike:
                failed = uncollected(one.check, slot, failure=one.failure, now=instant)
                yield one, judged.get(one.check.id, failed).verdicts


def _without(ending: str, verdict: Verdict) -> Verdict:
    """A verdict under its check's own name, which may be its subject too."""
    check = verdict.check.removesuffix(ending)
    subject = check if verdict.subject == verdict.check else verdict.subject
    findings = tuple(one.model_copy(update={"check": check, "subject": subject}) for one in verdict.findings)
    return replace(verdict, check=check, subject=subject, findings=findings)


def _passed(check: Check) -> Iterable[Verdict]:
    slot = Slot.current(check.every, now())
    for subject in check.subjects:
        finding = Finding(
            check=check.id,
            kind=check.kind,
            subject=subject,
            expectation="supposed",
            outcome=Outcome.PASS,
            severity=check.severity,
            because="it is supposed to have passed",
        )
        yield Verdict(check.id, check.kind, subject, slot, (finding,), now())
