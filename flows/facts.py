"""The facts of readiness models, gathered: from the store as of any instant, or from what a bundle quotes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from checks.catalog import Catalog
from checks.evidence.inputs import A_DAY_AGO, EarlierStanding, Quoted
from checks.evidence.people import Waiver
from checks.findings import RunContext
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from flows.objective_rows import rows_of
from flows.observed import Observed
from flows.settings import Settings
from tasks.sealing.attesting import waivers_on_record
from tasks.store.evidence_store import EvidenceStore

LOOKING_BACK = {
    "a month ago": timedelta(days=30),
    "a week ago": timedelta(days=7),
    A_DAY_AGO: timedelta(days=1),
}
"""With when a page compares where a model stands, the oldest first."""


def facts_of(catalog: Catalog, catalog_digest: str, observed: Observed, quoted: Quoted) -> Facts:
    """The facts of a run: what it judged, and what it quotes of other slots."""
    judged = [verdict for judgement in observed.judgements for verdict in judgement.verdicts]
    contexts = dict(one.context for one in quoted.contexts)
    contexts[observed.slot] = RunContext(catalog.environment, observed.version, catalog_digest)
    verdicts = [*(one.verdict for one in quoted.verdicts), *judged]
    facts = Facts.of(catalog, verdicts, contexts=contexts, waivers=quoted.waivers, as_of=quoted.as_of)
    return replace(facts, rows=rows_of(catalog, quoted.rows, observed))


def facts_at(catalog: Catalog, store: EvidenceStore, waivers: Sequence[Waiver], *, as_of: datetime) -> Facts:
    """The facts as of an instant, from what the store holds."""
    verdicts = store.latest(as_of=as_of)
    contexts = store.contexts({verdict.slot for verdict in verdicts})
    return Facts.of(catalog, verdicts, contexts=contexts, waivers=waivers, as_of=as_of)


def waivers_of(settings: Settings) -> list[Waiver]:
    """Every waiver that the evidence log of this home has on record."""
    return waivers_on_record(settings.evidence)


def earlier_standings(
    catalog: Catalog, catalog_digest: str, store: EvidenceStore, waivers: Sequence[Waiver], *, as_of: datetime
) -> Iterator[EarlierStanding]:
    """Where each model stood before, by today's catalogue; nothing for an instant before there was any evidence.

    As a run of then noted it, if there was one by the same catalogue; else what was known then is assessed again.
    """
    if not catalog.models:
        return
    for ago, span in LOOKING_BACK.items():
        noted = store.standings(as_of=as_of - span, catalog_digest=catalog_digest, ago=ago)
        yield from noted or _assessed_again(catalog, store, waivers, as_of=as_of - span, ago=ago)


def _assessed_again(
    catalog: Catalog, store: EvidenceStore, waivers: Sequence[Waiver], *, as_of: datetime, ago: str
) -> Iterator[EarlierStanding]:
    then = facts_at(catalog, store, waivers, as_of=as_of)
    if then.newest:
        yield from (found.as_earlier(ago) for found in assess_all(then, ASSESS).values())
