"""What is expected of people's evidence: signed, real, still good, with its artefact, and accepted by another."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, is_good, is_true
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.attestation import AttestationCheck, AttestationExpectation, AttestationRow
from checks.outcome import Outcome


def _columns(check: AttestationCheck, row: AttestationRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect, there = check.expect, row.record is not None
    return {
        "attested": GOOD if there else row.missing or "nobody has attested it",
        "real": _real(row, expect) if there else None,
        "good_for": (row.expires_at - occasion.now).total_seconds() if row.expires_at else None,
        "ended_well": (row.result or "").casefold() in {word.casefold() for word in expect.results} if there else None,
        "results_shown": " or ".join(expect.results),
        "reviewed": (GOOD if row.accepted is not None else "nobody else has looked at it") if there else None,
        "not_rejected": row.accepted is not False if there else None,
        "reviewer_shown": row.reviewer or "nobody",
    }


def _real(row: AttestationRow, expect: AttestationExpectation) -> str:
    return expect.why_not_real(row.environment or "nothing", row.provider_mode or "") or GOOD


ATTESTATION: Suite[AttestationCheck, AttestationRow] = Suite(
    kind="attestation",
    columns=_columns,
    guards={
        "attested": Rule(
            is_good("attested"),
            because="attested by {executor} in {record}",
            otherwise="{attested}",
            observed="attested",
            unmet=Outcome.MISSING,
        ),
        "real": Rule(
            is_good("real"),
            because="about {environment}, with {provider_mode}",
            otherwise="{real}",
            observed="real",
            unmet=Outcome.MISSING,
        ),
        "unexpired": Rule(
            ExpectColumnValuesToBeBetween(column="good_for", min_value=0, strict_min=True),
            because="good until {expires_at}",
            otherwise="it ran out at {expires_at}",
            observed="good_for",
            unmet=Outcome.STALE,
        ),
    },
    expectations={
        "result": Rule(
            is_true("ended_well"),
            because="it ended in {result!r}; expected {results_shown}",
            observed="ended_well",
        ),
        "artefact": Rule(
            is_true("artefact_as_attested"),
            because="the artefact is the one that was attested",
            otherwise="the artefact is gone, or is another than was attested",
            observed="artefact_as_attested",
        ),
        "reviewed": Rule(
            is_good("reviewed"),
            because="reviewed by {reviewer_shown}",
            otherwise="it is {executor}'s word: {reviewed}",
            observed="reviewed",
            unmet=Outcome.CLAIMED,
        ),
        "accepted": Rule(
            is_true("not_rejected"),
            because="nobody rejected it",
            otherwise="{reviewer_shown} rejected it",
            observed="not_rejected",
        ),
    },
)
