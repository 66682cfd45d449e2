"""The gate, asked: its decision at this very instant, from evidence that is verified and judged again first.

Nothing here can be told to look away: a waiver on record is the only way past an item.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from checks.errors import CatalogError, ReadinessError, VerificationError
from checks.evidence.layout import VERDICTS, bundle_path
from checks.evidence.verdicts import read_verdicts
from checks.evidence.verification import StepState
from checks.findings import Finding, RunContext, Verdict
from checks.models import Model
from checks.outcome import Outcome, Severity
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Demand, Facts, Release
from checks.readiness.registry import ASSESS
from checks.readiness.release_gate import GateDecision, ReleaseGate
from checks.references import CheckReference, ModelReference
from checks.slots import Slot
from flows.belonging import own_store
from flows.facts import waivers_of
from flows.rederiving import rederived
from flows.settings import Settings
from flows.wiring import load_catalog, now
from tasks.sealing.standing_by import too_long_alone
from tasks.sealing.verify import trust_for, verify_bundle


def decision(settings: Settings, name: str, *, release: str, environment: str | None) -> GateDecision:
    """What the gate of that name says of a release, now."""
    catalog, _ = load_catalog(settings.catalog)
    gate = catalog.models.get(name)
    if not isinstance(gate, ReleaseGate):
        there = ", ".join(one for one, model in catalog.models.items() if isinstance(model, ReleaseGate)) or "none"
        raise CatalogError(f"{settings.catalog}: no release gate is called {name!r}; there are: {there}")
    needed = _checks_beneath(catalog.models, name)
    with own_store(settings, catalog) as store:
        at = now()
        verdicts = [one for one in store.latest(as_of=at) if one.check in needed]
        contexts = store.contexts({one.slot for one in verdicts})
        trusted = list(_as_sealed(settings, verdicts, contexts, within=gate.vouched_within))
    facts = Facts.of(catalog, trusted, contexts=contexts, waivers=waivers_of(settings), as_of=now())
    demand = Demand(release=Release(release, environment or catalog.environment))
    found = assess_all(facts, ASSESS, demand=demand)[name]
    if not isinstance(found, GateDecision):
        raise CatalogError(f"{settings.catalog}: {name!r} is no release gate")
    return found


def _checks_beneath(models: Mapping[str, Model], name: str) -> set[str]:
    """The checks that a model rests on, also by way of others."""
    found, pending, seen = set[str](), [name], set[str]()
    while pending:
        one = pending.pop()
        if one in seen:
            continue
        seen.add(one)
        for _, reference in models[one].references:
            match reference:
                case CheckReference():
                    found.add(reference.check)
                case ModelReference():
                    pending.append(reference.model)
    return found


def _as_sealed(
    settings: Settings,
    verdicts: Iterable[Verdict],
    contexts: Mapping[Slot, RunContext],
    *,
    within: timedelta | None,
) -> Iterable[Verdict]:
    """The verdicts if their bundles verify, give them again from their captures, and hold the very same findings.

    And if somebody outside vouched for them within a time, where one is given.
    """
    by_slot: dict[Slot, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        by_slot[verdict.slot].append(verdict)
    for slot, own in by_slot.items():
        bundle = settings.evidence / bundle_path(slot)
        why_not = _why_not(bundle, own, contexts[slot]) or _why_unvouched(bundle, within)
        for verdict in own:
            yield verdict if why_not is None else _unproven(verdict, why_not)


def _why_not(bundle: Path, verdicts: Iterable[Verdict], context: RunContext) -> str | None:
    """Why a bundle does not prove what the store says of its slot; `None` if it does."""
    try:
        report = verify_bundle(bundle, trust_for([bundle], None))
        if not report.verified:
            problems = [problem for one in report.steps for problem in one.problems]
            raise VerificationError(problems[0] if problems else "a step of its verification is open")
        again = rederived(bundle)
        if again.state is not StepState.VERIFIED:
            raise VerificationError(again.problems[0] if again.problems else again.note or "it was not derived again")
        sealed = read_verdicts((bundle / "bag" / VERDICTS).read_bytes())
    except (OSError, ReadinessError) as error:
        return str(error)
    if (sealed.version, sealed.environment) != (context.version, context.environment):
        return "the store says that it is about another version or environment than the bundle does"
    held = defaultdict[tuple[str, str], list[Finding]](list)
    for finding in sealed.findings:
        held[finding.check, finding.subject].append(finding)
    for verdict in verdicts:
        if list(verdict.findings) != held[verdict.check, verdict.subject]:
            return f"the store has other findings of {verdict.check} about {verdict.subject} than the bundle"
    return None


def _why_unvouched(bundle: Path, within: timedelta | None) -> str | None:
    if within is None:
        return None
    return too_long_alone(bundle, trust_for([bundle], None), within, as_of=now())


def _unproven(verdict: Verdict, why: str) -> Verdict:
    """In place of a verdict that nobody can show: the observer cannot tell."""
    finding = Finding(
        check=verdict.check,
        kind=verdict.kind,
        subject=verdict.subject,
        expectation="collected",
        outcome=Outcome.ERROR,
        severity=Severity.CRITICAL,
        because=f"the bundle of {verdict.slot.label} does not show it: {why}",
    )
    return replace(verdict, findings=(finding,))
