"""What is expected of signed artefacts: there, not empty, and signed just as they are by a key that is trusted."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, is_good, is_true
from checks.expectations.dated import FOUND, found_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.signatures import SignaturesCheck, SignaturesRow
from checks.outcome import Outcome


def _columns(check: SignaturesCheck, row: SignaturesRow, occasion: Occasion) -> Mapping[str, Scalar]:  # noqa: ARG001
    return {
        **found_columns(row),
        "presence": row.unsigned or GOOD,
        "keys": ", ".join(check.keys),
        "by_trusted": row.signer is not None if row.form is not None else None,
    }


SIGNATURES: Suite[SignaturesCheck, SignaturesRow] = Suite(
    kind="signatures",
    columns=_columns,
    guards={
        "found": FOUND,
        "not-empty": Rule(
            ExpectColumnValuesToBeBetween(column="body_bytes", min_value=1),
            because="{where} has {body_bytes} bytes",
            otherwise="{where} is empty, and the signature of nothing shows nothing",
            observed="body_bytes",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "signed": Rule(
            is_good("presence"),
            because="its signature is {signature}",
            otherwise="{signature}: {presence}",
            observed="presence",
            unmet=Outcome.MISSING,
        ),
        "readable": Rule(
            is_good("content"),
            because="it is a signature of the form {form}",
            otherwise="{signature}: {content}",
            observed="content",
        ),
    },
    expectations={
        "verified": Rule(
            is_true("by_trusted"),
            because="{signer} signed just these bytes, {sha256}",
            otherwise="none of {keys} made the signature {signature} over {where} as it is",
            observed="by_trusted",
        ),
    },
)
