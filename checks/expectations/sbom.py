"""What is expected of a bill of materials: readable, not empty, every version known, and the same as the lock file."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import at_least, at_most, equal, is_true
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
from checks.kinds.sbom import SbomCheck, SbomRow
from checks.outcome import Outcome


def _columns(check: SbomCheck, row: SbomRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect, read = check.expect, row.components is not None
    formats = expect.formats
    made_by = any(tool.lower().startswith(name.lower()) for tool in row.tools for name in expect.tools)
    return {
        **document_columns(row, expect, occasion),
        **dating_columns(check),
        **version_columns(check, row),
        "formats_shown": " or ".join(formats) or None,
        "format_as_expected": (row.format if row.format in formats else formats[0]) if formats and read else None,
        "tools_shown": " or ".join(expect.tools) or None,
        "tools_found": ", ".join(row.tools) or "nobody it names",
        "made_by_one": made_by if read else None,
        "fewest": expect.components,
        "without_version": len(row.unpinned) if read else None,
        "unpinned_shown": named(row.unpinned),
        "most_unpinned": expect.unpinned,
        "lock_asked": str(check.lockfile) if check.lockfile else None,
        "lock_shown": row.lock_trouble or "cannot be read",
        "most_drift": expect.drift if check.lockfile else None,
        "drift_shown": named(row.drift),
    }


SBOM: Suite[SbomCheck, SbomRow] = Suite(
    kind="sbom",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("a bill of materials"),
        "dated": DATED_BY_CHOICE,
        "listed": Rule(
            ExpectColumnValuesToBeBetween(column="components", min_value=1),
            because="{format} with {components} components",
            otherwise="it lists nothing",
            observed="components",
            unmet=Outcome.INCONCLUSIVE,
        ),
    },
    expectations={
        **AGE,
        "format": Rule(
            equal("format", "format_as_expected"),
            because="its format is {format}; expected {formats_shown}",
            observed="format",
            expected="formats_shown",
        ),
        "tool": Rule(
            is_true("made_by_one"),
            because="made by {tools_found}",
            otherwise="made by {tools_found}; expected {tools_shown}",
            observed="made_by_one",
            asked="tools_shown",
        ),
        "enough": Rule(
            at_least("components", "fewest"),
            because="{components} components; at least {fewest} are expected",
            observed="components",
            expected="fewest",
        ),
        "pinned": Rule(
            at_most("without_version", "most_unpinned"),
            because="{without_version} components have no version; at most {most_unpinned} may",
            otherwise="{without_version} components have no version, at most {most_unpinned} may: {unpinned_shown}",
            observed="without_version",
            expected="most_unpinned",
        ),
        "lockfile": Rule(
            ExpectColumnValuesToNotBeNull(column="locked"),
            because="{lock_asked} locks {locked} packages",
            otherwise="{lock_shown}",
            observed="locked",
            asked="lock_asked",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "drift": Rule(
            at_most("drifting", "most_drift"),
            because="{drifting} packages differ from the lock file; at most {most_drift} may",
            otherwise="{drifting} packages differ from the lock file, at most {most_drift} may: {drift_shown}",
            observed="drifting",
            expected="most_drift",
            needs=("lockfile",),
        ),
        **VERSION,
        "link": LINK,
    },
)
