"""What is put in the place of Great Expectations' own says the same, and asks less often."""

import pytest
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_metric_kwargs

from checks.expectations import hastening
from checks.expectations.reading import rules_of
from checks.expectations.registry import PULSE, SUITES
from checks.expectations.suite import AnySuite
from checks.expectations.validation import _RESULT_FORMAT


@pytest.mark.parametrize("suite", [*SUITES, PULSE], ids=lambda suite: suite.kind)
def test_the_arguments_of_every_rule_are_those_that_great_expectations_finds(suite: AnySuite):
    own_domain, own_success = hastening.AS_THEY_WERE
    for rule in rules_of(suite).values():
        expectation = rule.expectation.configuration.to_domain_obj()
        found, own = hastening.success_kwargs(expectation), own_success(expectation)
        assert (found, list(found)) == (own, list(own))
        assert hastening.domain_kwargs(expectation) == own_domain(expectation)


def test_a_metric_asks_for_the_configuration_a_few_times_and_not_for_each_argument(monkeypatch: pytest.MonkeyPatch):
    (rule, *_) = rules_of(SUITES[0]).values()
    configuration, looks = rule.expectation.configuration, []
    written = Expectation.configuration.fget
    monkeypatch.setattr(Expectation, "configuration", property(lambda self: looks.append(self) or written(self)))
    get_metric_kwargs("column_values.nonnull.unexpected_count", configuration, {"result_format": _RESULT_FORMAT})
    assert 0 < len(looks) < 5
