"""Great Expectations without the questions that it asks itself again and again; its answers are the same.

Each metric of each rule asks its expectation for a dozen arguments, and for each of them the expectation writes down
its whole configuration, under a name that it makes of its class's. Each metric also names itself by its arguments, of
which most are plain or not given, and which are looked at as if they might be anything; and what a metric needs is
found again for everything that needs it. That is more than half of the time that a small validation takes. Here the
configuration is written down once for each metric, plain arguments are known at a look, and what a metric needs is
found once for each rule.
"""

from functools import cache
from typing import Any

from great_expectations import util
from great_expectations.core import id_dict
from great_expectations.expectations import expectation
from great_expectations.expectations.expectation import Expectation
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.validation_graph import ValidationGraph

_PLAIN = frozenset({type(None), str, int, bool})


def domain_kwargs(self: Expectation) -> dict[str, Any]:
    """As `Expectation._get_domain_kwargs`, with one look at the configuration."""
    return _given(self, self.domain_keys)


def success_kwargs(self: Expectation) -> dict[str, Any]:
    """As `Expectation._get_success_kwargs`, with one look at the configuration."""
    return _given(self, (*self.success_keys, *self.domain_keys))


def runtime_kwargs(self: Expectation, runtime_configuration: dict[str, Any] | None = None) -> dict[str, Any]:
    """As `Expectation._get_runtime_kwargs`, with one look at the configuration."""
    asked, lasting = runtime_configuration or {}, (*self.success_keys, *self.domain_keys)
    found = _given(self, (*self.runtime_keys, *lasting))
    found |= {key: asked[key] for key in self.runtime_keys if key in asked and key not in lasting}
    return {**found, "result_format": expectation.parse_result_format(found["result_format"])}


def _given(self: Expectation, keys: tuple[str, ...]) -> dict[str, Any]:
    given = self.configuration.kwargs
    return {key: given.get(key, self._get_default_value(key)) for key in keys}


def serializable(data: Any) -> Any:
    """As `convert_to_json_serializable`, which asks of nothing at all whether it might be any of thirty things."""
    return data if type(data) in _PLAIN else CONVERTED(data)


def build_metric_dependency_graph(
    self: ValidationGraph,
    metric_configuration: MetricConfiguration,
    runtime_configuration: dict[str, Any] | None = None,
) -> None:
    """As `ValidationGraph.build_metric_dependency_graph`, which would only find again what it has of that metric."""
    found: set[Any] = self.__dict__.setdefault("found", set())
    if metric_configuration.id not in found:
        found.add(metric_configuration.id)
        BUILT(self, metric_configuration, runtime_configuration)


AS_THEY_WERE = (Expectation._get_domain_kwargs, Expectation._get_success_kwargs, Expectation._get_runtime_kwargs)
CONVERTED = util.convert_to_json_serializable
BUILT = ValidationGraph.build_metric_dependency_graph


def hasten() -> None:
    """Puts these in the place of what they are as good as."""
    Expectation._get_domain_kwargs = domain_kwargs  # type: ignore[method-assign]
    Expectation._get_success_kwargs = success_kwargs  # type: ignore[method-assign]
    Expectation._get_runtime_kwargs = runtime_kwargs  # type: ignore[method-assign]
    ValidationGraph.build_metric_dependency_graph = build_metric_dependency_graph  # type: ignore[method-assign]
    expectation.camel_to_snake = cache(expectation.camel_to_snake)
    util.convert_to_json_serializable = serializable
    id_dict.convert_to_json_serializable = serializable
