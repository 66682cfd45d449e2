"""SQL facts: does a database promise what it should, and do its numbers keep their limits?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, FiniteFloat, Tag, model_validator

from checks.catalog import Check, Name, Text
from checks.durations import Duration
from checks.evidence.records import EvidenceRow, Instant, Record, Scalar

Query = Annotated[str, Field(min_length=1, max_length=5000)]
Table = Annotated[str, Field(pattern=r"^[^.\s]+(\.[^.\s]+){0,2}$", examples=["public.entries"])]
Share = Annotated[float, Field(gt=0, le=1)]


class _Limited(Record):
    """What has limits, both included."""

    min: FiniteFloat | None = None
    max: FiniteFloat | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min:g} lies over max {self.max:g}, so nothing could meet both")
        return self


class UniqueFact(Record):
    """The database itself lets no two rows have the same `columns`, and there are none; names as the database has them.

    A constraint on fewer columns promises more, and counts.
    """

    unique: Table
    columns: tuple[Text, ...] = Field(min_length=1)


class ValueFact(_Limited):
    """A query's single value: a number within limits, equal to something, or an instant not older than `max_age`."""

    query: Query
    equals: Scalar = None
    max_age: Duration | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        numeric = self.min is not None or self.max is not None
        if sum([numeric, self.equals is not None, self.max_age is not None]) != 1:
            raise ValueError("give its value one sort of limit: min and max, equals, or max_age")
        return self


class NoRowsFact(Record):
    """A query that finds what must not be: it answers with no row."""

    no_rows: Query


class RowsFact(_Limited):
    """How many rows a table has; by default at least one."""

    rows: Table
    min: FiniteFloat | None = 1


class ConnectionsFact(Record):
    """The share of a pool's connections that are open; without `pool` it is what the server allows to all.

    `application` counts only the sessions that give this name, on PostgreSQL.
    """

    connections: Share
    pool: Annotated[int, Field(ge=1)] | None = None
    application: Text | None = None


_FACTS: Mapping[str, type[Record]] = {
    "unique": UniqueFact,
    "query": ValueFact,
    "no_rows": NoRowsFact,
    "rows": RowsFact,
    "connections": ConnectionsFact,
}


def _fact_tag(value: Any) -> str | None:
    """Which fact it is shows by what it names first."""
    if isinstance(value, Mapping):
        return next((key for key in _FACTS if key in value), None)
    return next((key for key, model in _FACTS.items() if isinstance(value, model)), None)


Fact = Annotated[
    Annotated[UniqueFact, Tag("unique")]
    | Annotated[ValueFact, Tag("query")]
    | Annotated[NoRowsFact, Tag("no_rows")]
    | Annotated[RowsFact, Tag("rows")]
    | Annotated[ConnectionsFact, Tag("connections")],
    Discriminator(
        _fact_tag,
        custom_error_type="fact_kind",
        custom_error_message="does not say what to ask; give it one of " + ", ".join(_FACTS),
    ),
]


class SqlFactsCheck(Check):
    """Asks a database, of PostgreSQL, MySQL, MariaDB or SQLite, in one read-only session; each fact is a subject.

    A query is one `select`, and stands alone: at most 1,000 of its rows are looked at.
    """

    kind: Literal["sql-facts"] = "sql-facts"
    database: Name
    facts: dict[Name, Fact] = Field(min_length=1)

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.database,)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.facts)


class SqlFactsRow(EvidenceRow):
    """One fact as the database told it; fields of other sorts of fact are `None`.

    `problem` says why it could not be asked. Of a query, `shape_cause` says why its answer is no single value. `value`
    is that value, the number of rows, or the number of connections out of `of`; `number` is it as a number, if it is
    one.
    """

    part: Literal["unique", "query", "no_rows", "rows", "connections"]
    asked: str
    seconds: float | None = None
    problem: str | None = None
    constraint: str | None = None
    constraint_cause: str | None = None
    nullable: str | None = None
    duplicates: int | None = None
    shape_cause: str | None = None
    value: Scalar = None
    number: float | None = None
    instant: Instant | None = None
    instant_cause: str | None = None
    found: int | None = None
    found_shown: str | None = None
    of: int | None = None
    share: float | None = None
