"""Objectives in a catalogue: what they mean, and what is refused."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from pydantic import ValidationError

from checks.kinds.objective import ObjectiveCheck

RATIO = {"bad": {"metric": "requests", "labels": {"code": "5*"}}, "total": {"metric": "requests"}}


def check(**given: Any) -> ObjectiveCheck:
    return ObjectiveCheck.model_validate(
        {"id": "it", "history": {"prometheus": "metrics"}, "ratio_metric": RATIO, "target": "99.9%", **given}
    )


def threshold(**given: Any) -> ObjectiveCheck:
    return check(ratio_metric=None, **given)


@pytest.mark.parametrize(
    ("written", "means"), [("99.9%", Fraction(999, 1000)), (0.999, Fraction(999, 1000)), (1, 1), ("95%", "19/20")]
)
def test_a_target_is_read_exactly(written: object, means: Fraction):
    assert check(target=written).target == Fraction(means)


@pytest.mark.parametrize("target", ["99.9", 99.9, 0, -0.5, "0%", "101%", True, None, "ninety", "nan"])
def test_a_target_that_is_no_share_is_refused(target: object):
    with pytest.raises(ValidationError, match=r"is no share; write 99.9% or 0.999"):
        check(target=target)


@pytest.mark.parametrize(("value", "seconds"), [("500ms", 0.5), ("1s", 1), (2, 2), (0.25, 0.25)])
def test_a_value_is_a_number_or_a_duration(value: object, seconds: float):
    assert threshold(threshold_metric={"histogram": "h"}, value=value).value == seconds


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"ratio_metric": None}, "it needs either ratio_metric or threshold_metric"),
        ({"threshold_metric": {"gauge": "g"}, "value": 1}, "it needs either ratio_metric or threshold_metric"),
        ({"value": 1}, "value and op belong to a threshold_metric"),
        ({"ratio_metric": {"total": {"metric": "a"}}}, "a ratio needs good, bad or both"),
        ({"time_slice_window": "1h"}, "time_slice_window belongs to a threshold_metric that is a counter"),
        ({"expect": {"tolerated": "99.9%"}}, "tolerated lies under the target"),
        ({"history": {"prometheus": "metrics", "step": "1m"}}, "only 10000 steps can be asked for"),
        ({"time_window": "30m"}, "an hour is the least to say anything of"),
    ],
)
def test_an_objective_that_says_too_little_or_contradicts_itself_is_refused(given: dict[str, Any], because: str):
    with pytest.raises(ValidationError, match=because):
        check(**given)


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"threshold_metric": {"histogram": "h"}}, "value and op belong to a threshold_metric, which needs a value"),
        ({"threshold_metric": {}, "value": 1}, "is one of histogram, native_histogram, gauge and counter"),
        ({"threshold_metric": {"gauge": "g", "counter": "c"}, "value": 1}, "is one of histogram"),
        ({"threshold_metric": {"counter": "c"}, "value": 1}, "give it a time_slice_window"),
        ({"threshold_metric": {"histogram": "h"}, "value": 1, "op": "gt"}, "op can only be lt or lte"),
    ],
)
def test_a_threshold_says_what_it_is_held_against(given: dict[str, Any], because: str):
    with pytest.raises(ValidationError, match=because):
        threshold(**given)


@pytest.mark.parametrize(
    ("given", "samples"),
    [({}, 2_995), ({"target": "99%"}, 299), ({"target": 1}, 1), ({"expect": {"samples": 7}}, 7)],
)
def test_as_many_events_are_needed_as_can_show_the_target(given: dict[str, Any], samples: int):
    assert check(**given).samples == samples


def test_of_a_histogram_400_are_needed_at_least():
    assert threshold(threshold_metric={"histogram": "h"}, value=1, target="95%").samples == 400
    assert threshold(threshold_metric={"histogram": "h"}, value=1, target="99.9%").samples == 2_995


@pytest.mark.parametrize(
    ("window", "interval", "step"), [("30d", "15s", 5), ("28d", "15s", 5), ("1d", "1m", 1), ("30d", "10m", 10)]
)
def test_older_samples_are_asked_for_as_densely_as_prometheus_gives_them(window: str, interval: str, step: int):
    found = check(time_window=window, history={"prometheus": "metrics", "interval": interval})
    assert found.step == timedelta(minutes=step)


def test_every_subject_that_is_named_is_owed():
    found = check(each={"label": "tenant", "values": ["aurora", "borealis"]})
    assert found.subjects == ("it", "tenant=aurora", "tenant=borealis")
