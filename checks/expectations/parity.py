"""What is expected of a copy: the same columns as its source, and every row of it, and no other."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.comparison import DIFFERENCES, GUARDS, comparison_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.comparison import ComparisonRow
from checks.kinds.parity import ParityCheck


def _columns(check: ParityCheck, row: ComparisonRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Which columns to compare is the check's to say; where it does not, all must be on both sides."""
    asked = row.group is None and not check.columns
    return {
        **comparison_columns(check, row, occasion),
        "same_columns": (row.one_sided_columns is None) if row.compared_columns is not None else None,
        "same_columns_asked": True if asked else None,
    }


PARITY: Suite[ParityCheck, ComparisonRow] = Suite(
    kind="parity",
    columns=_columns,
    guards=GUARDS,
    expectations={
        "columns": Rule(
            ExpectColumnValuesToBeInSet(column="same_columns", value_set=[True]),
            because="both sides have the same columns",
            otherwise="columns on one side only: {one_sided_columns}",
            observed="same_columns",
            asked="same_columns_asked",
        ),
        **DIFFERENCES,
    },
)
