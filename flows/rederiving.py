"""Deriving again: rows, verdicts and pages of a sealed slot, from its raw captures, held against what was sealed."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from checks.catalog import Catalog, Check
from checks.catalog_text import read_catalog
from checks.errors import ReadinessError
from checks.evidence.bag import DATA
from checks.evidence.bag_info import SealedInfo, SlotStatus
from checks.evidence.inputs import Inputs, Judging, disordered
from checks.evidence.layout import CATALOG, INPUTS, PAYLOAD
from checks.evidence.leaf_list import LEAVES
from checks.evidence.records import Evidence
from checks.evidence.rederivation import differing
from checks.evidence.verification import Step, StepState, open_step, step
from checks.findings import Judgement, uncollected
from checks.readiness.registry import TEMPLATES
from checks.slots import Slot
from flows.drill_planning import is_drill
from flows.observed import Observed, nothing_observed, running_version
from flows.pages import bag_pages, shows_drills
from flows.wiring import kinds, made_with, rows_from, suites, suites_digest
from tasks.sealing.bundle import EvidenceBundle, read_info
from tasks.sealing.recollecting import inputs_in, recollected

_NO_EVIDENCE = (ArithmeticError, AttributeError, LookupError, RuntimeError, StopIteration, TypeError, ValueError)
"""What reading may raise where captures are not what any collector would have kept."""


def rederived(path: Path) -> Step:
    """Step 12 for one bundle whose bag is whole; inconclusive where another version of this program is needed."""
    bundle = EvidenceBundle.at(path)
    try:
        inputs = inputs_in(bundle.bag)
        if inputs is None:
            return open_step(12, StepState.INCONCLUSIVE, f"there is no {INPUTS}, so nothing can be derived again")
        if (why_not := _other_makers(inputs, read_info(path))) is not None:
            return open_step(12, StepState.INCONCLUSIVE, why_not)
        return step(12, list(_problems(bundle, read_info(path), inputs)))
    except ReadinessError as error:
        return step(12, str(error).splitlines())
    except _NO_EVIDENCE as error:
        return step(12, [f"nothing can be derived from its captures: {type(error).__name__}: {error}"])


def _other_makers(inputs: Inputs, info: SealedInfo) -> str | None:
    """Why only another installation could derive it again."""
    here = made_with()
    there = {**inputs.made_with, "readiness-evidence": info.collector_version}
    others = [
        f"{name} {there.get(name, 'of no version')} (here {here.get(name, 'none')})"
        for name in sorted({*here, *there})
        if here.get(name) != there.get(name)
    ]
    if others:
        return f"sealed with {', '.join(others)}; verify it with those versions"
    if info.suites_digest != suites_digest():
        return f"judged by suites of the digest {info.suites_digest} (here {suites_digest()}); verify it with those"
    return None


def _problems(bundle: EvidenceBundle, info: SealedInfo, inputs: Inputs) -> Iterator[str]:
    """Each file that is not what the captures give, and what the run says of itself that cannot be."""
    catalog_bytes = bundle.file(CATALOG).read_bytes()
    catalog = read_catalog(catalog_bytes.decode(), name=CATALOG, kinds=kinds(), templates=TEMPLATES)
    if inputs.suites != info.suites_digest:
        yield f"{INPUTS} says that the suites {inputs.suites} judged, and bag-info.txt {info.suites_digest}"
    yield from _not_asked(catalog, bundle.slot, inputs.judging)
    observed = _observed(bundle, catalog, info, inputs.judging)
    yield from (f"{INPUTS}: {problem}" for problem in disordered(inputs, observed.evidence, bundle.slot.at))
    if inputs.quoted.runs and not shows_drills(catalog, bundle.slot):
        yield f"{INPUTS} quotes runs of drills, and no page of the bag shows any"
    pages = bag_pages(catalog, catalog_bytes, observed, inputs.quoted, status=info.status.value)
    derived = {INPUTS, LEAVES}  # the audit holds the list of leaves against the log
    for name, data in chain(observed.files(catalog, catalog_bytes), pages.items()):
        path = f"{PAYLOAD}{name}"
        derived.add(path)
        file = bundle.file(path)
        if (problem := differing(path, file.read_bytes() if file.is_file() else None, data)) is not None:
            yield problem
    for path in sorted(_payload(bundle.bag) - derived):
        yield f"{path} comes from nothing that was captured"


def _not_asked(catalog: Catalog, slot: Slot, judging: Judging) -> Iterator[str]:
    """Checks that the cadence owed and the run left out; only a drill by its name is asked alone."""
    names = [one.check for one in judging.checks]
    alone = len(names) == 1 and names[0] in catalog.checks and is_drill(catalog.checks[names[0]])
    if names != [check.id for check in catalog.on(slot.cadence)] and not alone:
        yield f"{INPUTS} does not name the checks that the catalogue owes {slot.cadence}, in their order"


def _observed(bundle: EvidenceBundle, catalog: Catalog, info: SealedInfo, judging: Judging) -> Observed:
    if info.status is SlotStatus.MISSED:
        return nothing_observed(catalog, bundle.slot, judging)
    evidence = tuple(_evidence(bundle, catalog, judging))
    judgements = {one.check: one for one in _judged(catalog, evidence, bundle.slot, judging)}
    in_order = tuple(judgements[one.check] for one in judging.checks)
    return Observed(bundle.slot, evidence, in_order, running_version(catalog, evidence, judging), judging)


def _evidence(bundle: EvidenceBundle, catalog: Catalog, judging: Judging) -> Iterator[Evidence]:
    """The evidence of every check that brought any, its rows read again."""
    for collection in judging.checks:
        if collection.brought:
            check = catalog.checks[collection.check]
            captures, provenance = recollected(bundle.bag, collection)
            yield Evidence(check.id, rows_from(check, captures), captures, provenance)


def _judged(catalog: Catalog, evidence: Sequence[Evidence], slot: Slot, judging: Judging) -> Iterator[Judgement]:
    """Every judgement, kind by kind as a run makes them: what one batch holds decides together."""
    from checks.expectations.judge import judge
    from checks.expectations.suite import Occasion

    by_name, when = suites(), Occasion(judging.judged_at, judging.fingerprints, judging.open_items)
    batches: dict[str, list[tuple[Check, Evidence]]] = defaultdict(list)
    for one in evidence:
        check = catalog.checks[one.check]
        batches[check.judged_as].append((check, one))
    for kind, batch in batches.items():
        yield from judge(by_name[kind], batch, slot=slot, occasion=when)
    for name, failure in judging.failures.items():
        yield uncollected(catalog.checks[name], slot, failure=failure, now=judging.judged_at)


def _payload(bag: Path) -> set[str]:
    return {path.relative_to(bag).as_posix() for path in (bag / DATA).rglob("*") if path.is_file()}
