"""Great Expectations without the questions that it asks itself again and again; its answers are the same.

Each metric of each rule asks its expectation for a dozen arguments, and for each of them the expectation writes down
its whole configuration, under a name that it makes of its class's. That is a third of the time that a small validation
takes. Here it is written down once for each metric.
"""

from functools import cache
from typing import Any

from great_expectations.expectations import expectation
from great_expectations.expectations.expectation import Expectation


def domain_kwargs(self: Expectation) -> dict[str, Any]:
    """As `Expectation._get_domain_kwargs`, with one look at the configuration."""
    return _given(self, self.domain_keys)


def success_kwargs(self: Expectation) -> dict[str, Any]:
    """As `Expectation._get_success_kwargs`, with one look at the configuration."""
    return _given(self, (*self.success_keys, *self.domain_keys))


def _given(self: Expectation, keys: tuple[str, ...]) -> dict[str, Any]:
    given = self.configuration.kwargs
    return {key: given.get(key, self._get_default_value(key)) for key in keys}


AS_THEY_WERE = (Expectation._get_domain_kwargs, Expectation._get_success_kwargs)


def hasten() -> None:
    """Puts these in the place of what they are as good as."""
    Expectation._get_domain_kwargs = domain_kwargs  # type: ignore[method-assign]
    Expectation._get_success_kwargs = success_kwargs  # type: ignore[method-assign]
    expectation.camel_to_snake = cache(expectation.camel_to_snake)
