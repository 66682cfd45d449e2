"""What is expected of configuration: what was approved, or the same as before; and settings within their limits."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, equal, is_good, is_true
from checks.expectations.dated import FOUND, found_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.configuration import ConfigurationCheck, ConfigurationRow
from checks.outcome import Outcome


def _columns(check: ConfigurationCheck, row: ConfigurationRow, occasion: Occasion) -> Mapping[str, Scalar]:
    asked = check.documents[row.subject]
    earlier = occasion.earlier.get((check.id, row.subject), ())
    other = next((digest for digest in earlier if digest != row.sha256), None)
    return {
        **found_columns(row),
        "asks_settings": asked.asked,
        "approved": asked.approved,
        "asks_steady": True if asked.approved is None else None,
        "compared": len(earlier),
        "steady": other is None if earlier else None,
        "before": other or "not known",
        "settings_form": asked.wrong(row) or GOOD if not row.unreadable else None,
    }


CONFIGURATION: Suite[ConfigurationCheck, ConfigurationRow] = Suite(
    kind="configuration",
    columns=_columns,
    fingerprint=lambda row: row.sha256,
    guards={
        "found": FOUND,
        "not-empty": Rule(
            ExpectColumnValuesToBeBetween(column="body_bytes", min_value=1),
            because="{where} has {body_bytes} bytes",
            otherwise="{where} is empty",
            observed="body_bytes",
            unmet=Outcome.MISSING,
        ),
    },
    expectations={
        "approved": Rule(
            equal("sha256", "approved"),
            because="{where} is as approved, {sha256}",
            otherwise="{where} has drifted: its digest is {sha256}, and {approved} was approved",
            observed="sha256",
            expected="approved",
        ),
        "unchanged": Rule(
            is_true("steady"),
            because="{where} is the same as in {compared} slots before, {sha256}",
            otherwise="{where} has changed: its digest is {sha256}, and was {before}; nobody has approved a digest",
            observed="steady",
            asked="asks_steady",
        ),
        "readable": Rule(
            is_good("content"),
            because="{where} could be read",
            otherwise="{where} {content}",
            observed="content",
            asked="asks_settings",
            unmet=Outcome.MISSING,
        ),
        "settings": Rule(
            is_good("settings_form"),
            because="{asks_settings}",
            otherwise="{settings_form}",
            observed="settings_form",
            asked="asks_settings",
            needs=("readable",),
        ),
    },
)
