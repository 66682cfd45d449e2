"""What a catalogue may ask of test results."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.kinds.test_results import ResultsCheck


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"results": []}, "at least 1 item"),
        ({"results": ["ci:a.xml", "ci:a.xml"]}, "stands here more than once"),
        ({"coverage": "ci:coverage.xml"}, "go together"),
        ({"expect": {"max_age": "1d", "coverage": 0.8}}, "go together"),
        ({"coverage": "ci:c.xml", "expect": {"max_age": "1d", "coverage": 80}}, "less than or equal to 1"),
        ({"expect": {"max_age": "1d", "tests": 0}}, "greater than or equal to 1"),
    ],
)
def test_what_nobody_could_mean_is_refused(given: dict[str, Any], because: str):
    asked = {"results": ["ci:a.xml"], "expect": {"max_age": "1d"}}
    assert ResultsCheck.model_validate(asked).subjects == ("ci:a.xml",)
    with pytest.raises(ValidationError, match=because):
        ResultsCheck.model_validate({**asked, **given})
