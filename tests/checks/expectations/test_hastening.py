"""What is put in the place of Great Expectations' own says the same, and asks less often."""

from typing import Any

import pytest
from great_expectations.core import id_dict
from great_expectations.core.id_dict import IDDict
from great_expectations.execution_engine import PandasExecutionEngine
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.registry import get_metric_kwargs
from great_expectations.validator.validation_graph import ValidationGraph

from checks.expectations import hastening
from checks.expectations.reading import rules_of
from checks.expectations.registry import PULSE, SUITES
from checks.expectations.suite import AnySuite
from checks.expectations.validation import _RESULT_FORMAT


@pytest.mark.parametrize("suite", [*SUITES, PULSE], ids=lambda suite: suite.kind)
def test_the_arguments_of_every_rule_are_those_that_great_expectations_finds(suite: AnySuite):
    own_domain, own_success, own_runtime = hastening.AS_THEY_WERE
    for rule in rules_of(suite).values():
        expectation = rule.expectation.configuration.to_domain_obj()
        found, own = hastening.success_kwargs(expectation), own_success(expectation)
        assert (found, list(found)) == (own, list(own))
        assert hastening.domain_kwargs(expectation) == own_domain(expectation)
        for asked in (None, {"result_format": {**_RESULT_FORMAT}, "catch_exceptions": False}):
            found, own = hastening.runtime_kwargs(expectation, asked), own_runtime(expectation, asked)
            assert (found, list(found)) == (own, list(own))


def test_a_metric_asks_for_the_configuration_a_few_times_and_not_for_each_argument(monkeypatch: pytest.MonkeyPatch):
    (rule, *_) = rules_of(SUITES[0]).values()
    configuration, looks = rule.expectation.configuration, []
    written = Expectation.configuration.fget
    monkeypatch.setattr(Expectation, "configuration", property(lambda self: looks.append(self) or written(self)))
    get_metric_kwargs("column_values.nonnull.unexpected_count", configuration, {"result_format": _RESULT_FORMAT})
    assert 0 < len(looks) < 5


def edges(suite: AnySuite, name: str) -> list[Any]:
    """What the metrics of a rule need, in the order in which it is found."""
    configuration = rules_of(suite)[name].expectation.configuration
    engine, asked = PandasExecutionEngine(), {"result_format": {**_RESULT_FORMAT}}
    needed = configuration.to_domain_obj().get_validation_dependencies(engine, asked)
    graph = ValidationGraph(engine)
    for metric in needed.get_metric_configurations():
        graph.build_metric_dependency_graph(metric, asked)
    return [(edge.id, edge.left.metric_domain_kwargs, edge.left.metric_value_kwargs) for edge in graph.edges]


@pytest.mark.parametrize("suite", [*SUITES, PULSE], ids=lambda suite: suite.kind)
def test_the_metrics_of_every_rule_need_what_great_expectations_finds(suite: AnySuite, monkeypatch: pytest.MonkeyPatch):
    names = list({type(rule.expectation): name for name, rule in rules_of(suite).items()}.values())
    found = [edges(suite, name) for name in names]
    monkeypatch.setattr(ValidationGraph, "build_metric_dependency_graph", hastening.BUILT)
    monkeypatch.setattr(id_dict, "convert_to_json_serializable", hastening.CONVERTED)
    assert all(found)
    assert found == [edges(suite, name) for name in names]


@pytest.mark.parametrize("value", [None, True, 0, 1.5, float("nan"), "", "x", (1, None), {"a": [None, {"b": "c"}]}])
def test_a_metric_has_the_name_that_great_expectations_gives_it(value: object, monkeypatch: pytest.MonkeyPatch):
    arguments = IDDict({"column": "x", "value": value, "other": None})
    found = arguments.to_id()
    monkeypatch.setattr(id_dict, "convert_to_json_serializable", hastening.CONVERTED)
    assert found == arguments.to_id()


def test_what_a_metric_needs_is_found_once_for_a_rule(monkeypatch: pytest.MonkeyPatch):
    looked: list[object] = []
    own = hastening.BUILT

    def built(self: ValidationGraph, metric: Any, asked: object) -> None:
        looked.append(metric.id)
        own(self, metric, asked)

    monkeypatch.setattr(hastening, "BUILT", built)
    assert edges(SUITES[0], next(iter(rules_of(SUITES[0]))))
    assert len(looked) == len(set(looked)) > 3
