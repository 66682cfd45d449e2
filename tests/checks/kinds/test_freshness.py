"""What a catalogue may ask of documents."""

import pytest
from pydantic import ValidationError

from checks.kinds.freshness import FreshnessCheck


def test_the_usual_timestamps_are_looked_for_unless_one_is_named():
    asked = {"document": "reports:latest.json", "expect": {"max_age": "10m"}}
    assert FreshnessCheck.model_validate(asked).timestamps == ("generated_at", "timestamp", "ts")
    assert FreshnessCheck.model_validate({**asked, "timestamp": "meta.made"}).timestamps == ("meta.made",)


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"max_age": 600},
        {"max_age": "10m", "status": []},
        {"max_age": "10m", "max": {"missing": "many"}},
        {"max_age": "10m", "max": {"missing": float("nan")}},
        {"max_age": "10m", "equals": {"a..b": 1}},
        {"max_age": "10m", "frozen_after": 1},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        FreshnessCheck.model_validate({"document": "reports:latest.json", "expect": wrong})
