"""Compares two sets of rows wherever they are: the engine under reconciliation and parity."""

from tasks.comparison.addresses import location_of
from tasks.comparison.engine import compare
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.opening import open_side
from tasks.comparison.parts import combine, split
from tasks.comparison.progress import Progress
from tasks.comparison.request import Comparison, GroupTotal, KeyRange, Location, Mapped, Samples, SecondLook
from tasks.comparison.result import ComparisonResult, Difference, Rows
from tasks.comparison.rules import ColumnRule, Tolerance, Whitespace

__all__ = [
    "Column",
    "ColumnRule",
    "Comparison",
    "ComparisonResult",
    "Difference",
    "GroupTotal",
    "KeyRange",
    "Kind",
    "Location",
    "Mapped",
    "Progress",
    "Rows",
    "Samples",
    "SecondLook",
    "Tolerance",
    "Whitespace",
    "combine",
    "compare",
    "location_of",
    "open_side",
    "split",
]
