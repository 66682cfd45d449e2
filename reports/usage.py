"""The top tenants of a run's usage, as tables: who used most of each figure, and what share of everybody's that is."""

from collections.abc import Iterable
from dataclasses import dataclass

from checks.evidence.records import EvidenceRow
from checks.kinds.usage import Ranked, UsageRow
from checks.objectives.words import percent


@dataclass(frozen=True, slots=True)
class TopTenant:
    """One line of a table; the figure is written as exactly as it was counted."""

    place: int
    tenant: str
    used: str
    share: str


@dataclass(frozen=True, slots=True)
class TopTable:
    """The tenants with most of one figure from `first` to `last` (days)."""

    figure: str
    first: str
    last: str
    tenants: tuple[TopTenant, ...]


def top_tables(rows: Iterable[EvidenceRow]) -> tuple[TopTable, ...]:
    """A table for each figure of each usage row that ranks tenants; none where nothing was found."""
    return tuple(
        TopTable(figure, row.first or "", row.last or "", tuple(_lines(ranked)))
        for row in rows
        if isinstance(row, UsageRow)
        for figure, ranked in row.top.items()
        if ranked
    )


def _lines(ranked: Iterable[Ranked]) -> Iterable[TopTenant]:
    for place, one in enumerate(ranked, start=1):
        share = "–" if one.share is None else percent(one.share, 1)
        yield TopTenant(place, one.tenant, one.figure, share)
