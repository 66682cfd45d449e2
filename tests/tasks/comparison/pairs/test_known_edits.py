"""Tables that hypothesis makes, with random known edits: every pair of stores reports exactly those edits.

Each table has the types that both stores hold, in groups, so that each way meets the types it knows; its key is one
column or many, unique, repeated or null. The tables are the same in every run.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from itertools import combinations_with_replacement, product
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from tasks.comparison import Comparison, ComparisonResult, Kind, Samples, SecondLook, compare
from tasks.comparison.errors import RequestError
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.held_types import GROUPS, KEYS, SERIAL, Type
from tests.tasks.comparison.pairs.oracle import classes, expected
from tests.tasks.comparison.pairs.stores import KINDS
from tests.tasks.comparison.pairs.typed_stores import Row, TypedStores

FILES = {"parquet", "csv", "jsonlines"}
MOST = 10
"""Rows that are drawn, of either side."""
FILL = 300
"""Rows that are equal on both sides, for ways that leave off where much differs."""
Columns = list[tuple[str, Type]]


@dataclass(frozen=True)
class Tables:
    """Two tables with the same columns, the first `keys` of which are the key.

    Where `fill` rows follow that are equal on both sides, the key is unique. The right side may write `otherwise`.
    """

    columns: Columns
    keys: int
    left: list[Row]
    right: list[Row]
    fill: int
    otherwise: bool
    look_again: bool

    def sides(self) -> tuple[list[Row], list[Row]]:
        """The rows of both, with those that are only there to be many."""
        fill = [(2_000 + number, *self.left[number % len(self.left)][1:]) for number in range(self.fill)]
        return self.left + fill, self.right + fill


EDITS = ("change", "near", "swap")
EDITS_OF_ROWS = ("delete", "repeat", "null", "move")
"""Edits that leave fewer rows, or a key that is not unique, or null."""


@st.composite
def tables(draw: st.DrawFn, stores: tuple[str, str], types: Sequence[Type]) -> Tables:
    """A table of some of the types under any key, and what any edits make of it, in any order."""
    key = draw(st.sampled_from(KEYS))
    columns = [*zip(("id", "second", "third"), key, strict=False), *draw(values_of(types))]
    row = st.tuples(*(st.none() | one.between(*stores) for _, one in columns))
    rows = draw(st.lists(row, min_size=1, max_size=MOST))
    after = list(rows)
    for edit in draw(st.lists(st.sampled_from(EDITS + EDITS_OF_ROWS), max_size=4)):
        if after:
            edited(draw, edit, after, columns, stores)
    after += draw(st.lists(row, max_size=3))
    if draw(st.booleans()):
        after.reverse()
    return Tables(columns, len(key), rows, after, 0, draw(st.booleans()), draw(st.booleans()))


@st.composite
def tidy_tables(draw: st.DrawFn, stores: tuple[str, str], types: Sequence[Type]) -> Tables:
    """Tables of a form that every way knows: a unique number is the key, most rows are equal, and in one order."""
    columns = [("id", SERIAL), *draw(values_of(types))]
    row = st.tuples(SERIAL.between(*stores), *(st.none() | one.between(*stores) for _, one in columns[1:]))
    rows = sorted(draw(st.lists(row, min_size=4, max_size=MOST, unique_by=itemgetter(0))), key=itemgetter(0))
    after = list(rows)
    for edit in draw(st.lists(st.sampled_from(EDITS), min_size=1, max_size=4)):
        edited(draw, edit, after, columns, stores)
    if draw(st.booleans()):
        del after[draw(st.integers(0, len(after) - 1))]
    return Tables(columns, 1, rows, after, FILL, otherwise=False, look_again=False)


def values_of(types: Sequence[Type]) -> st.SearchStrategy[Columns]:
    some = st.lists(st.sampled_from(types), min_size=1, max_size=4, unique_by=lambda one: one.name)
    return some.map(lambda found: [(f"v_{one.name}", one) for one in found])


def edited(draw: st.DrawFn, edit: str, rows: list[Row], columns: Columns, stores: tuple[str, str]) -> None:
    """Edits one row, or two that swap a value."""
    place, other = (draw(st.integers(0, len(rows) - 1)) for _ in range(2))
    values = [number for number, (name, _) in enumerate(columns) if name.startswith("v_")]
    column = draw(st.sampled_from(values))
    row, kind = rows[place], columns[column][1]
    if edit == "delete":
        del rows[place]
    elif edit == "repeat":
        rows.append(row)
    elif edit == "null":
        rows[place] = (None, *row[1:])
    elif edit == "move":
        rows[place] = (*rows[other][: values[0]], *row[values[0] :])
    elif edit == "swap":
        rows[place] = with_value(row, column, rows[other][column])
        rows[other] = with_value(rows[other], column, row[column])
    else:
        nearly = kind.neighbours(row[column], *stores) if edit == "near" and row[column] is not None else []
        rows[place] = with_value(row, column, draw(st.sampled_from(nearly) if nearly else kind.between(*stores)))


def with_value(row: Row, column: int, value: Any) -> Row:
    return (*row[:column], value, *row[column + 1 :])


def small(examples: int):
    """Few examples, the same in every run, and each as it was drawn: servers make each of them slow."""
    health = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        print_blob=True,
        suppress_health_check=health,
        phases=[Phase.explicit, Phase.generate],
    )


def meaning(made: Tables, rows: list[Row]) -> list[Row]:
    """Rows whose values are equal in Python exactly where they are the same."""
    types = [one for _, one in made.columns]
    return [
        tuple(None if value is None else one.meaning(value) for one, value in zip(types, row, strict=True))
        for row in rows
    ]


def check(made: Tables, result: ComparisonResult, *, sampled: bool) -> None:
    """The result says what the slow reference says: counts, columns, and the key of every sample."""
    names = [name for name, _ in made.columns]
    sides = made.sides()
    left, right = (meaning(made, rows) for rows in sides)
    rows, columns = expected(left, right, names, keys=made.keys)
    assert result.rows == rows, (result.plan, result.samples)
    if not rows.duplicate_left and not rows.duplicate_right:
        assert {name: column.changed for name, column in result.columns.items()} == columns, result.samples
    if not sampled:
        return
    keys = [one for _, one in made.columns[: made.keys]]
    texts = dict(zip(left + right, sides[0] + sides[1], strict=True))
    known = {row[: made.keys]: tuple(map(read, keys, map(show, keys, value))) for row, value in texts.items()}
    told = Counter((one.kind, tuple(map(read, keys, one.key.values()))) for one in result.samples)
    wanted = Counter({(of, known[key]): count for (of, key), count in classes(left, right, keys=made.keys).items()})
    assert told == wanted, result.plan


def show(one: Type, value: Any) -> Any:
    """A value of a key as samples show it."""
    return None if value is None else one.texts(value)[0]


def read(one: Type, shown: Any) -> Any:
    """What samples show, without what may differ in it: a number is text where a column has no type."""
    return Decimal(shown) if shown is not None and one.kind in (Kind.INTEGER, Kind.NUMERIC) else shown


WAYS: dict[frozenset[str], tuple[str, ...]] = {
    frozenset({"postgresql"}): ("segments", "digests", "streamed"),
    frozenset({"csv"}): ("merged", "sifted", "joined"),
    frozenset({"jsonlines"}): ("merged", "sifted", "joined"),
    frozenset({"parquet"}): ("aligned", "joined"),
    frozenset({"sqlite"}): ("attached",),
    frozenset({"postgresql", "parquet"}): ("hashed", "joined"),
}


def ways(left: str, right: str) -> tuple[str, ...]:
    """The ways that a pair of stores can take beside the reference."""
    return WAYS.get(frozenset({left, right}), ("joined",) if FILES & {left, right} else ())


@pytest.mark.parametrize(("left", "right"), list(combinations_with_replacement(KINDS, 2)))
def test_every_pair_reports_exactly_the_known_edits(monkeypatch, postgres_database, mysql, left, right):
    met = set()

    def holds(made: Tables, swapped: bool, in_bulk: bool) -> None:
        monkeypatch.setattr(joined, "BY_VALUE", 0 if in_bulk else 5_000)
        assume(made.right)  # JSON Lines without a line name no columns
        with tempfile.TemporaryDirectory() as folder:
            stores = TypedStores(Path(folder), postgres_database, mysql)
            request = written(stores, made, (right, left) if swapped else (left, right))
            request = replace(request, samples=Samples(each=0 if in_bulk else 1_000))
            for result in results(request, ways(left, right)):
                met.add(result.plan.way)
                check(made, result, sampled=not in_bulk)

    for types, (made, examples) in product(GROUPS, ((tables, 3), (tidy_tables, 2))):
        small(examples)(given(made((left, right), types), st.booleans(), st.booleans())(holds))()
    assert met >= {"reference", *ways(left, right)}


def written(stores: TypedStores, made: Tables, kinds: tuple[str, str]) -> Comparison:
    """The comparison of both tables, written into stores of two kinds."""
    sides = [
        stores.write(kind, made.columns, rows, unique=made.fill > 0, otherwise=otherwise)
        for kind, rows, otherwise in zip(kinds, made.sides(), (False, made.otherwise), strict=True)
    ]
    rules = {name: one.rule(*kinds) for name, one in made.columns}
    look = SecondLook(wait=timedelta(0)) if made.look_again else None
    key = tuple(name for name, _ in made.columns[: made.keys])
    return Comparison(*sides, key=key, rules=rules, second_look=look)


def results(request: Comparison, names: Sequence[str]) -> Iterator[ComparisonResult]:
    """What the engine says by the way that it takes, by the others that the tables fit, and by values alone."""
    result = compare(request)
    yield result
    for way in ("reference", *names):
        if way == result.plan.way:
            continue
        try:
            yield compare(replace(request, way=way))
        except RequestError as error:
            if not str(error).startswith(f"the way {way} does not fit this pair"):
                raise
