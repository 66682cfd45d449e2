"""Columns with a tolerance on real servers: every way decides as exact values do, at the bound to the last digit."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.comparison import Column, ColumnRule, Comparison, Kind, Location, Samples, Tolerance, compare
from tasks.comparison.errors import RequestError
from tasks.comparison.postgres.tolerated import Tolerated
from tasks.comparison.resolve import Compared
from tasks.comparison.side import Selected

CENT = Tolerance(absolute=Decimal("0.01"))
SECOND = Tolerance(time=timedelta(seconds=1))
TENTH = Tolerance(relative=Decimal("0.1"))
WAYS = ["reference", "segments", "digests", "streamed"]

Case = tuple[str | None, str | None, bool]
CASES: dict[tuple[str, Tolerance], list[Case]] = {
    ("numeric", CENT): [
        ("1.00", "1.01", True),
        ("1.00", "1.0100000000000000000000000000001", False),
        ("100000000000000.00", "100000000000000.01", True),
        ("100000000000000.00", "100000000000000.02", False),
        ("1e300", "1e300", True),
        ("1e300", "2e300", False),
        ("1e-300", "0", True),
        ("1e-400", "0", True),
        ("1e400", "1e400", True),
        ("1e400", "2e400", False),
        ("NaN", "NaN", True),
        ("NaN", "0", False),
        ("0", "Infinity", False),
        ("Infinity", "Infinity", True),
        ("Infinity", "-Infinity", False),
        (None, "0", False),
        (None, None, True),
        ("-0.005", "0.005", True),
    ],
    ("numeric(30,4)", CENT): [
        ("1", "1.01", True),
        ("1", "1.0101", False),
        ("-1", "-0.99", True),
        ("12345678901234567890.0100", "12345678901234567890.0000", True),
        ("12345678901234567890.0101", "12345678901234567890.0000", False),
        (None, "0", False),
        ("NaN", "1", False),
    ],
    ("bigint", Tolerance(absolute=Decimal(1))): [
        ("9223372036854775807", "9223372036854775806", True),
        ("9223372036854775807", "9223372036854775805", False),
        ("-9223372036854775808", "9223372036854775807", False),
        ("1", "2", True),
        ("1", "3", False),
    ],
    ("integer", TENTH): [("90", "100", True), ("89", "100", False), ("0", "0", True), ("0", "1", False)],
    ("double precision", CENT): [
        ("1", "1.01", True),
        ("1", "1.0100000000000002", False),
        ("0.1", "0.11", True),
        ("NaN", "NaN", True),
        ("NaN", "1", False),
        ("Infinity", "1", False),
        ("1e308", "-1e308", False),
        (None, "0", False),
    ],
    ("numeric(1000,900)", CENT): [("1", "1.01", True), ("1", "1.02", False)],
    ("numeric", TENTH): [("0.01", "0.009", True), ("0.03", "0.026999999999999999", False)],
    ("double precision", Tolerance(relative=Decimal("1.9"))): [
        ("1e308", "-1e308", False), ("1e308", "-0.8e308", True), ("1", "-0.9", True),
    ],
    ("real", CENT): [("0.04", "0.05", True), ("0.04", "0.06", False)],
    ("real", TENTH): [("90", "100", True), ("89.9", "100", False), ("-1", "1", False)],
    ("timestamptz", SECOND): [
        ("2024-03-31 01:30:00+00", "2024-03-31 03:30:01+02", True),
        ("2024-03-31 01:30:00+00", "2024-03-31 01:30:01.000001+00", False),
        ("9999-12-31 23:59:58.999999+00", "9999-12-31 23:59:59.999999+00", True),
        ("9999-12-31 23:59:58.999998+00", "9999-12-31 23:59:59.999999+00", False),
        ("infinity", "infinity", True),
        ("infinity", "2024-01-01", False),
        (None, "2024-01-01", False),
    ],
    ("timestamp", SECOND): [
        ("0044-03-15 00:00:00 BC", "0044-03-15 00:00:01 BC", True),
        ("2024-01-01", "2024-01-02", False),
    ],
    ("timestamp", Tolerance(time=timedelta(microseconds=2_827_603))): [
        ("2038-08-04 21:30:08.161144", "2038-08-04 21:30:10.988747", True),
        ("2038-08-04 21:30:08.161144", "2038-08-04 21:30:10.988748", False),
    ],
    ("date", Tolerance(time=timedelta(days=1, hours=12))): [
        ("2024-02-28", "2024-02-29", True),
        ("2024-02-28", "2024-03-01", False),
        ("infinity", "2024-01-01", False),
    ],
    ("time", SECOND): [("00:00", "00:00:01", True), ("00:00", "00:00:01.000001", False), ("00:00", "24:00", False)],
    ("interval", SECOND): [("1 month", "30 days 1 second", True), ("1 day", "1 day 00:00:01.000001", False)],
}  # fmt: skip


def made(kind: str, side: int, cases: list[Case]) -> str:
    literals = [f"'{case[side]}'" if case[side] is not None else "null" for case in cases]
    rows = ", ".join(f"({place}, 'x', {literal}::{kind})" for place, literal in enumerate(literals))
    return f"create table t (id bigint primary key, w text, v {kind}); insert into t values {rows}"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("kind", "tolerance"), CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_values_are_close_exactly_when_they_should_be(kind, tolerance, way, run, databases):
    cases = CASES[kind, tolerance]
    run(made(kind, 0, cases), made(kind, 1, cases))
    far = [place for place, case in enumerate(cases) if not case[2]]
    for shown in (0, 100):
        request = Comparison(
            Location(databases[0], "t"), Location(databases[1], "t"), way=way, samples=Samples(each=shown),
            rules={"v": ColumnRule(tolerance=tolerance)},
        )  # fmt: skip
        found = compare(request)
        assert found.plan.way == way
        assert (found.rows.changed, found.rows.matched) == (len(far), len(cases))
        assert (found.columns["v"].changed, found.columns["w"].changed) == (len(far), 0)
        assert sorted(sample.key["id"] for sample in found.samples) == (far if shown else [])


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("numeric", ["NaN", "Infinity", None]),
        ("double precision", ["NaN", "-Infinity"]),
        ("timestamptz", ["infinity", "-infinity"]),
        ("date", ["infinity"]),
    ],
)
def test_no_row_is_read_for_what_only_equals_itself(kind, values, run, databases):
    cases = [(value, value, True) for value in values]
    run(made(kind, 0, cases), made(kind, 1, cases))
    sides = (Location(databases[0], "t"), Location(databases[1], "t"))
    tolerance = CENT if kind in ("numeric", "double precision") else SECOND
    for way in ("digests", "streamed"):
        found = compare(
            Comparison(*sides, way=way, samples=Samples(each=0), rules={"v": ColumnRule(tolerance=tolerance)})
        )
        assert found.rows.matched == len(cases)
        assert not [query.text for query in found.queries if "any($1" in query.text]


@pytest.mark.parametrize("way", WAYS)
def test_a_column_of_unknown_places_is_close_to_one_of_few_by_its_last_digit(way, run, databases):
    table = "create table t (id int primary key, v {}); insert into t values (1, {}), (2, 0.11)"
    run(table.format("numeric", "0.1099999999999999999"), table.format("numeric(10,2)", "0.12"))
    request = Comparison(
        Location(databases[0], "t"), Location(databases[1], "t"), way=way, rules={"v": ColumnRule(tolerance=CENT)}
    )
    assert compare(request).rows.changed == 1


def test_a_float_is_close_to_a_decimal(run, databases):
    run(
        "create table t (id int primary key, v double precision); insert into t values (1, 0.1), (2, 0.1)",
        "create table t (id int primary key, v numeric(10,2)); insert into t values (1, 0.11), (2, 0.12)",
    )
    sides = (Location(databases[0], "t"), Location(databases[1], "t"))
    for way in WAYS:
        request = Comparison(*sides, way=way, rules={"v": ColumnRule(tolerance=CENT)})
        assert compare(request).rows.changed == 1, way


@pytest.mark.parametrize("way", WAYS)
def test_another_column_that_differs_is_found_beside_a_close_one(way, run, databases):
    rows = "select n as id, n::text as w, n::numeric(12,2) as v from generate_series(1, 2000) n"
    run(
        f"create table t as {rows}; alter table t add primary key (id)",
        f"create table t as select id, case when id % 100 = 0 then 'x' else w end as w, v + 0.01 as v from ({rows}) r;"
        "update t set v = v + 1 where id % 500 = 0; alter table t add primary key (id)",
    )
    request = Comparison(
        Location(databases[0], "t"), Location(databases[1], "t"), way=way, samples=Samples(each=0),
        rules={"v": ColumnRule(tolerance=CENT)},
    )  # fmt: skip
    found = compare(request)
    assert found.rows.changed == 20
    assert (found.columns["w"].changed, found.columns["v"].changed) == (20, 4)


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    kind=st.sampled_from(["numeric", "numeric(38,6)", "double precision"]),
    bound=st.sampled_from(["0", "0.000001", "0.1", "1", "1e6"]),
    is_relative=st.booleans(),
    values=st.lists(
        st.tuples(st.decimals(-(10**12), 10**12, places=6), st.sampled_from([-2, -1, 0, 1, 2]), st.integers(-1, 1)),
        min_size=1,
        max_size=20,
    ),
)
def test_every_way_agrees_with_exact_values_around_the_bound(kind, bound, is_relative, values, databases):
    tolerance = Tolerance(**{"relative" if is_relative else "absolute": Decimal(bound)})
    with psycopg.connect(databases[0], autocommit=True) as one, psycopg.connect(databases[1], autocommit=True) as other:
        for connection, side in ((one, 0), (other, 1)):
            connection.execute("drop schema public cascade; create schema public")
            connection.execute(f"create table t (id int primary key, v {kind})")
            for place, (value, times, last) in enumerate(values):
                step = value * Decimal(bound) if is_relative else Decimal(bound)
                near = value + side * (times * step + last * Decimal("0.000001"))
                connection.execute(f"insert into t values ({place}, '{near:f}')")
    sides = (Location(databases[0], "t"), Location(databases[1], "t"))
    found = {
        way: compare(Comparison(*sides, way=way, rules={"v": ColumnRule(tolerance=tolerance)})).rows for way in WAYS
    }
    assert all(rows == found["reference"] for rows in found.values()), found


def close(kind: Kind, tolerance: Tolerance, left: float, right: float) -> str:
    """What numbers alone say of one pair."""
    one = Selected("v", Column("v", kind, "numeric" if kind is Kind.NUMERIC else "integer"))
    tolerated = Tolerated(0, Compared("v", kind, ColumnRule(tolerance=tolerance), one, one))
    within, unsure = tolerated.close(np.array([left]), np.array([right]))
    return "unsure" if unsure[0] else "within" if within[0] else "beyond"


def test_numbers_that_could_be_wrong_say_so():
    assert close(Kind.NUMERIC, CENT, 1.0, 1.005) == "within"
    assert close(Kind.NUMERIC, CENT, 1.0, 1.02) == "beyond"
    assert close(Kind.NUMERIC, CENT, 1.0, 1.01) == "unsure"
    assert close(Kind.NUMERIC, CENT, 1.0, float("nan")) == "unsure"
    assert close(Kind.INTEGER, Tolerance(absolute=Decimal(1)), 1.0, 2.0) == "within"
    assert close(Kind.INTEGER, Tolerance(absolute=Decimal(f"0.{'9' * 30}")), 1.0, 2.0) == "beyond"
    assert close(Kind.DATE, Tolerance(time=timedelta(days=1)), 1.0, 2.0) == "within"
    assert close(Kind.TIMESTAMP, SECOND, 0.0, 1e6) == "within"
    assert close(Kind.INTEGER, Tolerance(absolute=Decimal(1)), 2.0**60, 2.0**60) == "unsure"


def test_an_integer_beside_a_decimal_has_its_places():
    columns = [Column("v", Kind.INTEGER, "integer"), Column("v", Kind.NUMERIC, "numeric(12,2)")]
    one, other = (Selected("v", column) for column in columns)
    assert Tolerated(0, Compared("v", Kind.NUMERIC, ColumnRule(tolerance=CENT), one, other)).digits == 2


def test_one_of_two_bounds_is_enough_and_one_that_is_near_leaves_a_doubt():
    narrow = Decimal("1e-9")
    assert close(Kind.NUMERIC, Tolerance(absolute=Decimal("0.02"), relative=narrow), 1.0, 1.01) == "within"
    assert close(Kind.NUMERIC, Tolerance(absolute=Decimal("0.01"), relative=narrow), 1.0, 1.01) == "unsure"
    assert close(Kind.NUMERIC, Tolerance(absolute=narrow, relative=Decimal("0.02")), 1.0, 1.01) == "within"


def test_a_key_can_have_no_tolerance(run, databases):
    table = "create table t (id int primary key, v int)"
    run(table, table)
    request = Comparison(
        Location(databases[0], "t"), Location(databases[1], "t"), rules={"id": ColumnRule(tolerance=CENT)}
    )
    with pytest.raises(RequestError, match="id can have no tolerance"):
        compare(request)
