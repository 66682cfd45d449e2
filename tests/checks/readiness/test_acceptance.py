"""Acceptance: every limit is met, by evidence of one version; charts show and decide nothing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from checks.outcome import Outcome
from checks.readiness.acceptance import Acceptance
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Demand, Release
from checks.readiness.registry import ASSESS
from tests.checks.readiness.examples import CHECKS, NOW, VERSION, catalog, facts, verdict
from tests.reports.examples import an_acceptance

ITEMS = {"live": {"requires": ["api"]}, "back": {"requires": ["restore"], "about": "any-version"}}


def accepted(demand: Demand | None = None, *, version: str | None = VERSION, **model: Any) -> Acceptance:
    known = catalog({"it": {"template": "acceptance", "items": ITEMS, **model}})
    given = facts(known, [verdict(check) for check in CHECKS], version=version)
    found = assess_all(given, ASSESS, demand=demand or Demand())["it"]
    assert isinstance(found, Acceptance)
    return found


def outcomes(found: Acceptance) -> dict[str, Outcome]:
    return {name: element.outcome for name, element in found.elements.items()}


def test_it_is_accepted_at_the_version_that_all_evidence_is_about():
    found = accepted(version=VERSION)
    assert (found.outcome, found.version) == (Outcome.PASS, VERSION)
    assert found.sentence == "v0.2.0 is accepted: all 2 limits are met."


@pytest.mark.parametrize(("named", "ran"), [("v0.3.0", VERSION), (VERSION, "v0.3.0"), (VERSION, None)])
def test_evidence_of_another_version_accepts_nothing(named: str, ran: str | None):
    known = catalog({"it": {"template": "acceptance", "items": ITEMS, "version": named}})
    found = assess_all(facts(known, [verdict(check) for check in CHECKS], version=ran), ASSESS)["it"]
    assert isinstance(found, Acceptance)
    assert outcomes(found) == {"live": Outcome.STALE, "back": Outcome.PASS}
    assert found.sentence == f"{named} is not accepted: 1 of 2 limits are not shown to be met (live)."


def test_a_release_that_is_asked_about_counts_before_the_models_own():
    found = accepted(Demand(release=Release("v9", "production")), version=VERSION)
    assert (found.version, outcomes(found)["live"]) == ("v9", Outcome.STALE)


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if not outcome.passes])
def test_one_limit_that_is_not_met_is_enough(outcome: Outcome):
    known = catalog({"it": {"template": "acceptance", "items": ITEMS}})
    found = assess_all(facts(known, [verdict("api", outcome), verdict("restore")]), ASSESS)["it"]
    assert found.outcome is outcome


def test_an_objective_is_shown_with_all_that_it_says():
    found = an_acceptance().found
    assert isinstance(found, Acceptance)
    errors, rollback, never = found.items
    whole, tenant = errors.objectives
    assert whole.target == "99 % of events good over 30 d"
    assert whole.share == "99.159 % to 99.243 % of 119,000"
    assert whole.budget == "15.966 %"
    assert whole.coverage == "99.2 %, longest gap 6 h"
    assert whole.resolution == "119,000 can show 99 %; 299 are needed"
    assert [(burn.windows, burn.factor, burn.long, burn.short, burn.outcome) for burn in whole.burns] == [
        ("1 h and 5 min", 14.4, "1.00", "0.00", Outcome.PASS)
    ]
    assert tenant.resolution == "20 cannot show 99 %: 86.089 % at most; 299 are needed"
    assert [(one.name, one.measured, one.limit, one.met) for one in rollback.measures] == [
        ("rollback", "1 min 15 s", "1 min", False)
    ]
    assert never.element.outcome is Outcome.MISSING


def test_its_charts_decide_nothing():
    page = an_acceptance()
    assert page.found.outcome is Outcome.FAIL  # the rollback took too long
    elements = {name: element.outcome for name, element in page.found.elements.items()}
    assert elements == {"errors": Outcome.PASS, "rollback": Outcome.FAIL, "never": Outcome.MISSING}


def test_evidence_that_is_too_old_for_the_model_is_not_counted():
    known = catalog({"it": {"template": "acceptance", "items": {"live": {"requires": ["api"], "max_age": "1m"}}}})
    late = replace(facts(known), as_of=NOW + timedelta(minutes=10))
    assert assess_all(late, ASSESS)["it"].outcome is Outcome.STALE
