"""Collects parity evidence: is a copy equal to its source, row by row?"""

from collections.abc import Sequence
from typing import ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.comparison import ComparisonRow
from checks.kinds.parity import ParityCheck
from tasks.collectors.collector import Clock
from tasks.collectors.comparing import Compare, SidesComparer, compare_here
from tasks.collectors.sources import Sources


class ParityCollector:
    """Hands each check to the comparison of its two sides; `compare` carries it out."""

    kind: ClassVar[str] = "parity"

    def __init__(self, sources: Sources, now: Clock, *, compare: Compare = compare_here) -> None:
        self._comparer = SidesComparer(sources, now, compare=compare)

    async def collect(self, check: ParityCheck) -> Evidence:
        return await self._comparer.collect(check)

    @staticmethod
    def rows_from(check: ParityCheck, captures: Sequence[RawCapture]) -> tuple[ComparisonRow, ...]:
        """The rows that the capture gives; nothing else is needed to make them again."""
        return SidesComparer.rows_from(check, captures)

    async def aclose(self) -> None:
        """Holds nothing open between checks."""
