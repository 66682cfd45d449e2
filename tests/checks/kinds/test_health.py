"""What a catalogue may ask of health."""

import pytest
from pydantic import ValidationError

from checks.kinds.health import HealthCheck


def test_each_endpoint_is_a_subject_and_the_control_is_none():
    check = HealthCheck.model_validate({"endpoints": ["api:/a", "web:/b"], "control": "out:/c"})
    assert check.subjects == ("api:/a", "web:/b")
    assert check.sources == ("api", "web", "out")


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoints": []},
        {"endpoints": ["/no-source"]},
        {"endpoints": ["api:/a", "api:/a"]},
        {"endpoints": ["api:/a"], "expect": {"http": []}},
        {"endpoints": ["api:/a"], "expect": {"status": []}},
        {"endpoints": ["api:/a"], "expect": {"http": [99]}},
        {"endpoints": ["api:/a"], "expect": {"within": 5}},
        {"endpoints": ["api:/a"], "proves": "immortality"},
        {"endpoints": ["api:/a"], "endpoint": "api:/b"},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        HealthCheck.model_validate(wrong)
