"""Comparison: what a catalogue may ask of two data sets, and what a row says of how they agree."""

import re
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from checks.catalog import Check, DatabaseSource, FolderSource, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.places import Place

Column = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=5000)]
Amount = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0)]
_PERCENT = r"^(100(\.0+)?|\d{1,2}(\.\d+)?)%$"
Percent = Annotated[str, StringConstraints(pattern=_PERCENT)]


def _allowance(value: object) -> object:
    """In one sentence what both forms are, where a value is neither."""
    if isinstance(value, str):
        good = re.fullmatch(_PERCENT, value) is not None
    else:
        good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if not good:
        raise ValueError(f"{value!r} is no allowance; write a number of rows from 0, or a share from 0% to 100%")
    return value


Allowance = Annotated[Count | Percent, BeforeValidator(_allowance, json_schema_input_type=Count | Percent)]
"""How many rows may be so: a number, or a share of the larger side such as `0.1%`."""
RESULT = "result.json"
"""The capture that holds a comparison's result; another one says why there is none."""
WHOLE_ROW = ("*",)
Difference = Literal["missing", "extra", "changed", "insufficient", "duplicates"]


class Side(Record):
    """One of two data sets: a table (`ledger:public.entries`) or a file (`events:ledger.jsonl`), and which of its rows.

    `where` is a condition in that side's own language; without it all rows count.
    """

    place: Place
    where: Expression | None = None


def _side(value: object) -> object:
    return {"place": value} if isinstance(value, str | Place) else value


EitherSide = Annotated[Side, BeforeValidator(_side, json_schema_input_type=Place | Side)]


class Tolerance(Record):
    """How far two values may lie apart; one of the bounds is enough. A bare number is an absolute bound.

    `relative` is a share of the larger of the two; `time` is for instants.
    """

    absolute: Amount | None = None
    relative: Amount | None = None
    time: Duration | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.absolute is None and self.relative is None and self.time is None:
            raise ValueError("a tolerance needs a bound: absolute, relative or time")
        return self


def _tolerance(value: object) -> object:
    is_number = isinstance(value, int | float | str | Decimal) and not isinstance(value, bool)
    return {"absolute": value} if is_number else value


EitherTolerance = Annotated[Tolerance, BeforeValidator(_tolerance, json_schema_input_type=Amount | Tolerance)]


ReadAs = Literal[
    "boolean",
    "integer",
    "numeric",
    "float",
    "text",
    "bytes",
    "timestamp",
    "local-timestamp",
    "date",
    "time",
    "interval",
    "uuid",
    "json",
    "array",
]


class ColumnRules(Record):
    """How one column is compared; the default is value by value.

    `read_as` reads both sides as that kind of value. `round_to` rounds numbers half away from zero to so many decimals,
    `second_digits` cuts instants to so many digits of a second, `zone_utc` reads a local time as UTC.
    """

    tolerance: EitherTolerance | None = None
    read_as: ReadAs | None = None
    round_to: Annotated[int, Field(ge=0, le=30)] | None = None
    second_digits: Annotated[int, Field(ge=0, le=9)] | None = None
    ignore_case: bool = False
    whitespace: Literal["exact", "trim", "collapse"] = "exact"
    null_equals_empty: bool = False
    zone_utc: bool = False


class MappedColumn(Record):
    """One compared column under a name of its own: a column or an expression, in each side's language."""

    left: Expression
    right: Expression


class Total(Record):
    """Totals that must agree for each group, in decimals: `sum` of a column, or the number of rows without one.

    Without `by` all rows are one group.
    """

    by: tuple[Column, ...] = ()
    sum: Column | None = None
    tolerance: EitherTolerance = Tolerance(absolute=Decimal(0))
    shown: Annotated[int, Field(ge=1, le=1000)] = 100

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if not self.by and self.sum is None:
            raise ValueError("a total needs the columns of its groups (by), the column to add up (sum), or both")
        return self


class SecondLook(Record):
    """Rows that differ are read again `after` the lag window; those that then agree were only in flight."""

    after: Duration
    rows: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000


class SampleRows(Record):
    """How many rows of each class are shown, and whose values never are (`*`: of no column but the key).

    What is mapped from such a column is not shown either, and with `*` nothing is where whole rows are the key.
    """

    each: Annotated[int, Field(ge=0, le=1000)] = 20
    redact: tuple[Column, ...] = ()


