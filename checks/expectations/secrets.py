"""What is expected of secrets: all registered, renewed in time, kept in a vault, and none in the open."""

from collections.abc import Mapping, Sequence

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, is_good
from checks.expectations.dated import FOUND, found_columns, named, readable
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.secrets import SecretsCheck, SecretsRow
from checks.outcome import Outcome, Severity

_DAY = 86_400


def _columns(check: SecretsCheck, row: SecretsRow, occasion: Occasion) -> Mapping[str, Scalar]:
    found = found_columns(row)
    if row.part == "scan":
        unscanned = named(row.unscanned) or GOOD if row.files is not None else None
        return {**found, "asks_scan": True, "unscanned_form": unscanned, "exposed_shown": named(row.exposed)}
    expect = check.expect
    return {
        **found,
        "asks_register": True,
        "asks_names": named(check.names) or None,
        "asks_warning": expect.warn_at.days if expect.warn_at else None,
        "asks_vault": True if expect.vaulted else None,
        "asks_owner": True if expect.owned else None,
        "max_days": expect.max_age.total_seconds() / _DAY,
        "listed": len(row.entries) if row.entries is not None else None,
        **(_forms(check, row, occasion) if row.entries is not None else {}),
    }


def _forms(check: SecretsCheck, row: SecretsRow, occasion: Occasion) -> dict[str, Scalar]:
    """What is wrong with the entries, rule by rule, in words."""
    entries, expect = row.entries or (), check.expect
    ages = {one.name: (occasion.now - one.rotated_at).total_seconds() for one in entries if one.rotated_at}
    registered = {one.name for one in entries}
    warned = expect.warn_at.total_seconds() if expect.warn_at else float("inf")
    return {
        "names_form": _wrong([name for name in check.names if name not in registered]),
        "dates_form": _wrong([one.name for one in entries if one.rotated_at is None]),
        "future_form": _wrong([name for name, age in ages.items() if age < -_DAY]),
        "age_form": _wrong([_aged(name, age) for name, age in ages.items() if age > expect.max_age.total_seconds()]),
        "due_form": _wrong([_aged(name, age) for name, age in ages.items() if age > warned]),
        "vault_form": _wrong([one.name for one in entries if one.vault is None]),
        "owner_form": _wrong([one.name for one in entries if one.owner is None]),
    }


def _wrong(names: Sequence[str]) -> str:
    return named(names) or GOOD


def _aged(name: str, age: float) -> str:
    return f"{name} {age / _DAY:.0f} days ago"


SECRETS: Suite[SecretsCheck, SecretsRow] = Suite(
    kind="secrets",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("a register"),
        "listed": Rule(
            ExpectColumnValuesToBeBetween(column="listed", min_value=1),
            because="it lists {listed} secrets",
            otherwise="it lists no secret",
            observed="listed",
            asked="asks_register",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "scanned": Rule(
            ExpectColumnValuesToBeBetween(column="files", min_value=1),
            because="{files} files were scanned",
            otherwise="no file could be scanned: {unscanned_form}",
            observed="files",
            asked="asks_scan",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        "registered": Rule(
            is_good("names_form"),
            because="all of these are registered: {asks_names}",
            otherwise="not registered: {names_form}",
            observed="names_form",
            asked="asks_names",
            unmet=Outcome.MISSING,
        ),
        "dated": Rule(
            is_good("dates_form"),
            because="each says when it was renewed",
            otherwise="without a date of renewal: {dates_form}",
            observed="dates_form",
            asked="asks_register",
            unmet=Outcome.MISSING,
        ),
        "not-from-the-future": Rule(
            is_good("future_form"),
            because="no renewal is dated in the future",
            otherwise="renewed in the future: {future_form}",
            observed="future_form",
            asked="asks_register",
            unmet=Outcome.STALE,
        ),
        "renewed": Rule(
            is_good("age_form"),
            because="each was renewed in the last {max_days} days",
            otherwise="renewed more than {max_days} days ago: {age_form}",
            observed="age_form",
            asked="asks_register",
        ),
        "due": Rule(
            is_good("due_form"),
            because="none has to be renewed soon",
            otherwise="to be renewed soon: {due_form}",
            observed="due_form",
            asked="asks_warning",
            severity=Severity.WARNING,
        ),
        "vaulted": Rule(
            is_good("vault_form"),
            because="each says where it is kept",
            otherwise="without a place in a vault: {vault_form}",
            observed="vault_form",
            asked="asks_vault",
        ),
        "owned": Rule(
            is_good("owner_form"),
            because="each is somebody's",
            otherwise="nobody's: {owner_form}",
            observed="owner_form",
            asked="asks_owner",
        ),
        "scanned-all": Rule(
            is_good("unscanned_form"),
            because="every file could be read",
            otherwise="not every file could be scanned: {unscanned_form}",
            observed="unscanned_form",
            asked="asks_scan",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "hidden": Rule(
            ExpectColumnValuesToBeInSet(column="exposures", value_set=[0]),
            because="no secret stands in {files} files",
            otherwise="{exposures} secrets stand in the open: {exposed_shown}",
            observed="exposures",
            asked="asks_scan",
        ),
    },
)
