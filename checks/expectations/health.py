"""What is expected of health: an answer, the right status on both levels, no contradiction, in time."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import at_least, equal
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.health import HealthCheck, HealthRow
from checks.outcome import Outcome


def _columns(check: HealthCheck, row: HealthRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect = check.expect
    certificate = row.certificate_expires_at
    return {
        "observer": "lost" if row.observer_lost else "good",
        "observer_expected": "good" if check.control else None,
        "answer": "an answer" if row.is_answered else row.no_answer or "no answer",
        "http_expected": " or ".join(map(str, expect.http)),
        "http_as_expected": row.http_status if row.http_status in expect.http else expect.http[0],
        "body_expected": " or ".join(expect.status) if expect.status else None,
        "body_as_expected": _nearest(row.body_status, expect.status),
        "body_contradicts": check.is_contradicted(row),
        "within": expect.within.total_seconds(),
        "certificate_seconds": (certificate - occasion.now).total_seconds() if certificate else None,
        "certificate_for": expect.certificate_for.total_seconds() if expect.certificate_for else None,
    }


def _nearest(said: str | None, expected: tuple[str, ...] | None) -> str | None:
    """The very word where it is one of those expected, else one that it differs from."""
    if not expected:
        return None
    return said if said in expected else expected[0]


HEALTH: Suite[HealthCheck, HealthRow] = Suite(
    kind="health",
    columns=_columns,
    guards={
        "observer": Rule(
            equal("observer", "observer_expected"),
            because="the control endpoint answered or was not needed",
            otherwise="the control endpoint did not answer either: the observer's own network is in doubt",
            observed="observer",
            expected="observer_expected",
            unmet=Outcome.ERROR,
        ),
        "answers": Rule(
            ExpectColumnValuesToBeInSet(column="answer", value_set=["an answer"]),
            because="answered with HTTP {http_status}",
            otherwise="{answer}",
            observed="answer",
        ),
    },
    expectations={
        "http": Rule(
            equal("http_status", "http_as_expected"),
            because="HTTP {http_status}; expected {http_expected}",
            observed="http_status",
            expected="http_expected",
        ),
        "healthy": Rule(
            equal("body_status", "body_as_expected"),
            because="its body says {body_status!r}; expected {body_expected}",
            observed="body_status",
            expected="body_expected",
        ),
        "consistent": Rule(
            ExpectColumnValuesToBeInSet(column="body_contradicts", value_set=[False]),
            because="HTTP {http_status} and body status {body_status!r} agree",
            otherwise="HTTP {http_status} and body status {body_status!r} contradict each other",
            observed="body_contradicts",
            asked="body_status",
        ),
        "prompt": Rule(
            at_least("within", "seconds"),
            because="took {seconds} s; expected at most {within} s",
            observed="seconds",
            expected="within",
        ),
        "certificate": Rule(
            at_least("certificate_seconds", "certificate_for"),
            because="the certificate is good for another {certificate_seconds} s; expected {certificate_for} s",
            observed="certificate_seconds",
            expected="certificate_for",
        ),
    },
)
