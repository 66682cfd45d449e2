"""Compares two sets of rows wherever they are: the engine under reconciliation and parity."""

import os

from tasks.comparison.addresses import filled, filled_here, location_of
from tasks.comparison.engine import compare
from tasks.comparison.kinds import Column, Kind
from tasks.comparison.opening import open_side
from tasks.comparison.parts import combine, split
from tasks.comparison.progress import Progress
from tasks.comparison.request import (
    Comparison,
    ControlTotal,
    GroupTotal,
    Items,
    KeyRange,
    Location,
    Mapped,
    OneToMany,
    Samples,
    SecondLook,
    Sides,
)
from tasks.comparison.result import ComparisonResult, Difference, Rows
from tasks.comparison.rules import ColumnRule, Tolerance, Whitespace

__all__ = [
    "Column",
    "ColumnRule",
    "Comparison",
    "ComparisonResult",
    "ControlTotal",
    "Difference",
    "GroupTotal",
    "Items",
    "KeyRange",
    "Kind",
    "Location",
    "Mapped",
    "OneToMany",
    "Progress",
    "Rows",
    "Samples",
    "SecondLook",
    "Sides",
    "Tolerance",
    "Whitespace",
    "combine",
    "compare",
    "filled",
    "filled_here",
    "location_of",
    "open_side",
    "split",
]

# Numpy, which comes late, brings a BLAS that starts a thread for each processor; they spin, and nothing needs them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
