"""What a catalogue may ask of metrics."""

import pytest
from pydantic import ValidationError

from checks.kinds.metrics import MetricsCheck


def test_the_document_and_every_figure_are_subjects():
    check = MetricsCheck.model_validate(
        {
            "document": "api:/metrics",
            "agrees_with": "copy:/metrics.json",
            "expect": {
                "values": [{"metric": "queue", "labels": {"name": "mail"}, "max": 9}],
                "latency": [{"histogram": "seconds", "within": "1s", "quantile": 0.999}],
                "errors": [{"errors": {"metric": "bad"}, "total": {"metric": "all"}, "max": 0.01}],
            },
        }
    )
    assert check.subjects == ("api:/metrics", 'queue{name="mail"}', "seconds p99.9", "bad of all")
    assert check.sources == ("api", "copy")


@pytest.mark.parametrize(
    "wrong",
    [
        {"values": [{"metric": "queue"}]},
        {"values": [{"metric": "queue", "min": 2, "max": 1}]},
        {"values": [{"metric": "queue", "max": float("nan")}]},
        {"values": [{"metric": "queue", "max": 1}, {"metric": "queue", "min": 1}]},
        {"values": [{"metric": "queue{a}", "max": 1}]},
        {"latency": [{"histogram": "seconds", "within": "1s", "quantile": 95}]},
        {"latency": [{"histogram": "seconds", "within": "1s", "samples": 0}]},
        {"errors": [{"errors": {"metric": "bad"}, "total": {"metric": "all"}, "max": 1}]},
        {"types": {"queue": "number"}},
        {"shrink": 0},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        MetricsCheck.model_validate({"document": "api:/metrics", "expect": wrong})
