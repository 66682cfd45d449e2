"""What holds for every suite: each rule can fail, none passes over nothing, and no null passes.

A new kind adds `case_<kind>.py` and one line to `CASES`.
"""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from checks.catalog import Check
from checks.evidence.records import EvidenceRow
from checks.expectations.registry import PULSE, SUITES
from checks.expectations.suite import AnySuite, Occasion
from checks.findings import Verdict
from checks.kinds.registry import KINDS
from checks.outcome import Outcome
from tests.checks.expectations import (
    case_alert,
    case_alert_rule,
    case_attestation,
    case_audit,
    case_availability,
    case_backup,
    case_backup_tool,
    case_chaos,
    case_configuration,
    case_container,
    case_documents,
    case_event_store,
    case_freshness,
    case_health,
    case_http_contract,
    case_listening_sockets,
    case_log_lines,
    case_metrics,
    case_objective,
    case_parity,
    case_pulse,
    case_reconciliation,
    case_redis,
    case_releases,
    case_restart,
    case_rollback,
    case_sbom,
    case_secrets,
    case_signatures,
    case_sql_facts,
    case_test_results,
    case_usage,
)
from tests.checks.expectations.judging import Example, SuiteCase, by_rule, outcomes, verdicts

CASES = {
    case.suite.kind: case
    for case in (
        case_alert.CASE,
        case_alert_rule.CASE,
        case_attestation.CASE,
        case_audit.CASE,
        case_availability.CASE,
        case_backup.CASE,
        case_backup_tool.CASE,
        case_chaos.CASE,
        case_configuration.CASE,
        case_container.CASE,
        case_documents.CASE,
        case_event_store.CASE,
        case_freshness.CASE,
        case_health.CASE,
        case_http_contract.CASE,
        case_listening_sockets.CASE,
        case_log_lines.CASE,
        case_metrics.CASE,
        case_objective.CASE,
        case_parity.CASE,
        case_pulse.CASE,
        case_reconciliation.CASE,
        case_redis.CASE,
        case_releases.CASE,
        case_restart.CASE,
        case_rollback.CASE,
        case_sbom.CASE,
        case_secrets.CASE,
        case_signatures.CASE,
        case_sql_facts.CASE,
        case_test_results.CASE,
        case_usage.CASE,
    )
}

RULES = [pytest.param(case, name, id=f"{kind}-{name}") for kind, case in CASES.items() for name in case.suite.rules]


def test_every_kind_has_one_suite_and_every_suite_its_cases():
    kinds = [suite.kind for suite in SUITES]
    assert sorted(kinds) == sorted(str(model.model_fields["kind"].default) for model in KINDS)
    assert {*kinds, PULSE.kind} == CASES.keys(), "give the new kind a case_<kind>.py, and a line in CASES"


@pytest.mark.parametrize("suite", [*SUITES, PULSE], ids=lambda suite: suite.kind)
def test_every_rule_has_a_name_of_its_own(suite: AnySuite):
    names = [*suite.guards, *suite.expectations]
    assert len(names) == len(set(names)) == len(suite.rules)
    assert "observed" not in names


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_good_rows_meet_every_rule(case: SuiteCase):
    found = outcomes(case.suite, case.good)
    assert found == dict.fromkeys(case.suite.rules, Outcome.PASS)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_rule_has_an_example_that_does_not_meet_it(case: SuiteCase):
    assert case.bad.keys() == case.suite.rules.keys()


@cache
def judged_together(kind: str) -> dict[str, tuple[Verdict, ...]]:
    """Every bad example of a kind by its rule, judged in one validation between two good ones."""
    case = CASES[kind]
    found = verdicts(case.suite, [case.good, *(example for example, _ in case.bad.values()), case.good])
    return dict(zip(["first", *case.bad, "last"], found, strict=True))


@pytest.mark.parametrize(("case", "name"), RULES)
def test_every_rule_can_fail_and_says_why(case: SuiteCase, name: str):
    _, expected = case.bad[name]
    unmet = [
        finding
        for verdict in judged_together(case.suite.kind)[name]
        for finding in verdict.findings
        if finding.expectation == name and finding.outcome is not Outcome.PASS
    ]
    assert {finding.outcome for finding in unmet} == {expected}
    assert not any("None" in finding.because or "{" in finding.because for finding in unmet), unmet


@cache
def judged_blind(kind: str) -> dict[str, tuple[Verdict, ...]]:
    """The good example once for each rule, with nothing where that rule should have observed something."""
    suite, names = CASES[kind].suite, list(CASES[kind].suite.rules)

    def columns(check: Check, row: EvidenceRow, occasion: Occasion) -> dict[str, Any]:
        rule = suite.rules[names[int(check.id.removeprefix("check-"))]]
        return {**suite.columns(check, row, occasion), rule.observed: None}

    found = verdicts(replace(suite, columns=columns), [CASES[kind].good] * len(names))
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize(("case", "name"), RULES)
def test_a_null_where_something_should_have_been_observed_never_passes(case: SuiteCase, name: str):
    assert not by_rule(judged_blind(case.suite.kind)[name])[name].passes


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_over_nothing_nothing_passes(case: SuiteCase):
    found = verdicts(case.suite, [Example(case.good.check, ())])[0]
    assert [verdict.subject for verdict in found] == list(case.good.check.subjects)
    assert {verdict.outcome for verdict in found} == {Outcome.MISSING}


@pytest.mark.parametrize("kind", CASES)
def test_bad_rows_leave_the_good_ones_beside_them_alone(kind: str):
    together = judged_together(kind)
    for verdict in (*together["first"], *together["last"]):
        assert verdict.outcome is Outcome.PASS
