"""Good and bad rows of metrics."""

from checks.expectations.metrics import METRICS
from checks.kinds.metrics import MetricsCheck, MetricsRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import Example, SuiteCase, changed

PLACE = "api:/metrics"
EXPECT = {
    "types": {"queue": "gauge"},
    "values": [{"metric": "queue", "min": 1, "max": 9}],
    "latency": [{"histogram": "seconds", "within": "1s"}],
    "errors": [{"errors": {"metric": "bad"}, "total": {"metric": "all"}, "max": 0.01}],
}
CHECK = MetricsCheck.model_validate({"document": PLACE, "agrees_with": "api:/metrics.json", "expect": EXPECT})
WHERE = "http://api.test/metrics"
EARLIER = {PLACE: ("1000 bytes, 20 families",)}

DOCUMENT = Example(
    CHECK,
    (
        MetricsRow(
            subject=PLACE, part="document", where=WHERE, format="prometheus", body_bytes=900, families=20, series=50
        ),
    ),
    EARLIER,
)
VALUE = Example(CHECK, (MetricsRow(subject="queue", part="value", where=WHERE, value=9),))
LATENCY = Example(
    CHECK,
    (
        MetricsRow(
            subject="seconds p95", part="latency", where=WHERE, observations=400, share_low=0.95, share_high=0.96
        ),
    ),
)
ERRORS = Example(CHECK, (MetricsRow(subject="bad of all", part="errors", where=WHERE, observations=100, errors=1),))
GOOD = Example(CHECK, (*DOCUMENT.rows, *VALUE.rows, *LATENCY.rows, *ERRORS.rows), EARLIER)

CASE = SuiteCase(
    METRICS,
    GOOD,
    {
        "answers": (changed(DOCUMENT, missing="the connection was refused"), Outcome.FAIL),
        "readable": (changed(DOCUMENT, unreadable="is empty"), Outcome.FAIL),
        "present": (changed(VALUE, value=None, absent="no series is queue"), Outcome.MISSING),
        "number": (changed(VALUE, value=None, unusable="its value is no finite number"), Outcome.FAIL),
        "sensible": (changed(ERRORS, errors=101), Outcome.ERROR),
        "enough": (changed(LATENCY, observations=399), Outcome.INCONCLUSIVE),
        "complete": (changed(DOCUMENT, unended="its last line has no end"), Outcome.FAIL),
        "size": (changed(DOCUMENT, body_bytes=899), Outcome.FAIL),
        "families": (changed(DOCUMENT, families=19), Outcome.WARN),
        "unique": (changed(DOCUMENT, repeated="up stands there twice"), Outcome.FAIL),
        "buckets": (changed(DOCUMENT, buckets="seconds has no +Inf bucket"), Outcome.FAIL),
        "types": (changed(DOCUMENT, types="queue is absent"), Outcome.FAIL),
        "agreement": (changed(DOCUMENT, disagreement="queue is 1 here and 2 there"), Outcome.FAIL),
        "minimum": (changed(VALUE, value=0.999), Outcome.FAIL),
        "maximum": (changed(VALUE, value=9.001), Outcome.FAIL),
        "latency": (changed(LATENCY, share_low=0.9, share_high=0.949), Outcome.FAIL),
        "latency-shown": (changed(LATENCY, share_low=0.949), Outcome.INCONCLUSIVE),
        "error-ratio": (changed(ERRORS, errors=2), Outcome.FAIL),
    },
)
