"""Reconciliation: do two ledgers agree, by key and by group, within a tolerance?"""

from typing import Literal

from checks.kinds.comparison import ComparisonCheck


class ReconciliationCheck(ComparisonCheck):
    """Two ledgers that were written by different hands; each may have columns that the other lacks."""

    kind: Literal["reconciliation"] = "reconciliation"
