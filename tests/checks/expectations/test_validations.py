"""What a check's validation states: the rules that the check asks for, and nothing of its neighbours."""

import json
from unittest import mock

from checks.expectations import judge as judging
from checks.expectations.health import HEALTH
from checks.findings import Judgement
from checks.kinds.health import HealthCheck
from tests.checks.expectations.case_health import GOOD, ROW
from tests.checks.expectations.judging import Example, judgements

ASKED = ["observed", "answers", "http", "prompt"]
MODEST = Example(
    HealthCheck.model_validate({"endpoints": ["api:/health"]}), (ROW.model_copy(update={"body_status": None}),)
)


def stated(judgement: Judgement) -> list[str]:
    return [one["expectation_config"]["meta"]["rule"] for one in json.loads(judgement.validation)["results"]]


def test_a_validation_states_what_its_own_check_asks_for_whoever_was_judged_beside_it():
    alone = judgements(HEALTH, [MODEST])[0]
    beside, demanding = judgements(HEALTH, [MODEST, GOOD])
    assert stated(alone) == ASKED
    assert beside.validation == alone.validation
    assert stated(demanding) == ["observed", *HEALTH.rules]
    assert json.loads(alone.validation)["statistics"] == {"evaluated_expectations": 4, "successful_expectations": 4}


def test_a_rule_that_nobody_asks_for_is_not_evaluated():
    with mock.patch.object(judging, "validate", side_effect=judging.validate) as validate:
        judgements(HEALTH, [MODEST])
    frame, rules = validate.call_args.args
    assert list(rules) == ASKED
    assert "certificate_seconds" not in frame.columns
