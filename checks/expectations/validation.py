"""Runs rules over a frame through Great Expectations, and says for each rule which rows did not meet it.

The only place that reads Great Expectations results: what could not be evaluated comes back as `success=False` with an
empty result there, and is told apart here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.core.expectation_validation_result import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
)

from checks.expectations.hastening import hasten
from checks.expectations.suite import Rule

hasten()

ROW = "_row"
_RESULT_FORMAT = {"result_format": "COMPLETE", "unexpected_index_column_names": [ROW], "include_unexpected_rows": False}


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What one rule came to over the whole frame; `broken` says why it could not be evaluated."""

    unmet: frozenset[int]
    configuration: Mapping[str, Any]
    broken: str | None = None


def validate(frame: pd.DataFrame, rules: Mapping[str, Rule]) -> dict[str, RuleResult]:
    """Evaluates every rule once over a frame whose column `_row` numbers its rows."""
    suite = gx.ExpectationSuite(name="rules", expectations=[_named(name, rule) for name, rule in rules.items()])
    batch = _batch_definition().get_batch({"dataframe": frame})
    report = batch.validate(suite, result_format=_RESULT_FORMAT)
    results = {_name_of(result): _read(result, len(frame)) for result in report.results}
    missing = RuleResult(frozenset(), {}, broken="Great Expectations gave no result for it")
    return {name: results.get(name, missing) for name in rules}


@cache
def _batch_definition() -> BatchDefinition[Any]:
    """An in-memory Great Expectations context that reports to nobody; it holds no data between validations."""
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False), analytics_enabled=False
    )
    context = gx.get_context(mode="ephemeral", project_config=config)
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("evidence").add_dataframe_asset("rows")
    return asset.add_batch_definition_whole_dataframe("all")


def _named(name: str, rule: Rule) -> Any:
    return rule.expectation.copy(update={"meta": {"rule": name}})


def _name_of(result: ExpectationValidationResult) -> str:
    config = result.expectation_config
    return str((config.meta or {}).get("rule")) if config else ""


def _read(result: ExpectationValidationResult, rows: int) -> RuleResult:
    config = result.expectation_config
    kwargs = {} if config is None else {key: value for key, value in config.kwargs.items() if key != "batch_id"}
    configuration = {"type": config.type if config else None, "kwargs": kwargs}
    broken = _why_broken(result, rows)
    if broken:
        return RuleResult(frozenset(), configuration, broken)
    unmet = frozenset(int(entry[ROW]) for entry in result.result["unexpected_index_list"] or ())
    return RuleResult(unmet, configuration)


def _why_broken(result: ExpectationValidationResult, rows: int) -> str | None:
    """Why a result is no answer: an exception, an empty result, or one over another number of rows."""
    info = result.exception_info or {}
    nested = [info] if "raised_exception" in info else list(info.values())
    messages = [entry.get("exception_message") for entry in nested if entry.get("raised_exception")]
    if messages:
        return f"Great Expectations could not evaluate it: {messages[0]}"
    if result.result.get("element_count") != rows or "unexpected_index_list" not in result.result:
        return "Great Expectations gave an incomplete result"
    return None
