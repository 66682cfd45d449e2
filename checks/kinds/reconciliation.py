"""Reconciliation: do two ledgers agree, by key and by group, within a tolerance, and do their totals?"""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from checks.durations import Duration
from checks.evidence.records import Record
from checks.kinds.comparison import WHOLE_ROW, Column, ComparisonCheck, EitherTolerance, Key, Tolerance


class OneToMany(Record):
    """Rows of one key on the `many` side stand together for one row: their `sum` is compared with that row's value.

    Every other column that the check names in `columns` must be the same in all of them.
    """

    many: Literal["left", "right", "both"]
    sum: Column


class Items(Record):
    """Rows without a common key: two can be paired whose `by` columns are equal and whose `amount` is, within `within`.

    With a `time` they must also lie no further apart than the `window`. Each is paired with one other at most.
    """

    by: Key = ()
    amount: Column
    within: EitherTolerance | None = None
    time: Column | None = None
    window: Duration | None = None

    @model_validator(mode="after")
    def _timed(self) -> Self:
        if self.window is not None and self.time is None:
            raise ValueError("a window needs the time that it is about")
        return self


def _form(value: object) -> str:
    """Which form of `match` is meant: problems are said of that one alone."""
    is_many = isinstance(value, OneToMany) or (isinstance(value, dict) and bool({"many", "sum"} & value.keys()))
    return "one to many" if is_many else "items"


Match = Annotated[Annotated[OneToMany, Tag("one to many")] | Annotated[Items, Tag("items")], Discriminator(_form)]


class ControlTotal(Record):
    """The `sum` of a column over all rows of either side; without a tolerance both must be equal to the last digit."""

    sum: Column
    tolerance: EitherTolerance = Tolerance(absolute=Decimal(0))


def _control(value: object) -> object:
    """`control: amount` is `control: [{sum: amount}]`."""
    if isinstance(value, str):
        return [{"sum": value}]
    return [value] if isinstance(value, dict) else value


Controls = Annotated[
    tuple[ControlTotal, ...], BeforeValidator(_control, json_schema_input_type=Column | tuple[ControlTotal, ...])
]


class ReconciliationCheck(ComparisonCheck):
    """Two ledgers that were written by different hands; each may have columns that the other lacks.

    Without `match` rows are paired one to one by `key`; with it only what pairs them is compared beside the `columns`
    that are named. For each `control` one sum for every class of rows (equal, changed, missing, extra, without a key)
    must add up to the totals that both sides give themselves.
    """

    kind: Literal["reconciliation"] = "reconciliation"
    match: Match | None = None
    control: Controls = ()

    @model_validator(mode="after")
    def _matchable(self) -> Self:
        if isinstance(self.match, Items):
            if self.key:
                raise ValueError("items have no key; what they have in common is match.by")
            bounds = (self.match.within, self.match.window)
            for column, bound in zip((self.match.amount, self.match.time), bounds, strict=True):
                if bound is not None and column in self.rules and self.rules[column].tolerance is not None:
                    raise ValueError(f"rules.{column}.tolerance and match both say how far {column} may be apart")
        elif self.match is not None and (not self.key or self.key == WHOLE_ROW):
            raise ValueError("rows that stand together for one need the key that says which")
        return self
