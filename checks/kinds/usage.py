"""Usage: has each tenant one snapshot of its use a day, none missing and none twice, and do they add up?"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, FiniteFloat, model_validator

from checks.catalog import Check, Name, Text
from checks.durations import Duration
from checks.evidence.records import EvidenceRow, Record
from checks.kinds.sql_facts import Query, Table

_DAY = timedelta(days=1)


class UsageExpectation(Record):
    """What snapshots must be like.

    A day's snapshot is owed once the day has been over for `settled`. By at most `tolerance` may a day's total differ.
    """

    settled: Annotated[Duration, Field(ge=timedelta(0))] = timedelta(0)
    tolerance: Annotated[FiniteFloat, Field(ge=0)] = 0.0


class UsageCheck(Check):
    """Reads a table with one line for each tenant and day, over the last `days` days in UTC.

    `figures` are the columns that are counted, by their names for people. Who is owed a snapshot says `tenants`, or the
    query `active`, which answers one column (a tenant, on every day) or two (a day, and a tenant who was active then):
    the snapshots themselves cannot say who is missing. `totals` are queries that answer a day and a figure's sum of
    that day from elsewhere. The `top` tenants are ranked by each of the figures.
    """

    kind: Literal["usage"] = "usage"
    database: Name
    snapshots: Table
    day: Text = "day"
    tenant: Text = "tenant"
    figures: dict[Name, Text] = Field(min_length=1)
    tenants: tuple[Text, ...] | None = Field(default=None, min_length=1)
    active: Query | None = None
    totals: dict[Name, Query] = Field(default_factory=dict)
    days: Annotated[int, Field(ge=1, le=400)] = 14
    top: Annotated[int, Field(ge=1, le=100)] = 10
    expect: UsageExpectation = UsageExpectation()

    @model_validator(mode="after")
    def _says_who_is_owed(self) -> Self:
        if (self.tenants is None) is (self.active is None):
            raise ValueError("say who is owed a snapshot: give it either tenants or active")
        unknown = sorted(self.totals.keys() - self.figures.keys())
        if unknown:
            raise ValueError(f"totals: there is no figure {', '.join(unknown)}; there are {', '.join(self.figures)}")
        return self

    def owed_days(self, now: datetime) -> tuple[date, ...]:
        """The days whose snapshots are owed at an instant, the oldest first: whole days in UTC, which have no DST."""
        newest = (now - self.expect.settled).date() - _DAY
        return tuple(newest - _DAY * back for back in reversed(range(self.days)))

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.database,)

    @property
    def subjects(self) -> tuple[str, ...]:
        return (self.id, *map(tenant_subject, self.tenants or ()))


def tenant_subject(tenant: str) -> str:
    """The subject that one tenant's snapshots are."""
    return f"tenant={tenant}"


class Ranked(Record):
    """One of the top tenants: its figure over all the days, exactly, and its share of everybody's."""

    tenant: str
    figure: str
    share: float | None


class UsageRow(EvidenceRow):
    """The snapshots of all tenants (`part` is `all`), or of one.

    `problem` says why nothing could be asked, and `cut` why not all of it was read. `owed` is how many snapshots there
    should be from `first` to `last` (days), `found` how many there are then, and `newest` the last of them. Columns
    that end in `shown` tell the first of what is counted in the column before. `top` ranks tenants by each figure.
    """

    part: Literal["all", "tenant"]
    first: str | None = None
    last: str | None = None
    problem: str | None = None
    cut: str | None = None
    owed: int | None = None
    found: int | None = None
    newest: str | None = None
    newest_owed: str | None = None
    missing: int | None = None
    missing_shown: str | None = None
    doubled: int | None = None
    doubled_shown: str | None = None
    odd: int | None = None
    odd_shown: str | None = None
    ahead: int | None = None
    ahead_shown: str | None = None
    strangers: int | None = None
    strangers_shown: str | None = None
    totalled: int | None = None
    untotalled: int | None = None
    untotalled_shown: str | None = None
    unequal: int | None = None
    unequal_shown: str | None = None
    top: Mapping[str, tuple[Ranked, ...]] = Field(default_factory=dict)
