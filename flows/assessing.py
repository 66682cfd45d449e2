"""Assessing readiness models by hand: as of now, or of an instant that is past; nothing is collected."""

from dataclasses import replace
from datetime import datetime

from checks.errors import CatalogError
from checks.evidence.digests import sha256
from checks.evidence.inputs import EarlierStanding
from checks.readiness.assessing import assess_all
from checks.readiness.assessment import Assessment
from checks.readiness.facts import NOTHING_MORE, Demand
from checks.readiness.registry import ASSESS
from flows.belonging import own_store
from flows.facts import earlier_standings, facts_at, waivers_of
from flows.objective_rows import earlier_rows, rows_of
from flows.settings import Settings
from flows.wiring import load_catalog, now
from reports.models import ModelPage


def assessed(settings: Settings, name: str, *, as_of: datetime | None, demand: Demand = NOTHING_MORE) -> ModelPage:
    """One model's assessment with its page, from what the store holds; its page links nowhere."""
    catalog, catalog_bytes = load_catalog(settings.catalog)
    at = as_of or now()
    if name not in catalog.models:
        there = ", ".join(catalog.models) or "none"
        raise CatalogError(f"{settings.catalog}: no model is called {name!r}; there are: {there}")
    if at > now():
        raise CatalogError(f"{at.isoformat()} is in the future; name an instant that is past")
    with own_store(settings, catalog) as store:
        waivers = waivers_of(settings)
        facts = facts_at(catalog, store, waivers, as_of=at)
        verdicts = [verdict for by_subject in facts.newest.values() for verdict in by_subject.values()]
        facts = replace(facts, rows=rows_of(catalog, earlier_rows(settings, catalog, verdicts)))
        found: Assessment = assess_all(facts, ASSESS, demand=demand)[name]
        earlier: list[EarlierStanding] = [
            one
            for one in earlier_standings(catalog, sha256(catalog_bytes), store, waivers, as_of=at)
            if one.model == name
        ]
    return ModelPage(found, earlier, lambda _: None)
