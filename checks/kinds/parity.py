"""Parity: is a shadow, replica or migrated data set equal to its source, row by row?"""

from typing import Literal

from checks.kinds.comparison import ComparisonCheck


class ParityCheck(ComparisonCheck):
    """A source (`left`) and what should be its equal (`right`); without `columns` both must have the same columns."""

    kind: Literal["parity"] = "parity"