class ExpectedDifference(Record):
    """So many rows more may differ in one way until an instant: known, with a reason, and not for ever."""

    what: Difference
    rows: Annotated[int, Field(ge=1)]
    until: Instant
    reason: Text


class ComparisonExpectation(Record):
    """How many rows may differ; `insufficient` are rows whose key is null, so that nothing can be said about them.

    `in_flight` bounds the rows that differed at first and agreed at the second look, and `open_for` how long a row that
    differs may have done so, slot after slot; null does not ask.
    """

    missing: Allowance = 0
    extra: Allowance = 0
    changed: Allowance = 0
    insufficient: Allowance = 0
    duplicates: Allowance = 0
    in_flight: Allowance | None = None
    open_for: Duration | None = None
    known: tuple[ExpectedDifference, ...] = ()


def _key(value: object) -> object:
    """`key: id` is `key: [id]`."""
    return [value] if isinstance(value, str) else value


Key = Annotated[tuple[Column, ...], BeforeValidator(_key, json_schema_input_type=Column | tuple[Column, ...])]


class ComparisonCheck(Check):
    """Two data sets and how to compare them; both kinds of comparison share these fields.

    Without `key` it is inferred (primary key, unique index, uniqueness in a sample); `["*"]` compares whole rows
    without one. Without `columns` all that both sides have by the same name are compared, but for those to `ignore`;
    `map` adds columns that have different names or need an expression. `exact` compares values and never hashes;
    `exact_columns` counts the changed columns of every changed row. An integer key can be cut into `ranges` that are
    compared at once, on the task runner that READINESS_TASK_RUNNER names.
    """

    left: EitherSide
    right: EitherSide
    key: Key = ()
    columns: tuple[Column, ...] = ()
    ignore: tuple[Column, ...] = ()
    map: dict[Column, MappedColumn] = Field(default_factory=dict)
    rules: dict[Column, ColumnRules] = Field(default_factory=dict)
    totals: tuple[Total, ...] = ()
    second_look: SecondLook | None = None
    samples: SampleRows = SampleRows()
    exact: bool = False
    exact_columns: bool = False
    ranges: Annotated[int, Field(ge=1, le=64)] = 1
    within: Duration = parse_duration("30m")
    expect: ComparisonExpectation = ComparisonExpectation()

    @model_validator(mode="after")
    def _leaves_out_what_is_not_compared(self) -> Self:
        if set(WHOLE_ROW) & set(self.ignore):
            raise ValueError("ignore: * would leave nothing to compare; name the columns to leave out")
        both = [name for name in self.ignore if name in {*self.key, *self.columns, *self.map}]
        if both:
            raise ValueError(f"ignore: {', '.join(both)} cannot be compared and ignored; name it once")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.left.place.source, self.right.place.source)

    @property
    def asks(self) -> tuple[type[Record], ...]:
        return DatabaseSource, FolderSource


class ComparisonRow(EvidenceRow):
    """How two data sets agree, over all rows, in the totals of one `group` that differs, or in one `control` total.

    Counts are of rows; amounts are decimals as text, so that nothing is rounded on the way. `problem` says why nothing
    was compared, and then every count is `None`. `lines` are the rows that were read where several stand for one;
    `open_items` are the keys of rows that differ, as JSON, where the check asks for how long.
    """

    left_place: str
    right_place: str
    problem: str | None = None
    problem_kind: str | None = None
    left: int | None = None
    right: int | None = None
    matched: int | None = None
    missing: int | None = None
    extra: int | None = None
    changed: int | None = None
    changed_columns: str | None = None
    duplicate_left: int | None = None
    duplicate_right: int | None = None
    null_keys_left: int | None = None
    null_keys_right: int | None = None
    in_flight: int | None = None
    lines_left: int | None = None
    lines_right: int | None = None
    open_items: str | None = None
    key: str | None = None
    key_from: str | None = None
    compared_columns: int | None = None
    one_sided_columns: str | None = None
    groups_compared: int | None = None
    groups_out: int | None = None
    chance: float | None = None
    bits: int | None = None
    way: str | None = None
    group: str | None = None
    measure: str | None = None
    total_left: str | None = None
    total_right: str | None = None
    total_difference: str | None = None
    total_tolerance: str | None = None
    total_within: bool | None = None
    control: str | None = None
    control_left: str | None = None
    control_right: str | None = None
    control_difference: str | None = None
    control_tolerance: str | None = None
    control_classes: str | None = None
    control_adds_up: bool | None = None
    control_within: bool | None = None
