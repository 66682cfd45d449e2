"""What is expected of dependency audits: something was looked at, and nothing bad was found that nobody waived."""

from collections import Counter
from collections.abc import Collection, Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar, rfc3339
from checks.expectations.conditions import GOOD, at_least, at_most, is_good
from checks.expectations.dated import (
    AGE,
    DATED_BY_CHOICE,
    FOUND,
    LINK,
    VERSION,
    dating_columns,
    document_columns,
    named,
    readable,
    version_columns,
)
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.audit import GRADES, AuditCheck, AuditRow, Vulnerability
from checks.outcome import Outcome


def _columns(check: AuditCheck, row: AuditRow, occasion: Occasion) -> Mapping[str, Scalar]:
    most, waived = check.expect.most, _waived(row, occasion)
    return {
        **document_columns(row, check.expect, occasion),
        **dating_columns(check),
        **version_columns(check, row),
        "audit_form": _excess(check, row, waived),
        "waived": len(waived) if row.vulnerabilities is not None else None,
        "waived_shown": named(waived.values()),
        "found_shown": _counts(row),
        "most_shown": ", ".join(f"{grade} ≤ {most[grade]}" for grade in GRADES if grade in most),
        "fewest_packages": check.expect.packages,
        "most_skipped": check.expect.skipped,
    }


def _waived(row: AuditRow, occasion: Occasion) -> dict[Vulnerability, str]:
    """The vulnerabilities for which an exception holds now, and until when by whose word."""
    standing = {one.id: one for one in row.waivers if one.until > occasion.now}
    found = {}
    for each in row.vulnerabilities or ():
        waiver = next((standing[name] for name in (each.id, *each.aliases) if name in standing), None)
        if waiver is not None:
            found[each] = f"{waiver.id} until {rfc3339(waiver.until)} by {waiver.by}"
    return found


def _excess(check: AuditCheck, row: AuditRow, waived: Collection[Vulnerability]) -> str | None:
    """The findings of every grade of which there are more than may be; `None` where nothing was read."""
    if row.vulnerabilities is None:
        return None
    standing = [each for each in row.vulnerabilities if each not in waived]
    counts = Counter(each.grade for each in standing)
    over = {grade for grade, limit in check.expect.most.items() if counts[grade] > limit}
    bad = [each for grade in GRADES if grade in over for each in standing if each.grade == grade]
    return named(f"{each.grade} {each.id} in {each.package} {each.version}".rstrip() for each in bad) or GOOD


def _counts(row: AuditRow) -> str:
    counts = Counter(each.grade for each in row.vulnerabilities or ())
    return ", ".join(f"{counts[grade]} {grade}" for grade in GRADES if counts[grade]) or "nothing"


AUDIT: Suite[AuditCheck, AuditRow] = Suite(
    kind="audit",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("an audit"),
        "dated": DATED_BY_CHOICE,
        "audited": Rule(
            ExpectColumnValuesToBeBetween(column="packages", min_value=1),
            because="{packages} packages were looked at",
            otherwise="no package was looked at, and {skipped} were passed over",
            observed="packages",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        **AGE,
        "enough": Rule(
            at_least("packages", "fewest_packages"),
            because="{packages} packages were looked at; at least {fewest_packages} are expected",
            observed="packages",
            expected="fewest_packages",
        ),
        "skipped": Rule(
            at_most("skipped", "most_skipped"),
            because="{skipped} packages were passed over; at most {most_skipped} may be",
            observed="skipped",
            expected="most_skipped",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "vulnerabilities": Rule(
            is_good("audit_form"),
            because="found {found_shown}, which is within {most_shown}",
            otherwise="{audit_form}; allowed is {most_shown}",
            observed="audit_form",
            expected="most_shown",
        ),
        "waived": Rule(
            ExpectColumnValuesToBeInSet(column="waived", value_set=[0]),
            because="nothing is waived",
            otherwise="{waived} are waived: {waived_shown}",
            observed="waived",
            unmet=Outcome.WAIVED,
        ),
        **VERSION,
        "link": LINK,
    },
)
