"""What each dialect does to a value on its way: MariaDB and SQLite as they are, and their rows beside files."""

import sqlite3
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pymysql
import pytest

from tasks.comparison import (
    ColumnRule,
    Comparison,
    ComparisonResult,
    GroupTotal,
    Kind,
    Location,
    Mapped,
    Samples,
    Tolerance,
    compare,
)
from tasks.comparison.errors import TypesError
from tasks.comparison.feeds.feed import feed_of
from tasks.comparison.feeds.rows import feed
from tasks.comparison.kinds import Column
from tasks.comparison.opening import open_side
from tasks.comparison.side import Selected, Selection
from tasks.comparison.sides.memory import MemorySide
from tasks.comparison.ways import joined
from tests.tasks.comparison.pairs.stores import (
    write_csv,
    write_jsonlines,
    write_mysql,
    write_parquet,
    write_postgres,
    write_sqlite,
)

ROWS = [(1, "0.1"), (2, None), (3, "2.5")]


def differ(left: Location, right: Location, **more) -> list[str]:
    """The keys of rows that differ, by the way that is taken and by the reference; and so many by hashes alone."""
    found = []
    for way in (None, "reference"):
        result = compare(Comparison(left, right, key=("id",), way=way, **more))
        found.append(sorted(str(sample.key["id"]) for sample in result.samples))
    assert found[0] == found[1]
    assert by_hashes_alone(left, right, **more) == len(found[0])
    return found[0]


def by_hashes_alone(left: Location, right: Location, **more) -> int:
    """How many rows differ where no row is read again as values."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joined, "BY_VALUE", 0)
        rows = compare(Comparison(left, right, key=("id",), samples=Samples(each=0), **more)).rows
    return rows.changed + rows.missing + rows.extra


def total(left: Location, right: Location, **more) -> ComparisonResult:
    groups = (GroupTotal(by=("g",), measure="n"),)
    return compare(Comparison(left, right, key=("id",), groups=groups, **more))


@pytest.mark.parametrize(
    ("here", "there", "literal"),
    [
        ("float", "float", "0.1"),
        ("float", "float", "16777.217"),
        ("float", "double", "0.1"),
        ("tinyint(1)", "boolean", "1"),
        ("bit(1)", "boolean", "1"),
        ("bit(12)", "int", "5"),
        ("time(6)", "time", "'12:00:00.5'"),
        ("timestamp(6)", "timestamptz", "'2024-01-01 00:00:00.5'"),
        ("datetime(6)", "timestamp", "'2024-01-01 00:00:00.5'"),
        ("json", "json", "'{\"b\": 1.10, \"a\": []}'"),
        ("uuid", "uuid", "'6ccd780c-baba-1026-9564-5b8c656024db'"),
        ("varbinary(9)", "blob", "x'00ff'"),
        ("decimal(65,30)", "decimal(38,30)", "0.000000001862645149230957031250"),
    ],
)  # fmt: skip
def test_a_value_of_mariadb_is_that_value_in_a_file(mysql: str, tmp_path: Path, here: str, there: str, literal: str):
    place = write_mysql(mysql, "typed", [], f"id int, v {here}")
    with pymysql.connect(host="127.0.0.1", user="root", database=mysql, autocommit=True) as connection:
        connection.cursor().execute("set time_zone = '+00:00'")
        connection.cursor().execute(f"insert into typed values (1, {literal}), (2, null)")
    path = tmp_path / "typed.parquet"
    value = {'\'{"b": 1.10, "a": []}\'': '\'{"a":[],"b":1.1}\'', "x'00ff'": "'\\x00\\xff'::blob"}.get(literal, literal)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        values = f"(1, cast({value} as {there})), (2, null), (3, cast({value} as {there}))"
        connection.execute(f"copy (select * from (values {values}) t(id, v)) to '{path}' (format parquet)")
    assert differ(place, Location(str(path))) == ["3"]


def test_types_that_only_mariadb_knows_are_compared_as_text(mysql: str):
    sides = []
    for name, address in (("l", "::1"), ("r", "::2")):
        sides.append(write_mysql(mysql, name, [(1, "::1"), (2, address)], "id int, v inet6"))
    assert differ(*sides) == ["2"]
    geometry = write_mysql(mysql, "places", [], "id int, v point")
    with pymysql.connect(host="127.0.0.1", user="root", database=mysql, autocommit=True) as connection:
        connection.cursor().execute("insert into places values (1, point(1, 2))")
    side = open_side(geometry.address, "places")
    assert [column.kind for column in side.columns()] == [Kind.INTEGER, Kind.OTHER]
    side.close()


def test_a_session_with_mariadb_is_in_utc(mysql: str):
    place = write_mysql(mysql, "clock", [], "id int")
    side = open_side(place.address, "clock")
    assert side.session.one("select @@session.time_zone") == ("+00:00",)
    side.close()


def test_text_keys_are_not_asked_of_mariadb_again_because_it_takes_a_for_an_umlaut(
    mysql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Asked for one after the other, each of the two would bring both."""
    monkeypatch.setattr("tasks.comparison.sides.mysql.KEYS_AT_ONCE", 1)
    declared = "id varchar(9) character set utf8mb4 collate utf8mb4_general_ci, v int"
    place = write_mysql(mysql, "keyed", [("a", 1), ("Ä", 2), ("b ", 3), ("c", 1)], declared)
    rows = [("a", 8), ("Ä", 9), ("b", 3), ("c", 1)]
    path = write_parquet(tmp_path / "k.parquet", rows, "id varchar, v int")
    result = compare(Comparison(place, Location(str(path)), key=("id",)))
    assert result.plan.way == "joined"
    assert result.rows.duplicate_left == 0
    assert {(sample.kind, sample.key["id"]) for sample in result.samples} == {
        ("changed", "a"), ("changed", "Ä"), ("missing", "b "), ("extra", "b"),
    }  # fmt: skip


def test_totals_of_floats_and_nulls_are_exact_everywhere(mysql: str, tmp_path: Path):
    rows = [(number, "x", 0.1) for number in range(3)] + [(10, "y", None), (11, "y", None)]
    path = Location(str(write_parquet(tmp_path / "n.parquet", rows, "id int, g varchar, n double")))
    places = [
        write_mysql(mysql, "n", rows, "id int, g varchar(9), n double"),
        write_mysql(mysql, "s", rows, "id int, g varchar(9), n float"),
        write_sqlite(tmp_path / "n.sqlite", "n", rows, "id int, g text, n real"),
        write_sqlite(tmp_path / "s.sqlite", "n", [(*row[:2], row[2] and "0.1") for row in rows], "id int, g text, n"),
    ]
    for place in places:
        groups = {group.group["g"]: group for group in total(place, path).groups}
        assert (groups["x"].left, groups["x"].right) == ("0.3", "0.3")
        assert (groups["y"].left, groups["y"].rows_left) == (groups["y"].right, groups["y"].rows_right) == ("0", 2)


def test_totals_of_long_amounts_in_text_are_exact(mysql: str, tmp_path: Path):
    rows = [(number, "x", f"{'1' * 40}.01") for number in (1, 2)]
    path = write_csv(tmp_path / "n.csv", rows, ("id", "g", "n"))
    rules = {"n": ColumnRule(kind=Kind.NUMERIC)}
    for place in (
        write_sqlite(tmp_path / "n.sqlite", "n", rows, "id int, g text, n text"),
        write_mysql(mysql, "lengthy", rows, "id int, g varchar(9), n varchar(99)"),
    ):
        (group,) = total(place, Location(str(path)), rules=rules).groups
        assert group.left == group.right == f"{'2' * 40}.02"


def test_groups_are_apart_wherever_their_names_are_whatever_a_collation_says(mysql: str, tmp_path: Path):
    """All amounts are one, because SQLite's are added here by distinct amount."""
    rows = [(number, name, 1) for number, name in enumerate(("a", "A", "a ", "ä", None, "", "a"))]
    path = Location(str(write_parquet(tmp_path / "g.parquet", rows, "id int, g varchar, n int")))
    folded = "varchar(9) character set latin1 collate latin1_general_ci"
    places = [
        write_mysql(mysql, "g", rows, f"id int, g {folded}, n int"),
        write_sqlite(tmp_path / "g.sqlite", "g", rows, "id int, g text collate nocase, n int"),
    ]
    for place in places:
        found = {group.group["g"]: (group.left, group.right) for group in total(place, path).groups}
        expected = {"a": "2"} | dict.fromkeys(("A", "a ", "ä", None, ""), "1")
        assert found == {name: (amount, amount) for name, amount in expected.items()}


def test_groups_of_sqlite_are_apart_where_text_and_numbers_are(tmp_path: Path):
    rows = [(1, 1, 1), (2, 1.0, 1), (3, "1", 1)]
    place = write_sqlite(tmp_path / "g.sqlite", "g", rows, "id int, g, n int")
    path = write_parquet(tmp_path / "g.parquet", [(1, "1", 1), (2, "1.0", 1), (3, "1", 1)], "id int, g varchar, n int")
    found = total(place, Location(str(path))).groups
    assert {group.group["g"]: (group.left, group.right) for group in found} == {"1": ("2", "2"), "1.0": ("1", "1")}


def test_groups_by_documents_and_short_floats_of_mariadb_are_those_of_files(mysql: str, tmp_path: Path):
    rows = [(1, '{"a": 1.0, "b": 2}', 1), (2, '{"b": 2, "a": 1}', 2)]
    path = write_parquet(tmp_path / "d.parquet", rows, "id int, g json, n int")
    (group,) = total(write_mysql(mysql, "d", rows, "id int, g json, n int"), Location(str(path))).groups
    assert (group.left, group.right) == ("3", "3")
    rows = [(1, 0.1, 1), (2, 0.1, 2)]
    path = write_parquet(tmp_path / "f.parquet", rows, "id int, g double, n int")
    (group,) = total(write_mysql(mysql, "f", rows, "id int, g float, n int"), Location(str(path))).groups
    assert (group.left, group.right) == ("3", "3")


def test_rows_of_servers_are_written_as_files_write_them(mysql: str, postgres_database: str, tmp_path: Path):
    """Truth, binary floats, bytes and decimals of any width, brought into DuckDB beside a CSV or a Parquet file."""
    rows = [(1, True, 0.1, b"\x00\xff"), (2, False, 1e30, b""), (3, None, -0.0, None), (4, None, 1e-7, b"'")]
    path = Location(str(write_parquet(tmp_path / "r.parquet", rows, "id int, b boolean, f double, o blob")))
    written = [(row[0], row[1], row[2], None if row[3] is None else "\\x" + row[3].hex()) for row in rows]
    csv = Location(str(write_csv(tmp_path / "r.csv", written, ("id", "b", "f", "o"))))
    places = [
        write_mysql(mysql, "r", rows, "id int, b tinyint(1), f double, o blob"),
        write_sqlite(tmp_path / "r.sqlite", "r", rows, "id int, b bool, f real, o blob"),
        write_postgres(postgres_database, "r", rows, "id int, b bool, f float8, o bytea"),
    ]
    for place in places:
        for file in (path, csv):
            result = compare(Comparison(place, file, key=("id",), way="joined"))
            assert result.equal, (place, result.samples)
            assert result.plan.way == "joined"
            assert by_hashes_alone(place, file) == 0


def test_numbers_of_postgresql_of_any_width_meet_a_file(postgres_database: str, tmp_path: Path):
    rows = [(1, Decimal("1.50"), Decimal("12345678901234567890.123"), 0.5), (2, Decimal("-0.0"), None, 0.25)]
    declared = "id int, n numeric, w numeric(40, 3), r real"
    place = write_postgres(postgres_database, "w", rows, declared)
    after = [(1, Decimal("1.5"), rows[0][2], 0.5), (2, Decimal(0), None, 0.26)]
    path = write_parquet(tmp_path / "w.parquet", after, "id int, n decimal(20, 4), w decimal(38, 3), r double")
    assert differ(place, Location(str(path))) == ["2"]
    odd = write_postgres(postgres_database, "odd", [(1, 300, "0.0012")], "id int, n numeric(3, -2), w numeric(2, 4)")
    path = write_parquet(tmp_path / "odd.parquet", [(1, 300, 0.0012)], "id int, n decimal(9, 2), w decimal(9, 4)")
    result = compare(Comparison(odd, Location(str(path)), key=("id",)))
    assert (result.equal, result.plan.way) == (True, "joined")
    exact = write_postgres(postgres_database, "x", [(1, 0.1)], "id int, r real")
    double = write_parquet(tmp_path / "x.parquet", [(1, 0.1)], "id int, r double")
    assert differ(exact, Location(str(double))) == []


def test_types_that_only_postgresql_knows_are_compared_as_it_writes_them(postgres_database: str, tmp_path: Path):
    values = ("[1,5)", "10.0.0.1", "12:00:00+02", "101", "(1,2)")
    declared = "id int, a int4range, b inet, c timetz, d bit(3), e point"
    place = write_postgres(postgres_database, "own", [(1, *values), (2, *values), (3, *[None] * 5)], declared)
    rows = [(1, *values), (2, "[1,6)", *values[1:]), (3, *[None] * 5)]
    path = write_jsonlines(tmp_path / "own.jsonl", rows, ("id", "a", "b", "c", "d", "e"))
    assert differ(place, Location(str(path))) == ["2"]


def test_values_of_postgresql_are_fed_as_its_side_reads_them(postgres_database: str):
    """Object ids past half of their range, words for what is no number, money without a sign of it, padding cut off."""
    declared = "id oid, n numeric, m money, c character(3), r real, u uuid"
    identifier = "6ccd780c-baba-1026-9564-5b8c656024db"
    rows = [(2**32 - 1, "NaN", "1.50", "a", 0.12345679, identifier), (1, "Infinity", "0", "", None, None)]
    place = write_postgres(postgres_database, "fed", rows, declared)
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        database = connection.info.dbname
        connection.execute(f"alter database {database} set extra_float_digits = -9")
        try:
            side = open_side(place.address, "fed")
            fed = feed_of(side, Selection(tuple(Selected(column.name, column) for column in side.columns()), 1))
            (reader,) = fed.readers()
            rows = reader.read_all().to_pylist()
        finally:
            connection.execute(f"alter database {database} reset extra_float_digits")
    assert [tuple(row.values()) for row in rows] == [
        (2**32 - 1, "NaN", "1.50", "a", 0.12345679, identifier),
        (1, "Infinity", "0.00", "", None, None),
    ]
    fed.close()
    side.close()


@pytest.mark.parametrize("by_value", [5_000, 0])
@pytest.mark.parametrize("declared", ["date", "timestamp", "timestamptz"])
def test_infinite_times_of_postgresql_are_fed_as_infinite(
    postgres_database: str, tmp_path: Path, monkeypatch, declared, by_value
):
    monkeypatch.setattr(joined, "BY_VALUE", by_value)
    first = "4713-12-31 (BC)" if declared == "timestamptz" else "4713-01-01 (BC)"
    times = ["infinity", "-infinity", first, "294246-12-31", None]
    place = write_postgres(postgres_database, "infinite", list(enumerate(times)), f"id int, v {declared}")
    for turn, changed in ((0, 0), (1, 5)):
        turned = [*times[turn:], *times[:turn]]
        rows = [*enumerate(turned), (9, None)]  # of which the last differs, so that rows are joined
        other = write_parquet(tmp_path / f"{turn}.parquet", rows, f"id int, v {declared}")
        request = Comparison(place, Location(str(other)), key=("id",), way="joined", samples=Samples(each=0))
        result = compare(request)
        assert (result.plan.way, result.rows.changed, result.rows.extra) == ("joined", changed, 1)


def test_infinite_days_of_postgresql_can_be_keys(postgres_database: str, tmp_path: Path):
    days = ["infinity", "-infinity", "4713-01-01 (BC)"]
    place = write_postgres(postgres_database, "days", [(day, 1) for day in days], "day date, v int")
    other = write_parquet(tmp_path / "days.parquet", [(day, 2) for day in days[1:]], "day date, v int")
    result = compare(Comparison(place, Location(str(other)), key=("day",), way="joined"))
    assert (result.plan.way, result.rows.missing, result.rows.changed) == ("joined", 1, 2)
    assert {one.key["day"] for one in result.samples if one.kind == "missing"} == {"infinity"}


def test_infinite_days_in_lists_are_no_others(postgres_database: str, tmp_path: Path):
    there = ["{infinity}", "{-infinity}", "{9999-12-31}", "{0001-01-01}", "{{infinity}}", "{0044-03-15 BC,NULL}"]
    here = [["infinity"], ["-infinity"], ["infinity"], ["-infinity"], ["infinity"], ["0044-03-15 (BC)", None]]
    place = write_postgres(postgres_database, "lists", list(enumerate(there)), "id int, v date[]")
    other = write_parquet(tmp_path / "lists.parquet", list(enumerate(here)), "id int, v date[]")
    result = compare(Comparison(place, Location(str(other)), key=("id",)))
    assert [one.key["id"] for one in result.samples] == [2, 3, 4]


def test_lists_in_lists_are_arrays_of_what_is_in_them(postgres_database: str, tmp_path: Path):
    place = write_postgres(postgres_database, "grids", [(1, [[1, 2], [3, 4]]), (2, [[5, 6]])], "id int, v int[]")
    other = write_parquet(tmp_path / "grids.parquet", [(1, [[1, 2], [3, 4]]), (2, [[5, 7]])], "id int, v int[][]")
    result = compare(Comparison(place, Location(str(other)), key=("id",)))
    assert [one.key["id"] for one in result.samples] == [2]


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_infinite_instants_in_lists_are_no_others(postgres_database: str, tmp_path: Path, kind: str):
    there = ["infinity", "-infinity", "9999-12-31 23:59:59.999999", "0001-01-01 00:00:00", "0044-03-15 10:00:00 BC"]
    here = ["infinity", "-infinity", "infinity", "-infinity", "0044-03-15 (BC) 10:00:00"]
    place = write_postgres(
        postgres_database, "lists", [(n, [one]) for n, one in enumerate(there)], f"id int, v {kind}[]"
    )
    zone = "+00" if kind == "timestamptz" else ""
    texts = [one if "infinity" in one else one + zone for one in here]
    other = write_parquet(
        tmp_path / "lists.parquet", [(n, [one]) for n, one in enumerate(texts)], f"id int, v {kind}[]"
    )
    result = compare(Comparison(place, Location(str(other)), key=("id",)))
    assert [one.key["id"] for one in result.samples] == [2, 3]


@pytest.mark.parametrize(
    ("declared", "value", "other"),
    [
        ("struct(d date)", "{'d': 'infinity'}", '{"d": "9999-12-31"}'),
        ("struct(d date)", "{'d': '-infinity'}", '{"d": "0001-01-01"}'),
        ("struct(a date[])", "{'a': ['infinity']}", '{"a": ["9999-12-31"]}'),
        ("map(date, int)", "map {'infinity': 1}", '{"9999-12-31": 1}'),
        ("struct(d date)[]", "[{'d': 'infinity'}]", '[{"d": "9999-12-31"}]'),
    ],
)
def test_infinite_days_in_documents_are_no_others(tmp_path: Path, declared: str, value: str, other: str):
    with duckdb.connect() as connection:
        for name, one in (
            ("far", value),
            ("near", value.replace("-infinity", "0001-01-01").replace("infinity", "9999-12-31")),
        ):
            connection.execute(
                f"copy (select 1 id, {one}::{declared} v) to '{tmp_path / name}.parquet' (format parquet)"
            )
    (tmp_path / "b.jsonl").write_text(f'{{"id": 1, "v": {other}}}\n')
    for name, changed in (("far", 1), ("near", 0)):
        sides = [Location(str(tmp_path / one)) for one in (f"{name}.parquet", "b.jsonl")]
        assert compare(Comparison(*sides, key=("id",))).rows.changed == changed


def test_an_instant_that_is_too_late_to_be_joined_is_compared_by_value(postgres_database: str, tmp_path: Path):
    place = write_postgres(postgres_database, "late", [(1, "294276-12-31"), (2, None)], "id int, v timestamp")
    for text in ("294276-12-31", "290279-12-22"):
        other = tmp_path / f"{text}.csv"
        other.write_text(f"id,v\n1,{text} 00:00:00\n2,\n")
        result = compare(Comparison(place, Location(str(other)), key=("id",)))
        assert result.equal is (text == "294276-12-31")
        assert "too late to be joined" in result.plan.because


def test_rows_are_fed_as_text_that_the_engine_reads():
    columns = [Column("b", Kind.TEXT), Column("f", Kind.FLOAT), Column("o", Kind.BYTES), Column("n", Kind.TEXT)]
    side = MemorySide("rows", columns, [(True, 1e-7, b"\x00\xff", None), (False, 0.1, bytearray(b""), 5)])
    selection = Selection(tuple(Selected(column.name, column) for column in columns), 1)
    (reader,) = feed(side, selection).readers()
    assert [tuple(row.values()) for row in reader.read_all().to_pylist()] == [
        ("true", "1e-07", "\\x00ff", None),
        ("false", "0.1", "\\x", "5"),
    ]


def test_documents_of_a_server_are_left_to_the_reference(mysql: str, tmp_path: Path):
    place = write_mysql(mysql, "docs", [(1, '{"a": 1.0, "b": 2}')], "id int, v json")
    path = write_jsonlines(tmp_path / "d.jsonl", [(1,)], ("id",))
    path.write_text('{"id": 1, "v": {"b": 2, "a": 1}}\n')
    result = compare(Comparison(place, Location(str(path)), key=("id",)))
    assert result.equal
    assert result.plan.way == "reference"


@pytest.mark.parametrize(
    ("declared", "value", "there", "other"),
    [
        ("decimal(20,4)", "0.1", "decimal(20,4)", Decimal("0.1")),
        ("decimal(20,4)", 0.1, "decimal(20,4)", Decimal("0.1")),
        ("int", "7", "bigint", 7),
        ("json", '{"a": 1.0, "b": 2}', "json", '{"b": 2, "a": 1}'),
        ("datetime", "2024-01-01 00:00:00", "timestamp", "2024-01-01 00:00:00"),
        ("date", "2024-01-01", "date", "2024-01-01"),
        ("bool", 1, "boolean", True),
        ("boolean", "true", "boolean", True),
        ("Boolean", 0, "boolean", False),
        ("blob", b"\x00\xff", "blob", b"\x00\xff"),
        ("", 5, "integer", 5),
        ("double precision", 0.1, "double", 0.1),
        ("float", 0.1, "double", 0.1),
        ("varchar(9)", 5, "varchar", "5"),
        ("uuid", "6CCD780C-baba-1026-9564-5b8c656024db", "uuid", "6ccd780c-baba-1026-9564-5b8c656024db"),
    ],
)  # fmt: skip
def test_a_value_of_sqlite_is_read_as_the_other_sides_kind(tmp_path: Path, declared: str, value, there: str, other):
    place = write_sqlite(tmp_path / "a.sqlite", "t", [(1, value), (2, None)], f"id int, v {declared}")
    path = write_parquet(tmp_path / "b.parquet", [(1, other), (2, other)], f"id int, v {there}")
    assert differ(place, Location(str(path))) == ["2"]


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("BOOLEAN", Kind.BOOLEAN), ("json", Kind.TEXT), ("BIGINT", Kind.INTEGER), ("varchar(5)", Kind.TEXT),
        ("clob", Kind.TEXT), ("longtext", Kind.TEXT), ("date", Kind.TEXT), ("timestamp", Kind.TEXT),
        ("uuid", Kind.TEXT),
        ("blob", Kind.BYTES), ("real", Kind.FLOAT), ("float", Kind.FLOAT), ("double", Kind.FLOAT),
        ("decimal(9,2)", Kind.NUMERIC), ("numeric", Kind.NUMERIC), ("", Kind.TEXT), ("point", Kind.INTEGER),
    ],
)  # fmt: skip
def test_the_words_of_a_type_in_sqlite_suggest_a_kind(tmp_path: Path, declared: str, kind: Kind):
    place = write_sqlite(tmp_path / "a.sqlite", "t", [], f"id int, v {declared}")
    side = open_side(place.address, "t")
    assert [(column.kind, column.loose) for column in side.columns()] == [(Kind.INTEGER, True), (kind, True)]
    side.close()


def test_text_keys_are_not_asked_of_sqlite_again_because_a_column_may_fold_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tasks.comparison.sides.sqlite.KEYS_AT_ONCE", 1)
    place = write_sqlite(tmp_path / "a.sqlite", "t", [("a", 1), ("A", 2)], "id text collate nocase, v int")
    path = write_parquet(tmp_path / "b.parquet", [("a", 4), ("A", 3)], "id varchar, v int")
    assert differ(place, Location(str(path))) == ["A", "a"]
    assert compare(Comparison(place, Location(str(path)), key=("id",))).rows.duplicate_left == 0


def test_two_files_of_sqlite_are_equal_as_they_are_stored_and_by_value(tmp_path: Path):
    """One column compares text without case, another stores a number that the other file stores as text."""
    declared = "id integer primary key, a text collate nocase, b, c text"
    left = [(1, "x", 1, "1"), (2, "X", "1", "2"), (3, "y", 2, "3")]
    right = [(1, "X", "1", "1"), (2, "X", "1", "2"), (3, "y", "2", "4")]
    sides = [
        write_sqlite(tmp_path / f"{name}.sqlite", "t", rows, declared) for name, rows in (("a", left), ("b", right))
    ]
    found = compare(Comparison(*sides, key=("id",), way="attached"))
    assert {(sample.key["id"], sample.columns) for sample in found.samples} == {(1, ("a",)), (3, ("c",))}


def test_a_field_of_csv_is_null_only_where_it_is_not_quoted(tmp_path: Path):
    (tmp_path / "a.csv").write_text('id,v\n1,\n2,""\n3,NULL\n')
    path = write_parquet(tmp_path / "b.parquet", [(1, None), (2, ""), (3, "NULL")], "id int, v varchar")
    assert differ(Location(str(tmp_path / "a.csv")), Location(str(path))) == []


TYPED = [
    ("timestamp_ns", "'2024-01-01 00:00:00.000000001'", "'2024-01-01 00:00:00.000000002'"),
    ("timestamp", "'infinity'", "'-infinity'"),
    ("date", "'infinity'", "'-infinity'"),
    ("date", "'0044-03-15 (BC)'", "'0044-03-15'"),
    ("time_ns", "'00:00:00.000000001'", "'00:00:00.000000002'"),
    ("float", "0.1", "0.2"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "one", "other"), TYPED)
def test_no_type_of_duckdb_loses_anything_on_its_way(tmp_path: Path, declared: str, one: str, other: str):
    sides = []
    for name, value in (("a", one), ("b", other)):
        path = tmp_path / f"{name}.parquet"
        values = f"(1, cast({one} as {declared})), (2, cast({value} as {declared}))"
        duckdb.execute(f"copy (select * from (values {values}) t(id, v)) to '{path}' (format parquet)")
        sides.append(Location(str(path)))
    assert differ(*sides) == ["2"]


def parquet_of(folder: Path, name: str, values: list[str]) -> Location:
    path = folder / f"{name}.parquet"
    rows = ", ".join(f"({number}, {value})" for number, value in enumerate(values))
    duckdb.execute(f"copy (select * from (values {rows}) t(id, v)) to '{path}' (format parquet)")
    return Location(str(path))


FINE = [
    ("timestamp_ns '2024-01-01 00:00:00.{}'", "123456788", "123456789"),
    ("timestamptz_ns '2024-01-01 00:00:00.{}+00'", "123456788", "123456789"),
    ("time_ns '00:00:00.{}'", "123456788", "123456789"),
]
INSIDE = [
    "[{}]",
    "[[{}]]",
    "[{{'a': {}}}]",
    "[map{{'k': {}}}]",
    "[{{'TIME_NS': 1, 'a, TIME_NS': {}}}]",
    "{{'a': [{}]}}",
]


@pytest.mark.parametrize("inside", INSIDE)
@pytest.mark.parametrize(("value", "one", "other"), FINE)
def test_a_nanosecond_inside_a_list_is_a_difference(tmp_path: Path, value: str, one: str, other: str, inside: str):
    left, right = (inside.format(value.format(digits)) for digits in (one, other))
    sides = parquet_of(tmp_path, "a", [left, left]), parquet_of(tmp_path, "b", [left, right])
    assert differ(*sides) == ["1"]


@pytest.mark.parametrize("inside", ["[{}]", "[[{}]]", "[{{'a': {}}}]", "[map{{'k': {}}}]"])
def test_times_inside_a_list_are_equal_however_fine_their_type_is(tmp_path: Path, inside: str):
    coarse, fine = (inside.format(f"{declared} '2024-01-01 00:00:00.5'") for declared in ("timestamp", "timestamp_ns"))
    later = inside.format("timestamp_ns '2024-01-01 00:00:00.500000001'")
    sides = parquet_of(tmp_path, "a", [coarse, coarse]), parquet_of(tmp_path, "b", [fine, later])
    assert differ(*sides) == ["1"]


@pytest.mark.parametrize("listed", [False, True])
def test_old_timestamps_of_parquet_say_that_their_nanoseconds_are_not_compared(tmp_path: Path, listed: bool):
    sides, declared = [], pa.list_(pa.timestamp("ns")) if listed else pa.timestamp("ns")
    for name, nanoseconds in (("a", 789), ("b", 788)):
        value = 1_704_067_200_123_456_000 + nanoseconds
        rows = pa.table({"id": [1], "v": pa.array([[value] if listed else value], declared)})
        pq.write_table(rows, tmp_path / f"{name}.parquet", use_deprecated_int96_timestamps=True)
        sides.append(Location(str(tmp_path / f"{name}.parquet")))
    result = compare(Comparison(*sides, key=("id",), rules={"id": ColumnRule(null_equals_empty=True)}))
    assert result.coverage.rules == {"id": "null equals empty", "v": "INT96 to the microsecond"}


BEFORE_CHRIST = [
    ("date", "0044-03-15 (BC)", "0044-03-15 BC"),
    ("timestamp", "0044-03-15 (BC) 01:02:03.5", "0044-03-15 01:02:03.5 BC"),
    ("timestamptz", "0044-03-15 (BC) 01:02:03+00", "0044-03-15 01:02:03+00 BC"),
    ("date", "-infinity", "-infinity"),
    ("timestamp", "0001-01-01 00:00:00", "0001-01-01 00:00:00"),
    ("timestamp", "0001-12-31 (BC) 23:59:59.999999", "0001-12-31 23:59:59.999999 BC"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "typed", "text"), BEFORE_CHRIST)
def test_an_instant_before_christ_is_the_same_in_a_type_and_in_text(
    tmp_path: Path, declared: str, typed: str, text: str
):
    path = tmp_path / "a.parquet"
    values = f"(1, cast('{typed}' as {declared})), (2, cast('{typed}' as {declared}))"
    duckdb.execute(f"copy (select * from (values {values}) t(id, v)) to '{path}' (format parquet)")
    other = "0044-03-16 00:00:00+00" if declared == "timestamptz" else "0044-03-16"
    (tmp_path / "b.csv").write_text(f"id,v\n1,{text}\n2,{other}\n")
    assert differ(Location(str(path)), Location(str(tmp_path / "b.csv"))) == ["2"]


def test_months_of_an_interval_are_thirty_days_and_years_twelve_months(tmp_path: Path):
    for name, values in (("a", ("1 month", "1 year", "1 day")), ("b", ("30 days", "360 days", "25 hours"))):
        rows = ", ".join(f"({number}, interval '{value}')" for number, value in enumerate(values))
        duckdb.execute(f"copy (select * from (values {rows}) t(id, v)) to '{tmp_path / name}.parquet' (format parquet)")
    assert differ(Location(str(tmp_path / "a.parquet")), Location(str(tmp_path / "b.parquet"))) == ["2"]


def near(folder: Path, declared: str, left: list, right: list, tolerance: Tolerance, **rule) -> list[str]:
    sides = [
        Location(str(write_parquet(folder / f"{name}.parquet", list(enumerate(values)), f"id int, v {declared}")))
        for name, values in (("a", left), ("b", right))
    ]
    return differ(*sides, rules={"v": ColumnRule(tolerance=tolerance, **rule)})


def test_what_is_no_number_is_close_to_itself_alone_in_files(tmp_path: Path):
    nan, inf = float("nan"), float("inf")
    left, right = [nan, inf, inf, None, None, 1.0], [nan, inf, -inf, None, 1.0, 1.05]
    bound = Tolerance(absolute=Decimal("0.1"))
    assert near(tmp_path, "double", left, right, bound) == ["2", "4"]
    assert near(tmp_path, "double", [inf], [1.0], Tolerance(relative=Decimal("0.1"))) == ["0"]


def test_what_a_tolerance_has_no_say_in_is_told_by_hashes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Null beside a number differs, and null or NaN beside itself does not: no row has to be read as values for it."""
    monkeypatch.setattr(joined, "MOST_ODD", 0)
    nan = float("nan")
    for left, right, changed in (([None], [1.0], 1), ([None, nan, 1.0], [None, nan, 9.0], 1)):
        sides = [
            Location(str(write_parquet(tmp_path / f"{name}.parquet", list(enumerate(values)), "id int, v double")))
            for name, values in (("a", left), ("b", right))
        ]
        rules = {"v": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.1")))}
        result = compare(Comparison(*sides, key=("id",), rules=rules))
        assert (result.rows.changed, result.plan.way) == (changed, "joined")


def test_a_bound_in_files_is_exact_where_floats_are_not(tmp_path: Path):
    left, right = [Decimal("0.1"), Decimal("0.3"), Decimal(1)], [Decimal("0.2"), Decimal("0.4"), Decimal("1.1000001")]
    assert near(tmp_path, "decimal(20,7)", left, right, Tolerance(absolute=Decimal("0.1"))) == ["2"]
    assert near(
        tmp_path,
        "decimal(20,7)",
        [Decimal(-90), Decimal("-89.9")],
        [Decimal(-100)] * 2,
        Tolerance(relative=Decimal("0.1")),
    ) == ["1"]
    close = [Decimal("0.1")], [Decimal("0.2000000000000000001")]
    assert near(tmp_path, "decimal(38,25)", *close, Tolerance(absolute=Decimal("0.1"))) == ["0"]
    assert near(tmp_path, "float", [0.04, 0.04], [0.05, 0.06], Tolerance(absolute=Decimal("0.01"))) == ["1"]
    both = Tolerance(absolute=Decimal("0.5"), relative=Decimal("0.001"))
    assert near(tmp_path, "double", [1.0, 1000.0, 10.0], [1.4, 1000.9, 11.0], both) == ["2"]


@pytest.mark.parametrize("declared", ["timestamp_ns", "timestamp", "time"])
def test_instants_within_a_bound_are_close_to_the_nanosecond(tmp_path: Path, declared: str):
    day = "" if declared == "time" else "2024-01-01 "
    left = [f"{day}00:00:00.000000"] * 2
    right = [f"{day}00:00:01", f"{day}00:00:01.000001"]
    assert near(tmp_path, declared, left, right, Tolerance(time=timedelta(seconds=1))) == ["1"]


def test_instants_in_text_are_close_to_those_in_a_type(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id,v\n1,2024-01-01 00:00:00\n2,2024-01-01 00:00:00\n")
    rows = [(1, "2024-01-01 00:00:01"), (2, "2024-01-01 00:00:02")]
    path = write_parquet(tmp_path / "b.parquet", rows, "id int, v timestamp")
    rules = {"v": ColumnRule(tolerance=Tolerance(time=timedelta(seconds=1)))}
    assert differ(Location(str(tmp_path / "a.csv")), Location(str(path)), rules=rules) == ["2"]


def test_columns_are_counted_from_hashes_as_from_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(joined, "BY_VALUE", 0)
    declared = "id int, v double, w varchar"
    left = write_parquet(tmp_path / "a.parquet", [(1, 1.0, "x"), (2, 1.0, "x"), (3, None, None)], declared)
    right = write_parquet(tmp_path / "b.parquet", [(1, 1.05, "y"), (2, 2.0, "y"), (3, None, "x")], declared)
    rules = {"v": ColumnRule(tolerance=Tolerance(absolute=Decimal("0.1")))}
    sides = Location(str(left)), Location(str(right))
    result = compare(Comparison(*sides, key=("id",), rules=rules, samples=Samples(each=0)))
    assert (result.columns["v"].changed, result.columns["w"].changed) == (1, 3)


def test_a_bound_is_kept_to_the_nanosecond(tmp_path: Path):
    right = ["2024-01-01 00:00:01.000000001", "2024-01-01 00:00:01"]
    second = Tolerance(time=timedelta(seconds=1))
    assert near(tmp_path, "timestamp_ns", ["2024-01-01 00:00:00"] * 2, right, second) == ["0"]


def test_cut_and_rounded_values_may_have_a_tolerance_too(tmp_path: Path):
    left, right = ["2024-01-01 00:00:00.9"] * 2, ["2024-01-01 00:00:01.95", "2024-01-01 00:00:02"]
    one = Tolerance(time=timedelta(seconds=1))
    assert near(tmp_path, "timestamp", left, right, one, second_digits=0) == ["1"]
    cents = [Decimal("0.995"), Decimal("0.995")], [Decimal("1.024"), Decimal("1.015")]
    assert near(tmp_path, "decimal(9,3)", *cents, Tolerance(absolute=Decimal("0.02")), round_to=2) == []
    assert near(tmp_path, "decimal(9,3)", *cents, Tolerance(absolute=Decimal("0.01")), round_to=2) == ["0", "1"]


def test_an_expression_over_lines_is_a_document_where_it_is_json(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text('{"id": 1, "who": {"b": 1.0, "a": 2}}\n')
    path = write_parquet(tmp_path / "b.parquet", [(1, '{"a": 2, "b": 1}')], "id int, who json")
    mapped = (Mapped("who", "cast(who as json)", "who"),)
    assert differ(Location(str(tmp_path / "a.jsonl")), Location(str(path)), mapped=mapped) == []


def test_sqlite_stores_what_the_cases_above_say(tmp_path: Path):
    """So that a case about text in a column of numbers is one."""
    write_sqlite(tmp_path / "a.sqlite", "t", [("0.1", "x")], "a decimal(20,4), b int")
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        (found,) = connection.execute("select typeof(a), typeof(b) from t")
    connection.close()
    assert found == ("real", "text")


def written(mysql: str, table: str, declared: str, *literals: str) -> Location:
    """A table of MariaDB with values as it writes them, zero dates too."""
    place = write_mysql(mysql, table, [], f"id int, v {declared}")
    with pymysql.connect(host="127.0.0.1", user="root", database=mysql, autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("set time_zone = '+00:00', sql_mode = ''")
        for number, literal in enumerate(literals, start=1):
            cursor.execute(f"insert into {table} values ({number}, {literal})")
    return place


def asked(postgres: str, table: str, declared: str, *literals: str) -> Location:
    """A table of PostgreSQL with values as it writes them."""
    place = write_postgres(postgres, table, [], f"id int primary key, v {declared}")
    with psycopg.connect(postgres, autocommit=True) as connection:
        for number, literal in enumerate(literals, start=1):
            connection.execute(f"insert into {table} values ({number}, {literal})")
    return place


def lines_of(path: Path, *lines: str) -> Location:
    path.write_text("".join(f"{line}\n" for line in lines))
    return Location(str(path))


def test_a_document_that_is_null_is_one_on_every_side(mysql: str, postgres_database: str, tmp_path: Path):
    """JSON's null is not SQL's."""
    nulls = [
        written(mysql, "nulls", "json", "'null'", "null"),
        asked(postgres_database, "nulls", "jsonb", "'null'", "null"),
        Location(str(write_parquet(tmp_path / "n.parquet", [(1, "null"), (2, None)], "id int, v json"))),
    ]
    none = [
        written(mysql, "no_nulls", "json", "null", "null"),
        asked(postgres_database, "no_nulls", "jsonb", "null", "null"),
        Location(str(write_parquet(tmp_path / "o.parquet", [(1, None), (2, None)], "id int, v json"))),
    ]
    for left in nulls:
        for right in (*nulls, *none):
            if left is not right:
                assert differ(left, right) == ([] if right in nulls else ["1"]), (left, right)


def test_an_expression_over_lines_tells_a_document_that_is_null(tmp_path: Path, postgres_database: str):
    left = lines_of(tmp_path / "a.jsonl", '{"id": 1, "d": {"v": null}}', '{"id": 2, "d": {}}')
    place = asked(postgres_database, "nulls_of", "jsonb", "'null'", "null")
    result = compare(Comparison(left, place, key=("id",), mapped=(Mapped("v", "d::json -> 'v'", "v"),)))
    assert result.equal, result.samples


def test_columns_that_sqlite_generates_are_compared(tmp_path: Path):
    declared = "id integer primary key, v int, w int as (v * {}) stored, x int as (v * {})"
    sides = []
    for name, factor in (("a", 2), ("b", 3)):
        place = write_sqlite(tmp_path / f"{name}.sqlite", "t", [], declared.format(factor, factor))
        with sqlite3.connect(tmp_path / f"{name}.sqlite") as connection:
            connection.execute("insert into t (id, v) values (1, 1), (2, 0)")
        sides.append(place)
    assert differ(*sides) == ["1"]
    result = compare(Comparison(*sides, key=("id",)))
    assert (result.coverage.columns, *(result.columns[name].changed for name in "wx")) == (("v", "w", "x"), 1, 1)


def test_hidden_columns_of_virtual_tables_are_none(tmp_path: Path):
    with sqlite3.connect(tmp_path / "a.sqlite") as connection:
        connection.execute("create virtual table t using fts5 (a)")
    side = open_side(f"sqlite:///{tmp_path / 'a.sqlite'}", "t")
    assert [column.name for column in side.columns()] == ["a"]
    side.close()


def test_a_blob_is_no_text_that_looks_like_it(tmp_path: Path):
    place = write_sqlite(tmp_path / "a.sqlite", "t", [(1, b"ab"), (2, "ab")], "id int, v")
    csv = Location(str(write_csv(tmp_path / "a.csv", [(1, "b'ab'"), (2, "ab")], ("id", "v"))))
    assert differ(place, csv) == ["1"]
    (sample,) = compare(Comparison(place, csv, key=("id",))).samples
    assert sample.left["v"] == "\\x6162"


def test_bytes_that_mariadb_computes_are_bytes(mysql: str, tmp_path: Path):
    place = written(mysql, "computed", "varchar(9)", "'a'", "'b'")
    path = Location(str(write_parquet(tmp_path / "b.parquet", [(1, b"a"), (2, b"c")], "id int, v blob")))
    assert differ(place, path, mapped=(Mapped("v", "cast(v as binary)", "v"),)) == ["2"]


def test_a_key_of_mysql_may_have_a_percent_sign_in_its_name(mysql: str, tmp_path: Path):
    place = write_mysql(mysql, "percent", [(1, 1), (2, 2)], "`a%s` int primary key, v int")
    path = write_csv(tmp_path / "p.csv", [(1, 1), (2, 3)], ("a%s", "v"))
    result = compare(Comparison(place, Location(str(path)), key=("a%s",)))
    assert (result.plan.way, result.rows.changed) == ("joined", 1)


@pytest.mark.parametrize("declared", ["datetime", "timestamp"])
def test_dates_that_are_none_are_compared_by_their_text(mysql: str, declared: str):
    days = ["'0000-00-00'", "'2024-01-01 00:00:00.5'"]
    days.append("'2024-01-00'" if declared == "datetime" else "'2024-01-01'")
    short = written(mysql, "shorter", declared, days[0], days[2])
    long = written(mysql, "longer", f"{declared}(6)", days[0], days[2])
    other = written(mysql, "other", f"{declared}(6)", days[1], days[2])
    assert differ(short, long) == []
    assert differ(short, other) == ["1"]


def test_a_time_of_mysql_may_be_below_nothing_and_longer_than_a_day(mysql: str):
    left = written(mysql, "spans", "time(1)", "'838:59:58'", "'-01:00:00.5'", "'-30:00:00'")
    right = written(mysql, "other_spans", "time(1)", "'838:59:59'", "'-01:00:00'", "'30:00:00'")
    second = Tolerance(time=timedelta(seconds=1))
    assert differ(left, right) == ["1", "2", "3"]
    assert differ(left, right, rules={"v": ColumnRule(tolerance=second)}) == ["3"]
    assert differ(left, right, rules={"v": ColumnRule(second_digits=0)}) == ["1", "3"]


TEXTS = [
    ("interval", "'1 mon 2 days 03:04:05.5'", "interval '1 year'"),
    ("int[]", "'{1,NULL}'", "'{1,2}'"),
    ("text[]", "array['a b', 'NULL', null, 'q\"']", "'{}'"),
    ("timestamp[]", "'{2024-01-01 00:00:00.5}'", "null"),
    ("int[]", "'[2:3]={1,2}'", "'{1,2}'"),
]


@pytest.mark.parametrize(("declared", "value", "other"), TEXTS)
def test_a_csv_that_postgresql_wrote_is_equal_to_its_table(
    postgres_database: str, tmp_path: Path, declared: str, value: str, other: str
):
    place = asked(postgres_database, "copied", declared, value, value)
    with psycopg.connect(postgres_database) as connection, connection.cursor() as cursor:
        with cursor.copy("copy copied to stdout with (format csv, header)") as copy:
            (tmp_path / "c.csv").write_bytes(b"".join(copy))
        cursor.execute(f"update copied set v = {other} where id = 2")
    assert differ(place, Location(str(tmp_path / "c.csv"))) == ["2"]


ARRAYS = [
    ("timestamp[]", "timestamp[]", "['2024-01-01 00:00:00.5']"),
    ("timestamptz[]", "timestamptz[]", "['2024-01-01 00:00:00+00']"),
    ("date[]", "date[]", "['2024-01-01']"),
    ("bytea[]", "blob[]", "['a']"),
    ("jsonb[]", "json[]", "['{\"a\": [1.0, null]}', '[1]']"),
    ("float8[]", "double[]", "['NaN', 'Infinity', '0.1']"),
    ("real[]", "float[]", "['0.1']"),
    ("numeric[]", "decimal(9,3)[]", "['1.50', null]"),
    ("int[]", "int[]", "['1', null]"),
    ("uuid[]", "uuid[]", "['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']"),
]


@pytest.mark.parametrize(("declared", "there", "value"), ARRAYS)
def test_an_array_of_postgresql_is_that_array_in_parquet(
    postgres_database: str, tmp_path: Path, declared: str, there: str, value: str
):
    place = asked(postgres_database, "arrays", declared, f"array{value}::{declared}", "null")
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = f"(1, {value}::{there}), (2, []::{there})"
        connection.execute(f"copy (select * from (values {rows}) t(id, v)) to '{path}' (format parquet)")
    assert differ(place, Location(str(path))) == ["2"]
    again = tmp_path / "b.parquet"
    again.write_bytes(path.read_bytes())
    assert differ(Location(str(path)), Location(str(again))) == []


@pytest.mark.parametrize("declared", ["jsonb[]", "json[]"])
def test_a_document_that_is_null_is_no_missing_element_of_an_array(
    postgres_database: str, tmp_path: Path, declared: str
):
    ends = "'[2:3]={1,2}'"
    left = asked(postgres_database, "documents", declared, f"array['null', null, '[null]']::{declared}", ends)
    right = asked(postgres_database, "others", declared, f"array[null, null, '[null]']::{declared}", ends)
    path = tmp_path / "a.parquet"
    with duckdb.connect() as connection:
        rows = "(1, ['null', null, '[null]']::json[]), (2, [1, 2]::json[])"
        connection.execute(f"copy (select * from (values {rows}) t(id, v)) to '{path}' (format parquet)")
    file = Location(str(path))
    assert differ(left, right) == ["1"]
    whole = asked(postgres_database, "whole", "jsonb", "'[null, null, [null]]'", "'[1, 3]'")
    assert differ(left, whole, rules={"v": ColumnRule(kind=Kind.JSON)}) == ["2"]
    assert (differ(left, file), differ(file, right)) == (["2"], ["1", "2"])  # which begins at 2


NOTHING = ColumnRule(null_equals_empty=True)


@pytest.mark.parametrize(("declared", "value"), [("int", 1), ("date", "2024-01-01"), ("double", 0.5), ("varchar", "a")])
def test_empty_text_is_null_of_every_kind_by_rule(tmp_path: Path, declared: str, value):
    path = tmp_path / "a.csv"
    path.write_text(f'id,v\n1,""\n2,{value}\n3,""\n')
    rows = [(1, None), (2, value), (3, value)]
    parquet = Location(str(write_parquet(tmp_path / "a.parquet", rows, f"id int, v {declared}")))
    csv, lines = Location(str(path)), lines_of(tmp_path / "a.jsonl", *LINES_OF_NOTHING)
    assert differ(csv, parquet, rules={"v": NOTHING}) == ["3"]
    assert "1" in differ(csv, parquet)
    if declared == "double":
        close = ColumnRule(null_equals_empty=True, tolerance=Tolerance(absolute=Decimal("0.1")))
        assert differ(csv, parquet, rules={"v": close}) == ["3"]
    blank = lines_of(tmp_path / "b.jsonl", *(f'{{"id": {number}, "v": ""}}' for number in (1, 2)))
    assert differ(lines, blank, rules={"v": NOTHING}) == []
    assert differ(lines, blank) == ["1", "2"]


LINES_OF_NOTHING = ('{"id": 1, "v": null}', '{"id": 2}')


def test_numbers_and_documents_in_lines_are_the_text_that_a_csv_has_of_them(tmp_path: Path):
    values = ("0.0000001", "100", '{"a":1}', "1.50")
    csv = Location(str(write_csv(tmp_path / "a.csv", [], ("id", "v"))))
    (tmp_path / "a.csv").write_text("id,v\n" + "".join(f"{n},'{v}'\n" for n, v in enumerate(values)).replace("'", ""))
    told = ("1E-7", "1e2", '{"a": 1}', "1.50")
    lines = lines_of(tmp_path / "a.jsonl", *(f'{{"id": {n}, "v": {value}}}' for n, value in enumerate(told)))
    assert differ(lines, csv, rules={"v": ColumnRule(kind=Kind.TEXT)}) == []


@pytest.mark.parametrize(
    ("declared", "value", "text", "rule"),
    [
        ("timestamp", "2023-11-15 02:02:01", "2023-11-14 25:61:61", {}),
        ("timestamp", "2023-11-14 01:39:00", "2023-11-14 00:99:00", {}),
        ("timestamptz", "2023-11-10 07:21:00+00", "2023-11-14 12:00:00+99:99", {}),
        ("time", "01:39:00", "00:99:00", {}),
        ("bigint", 1000, "1_000", {}),
        ("bigint", 12, "１２", {}),
        ("double", 1000.0, "1_000", {}),
        ("double", 12.0, "１２", {}),
        ("double", 1000.0, "1_000", {"tolerance": Tolerance(absolute=Decimal(1))}),
        ("decimal(9,2)", 1000, "1_000", {"tolerance": Tolerance(relative=Decimal("0.5"))}),
    ],
)  # fmt: skip
def test_text_that_is_no_value_equals_none(tmp_path: Path, postgres_database: str, declared, value, text, rule):
    csv = Location(str(write_csv(tmp_path / "a.csv", [(1, text)], ("id", "v"))))
    parquet = Location(str(write_parquet(tmp_path / "a.parquet", [(1, value)], f"id int, v {declared}")))
    rules = {"v": ColumnRule(**rule)}
    assert differ(csv, parquet, rules=rules) == ["1"]
    postgres = asked(postgres_database, "no_value", declared.replace("double", "float8"), f"'{value}'")
    assert differ(csv, postgres, rules=rules) == ["1"]


PADDED = [(1, "ab"), (2, " a b"), (3, "abcde"), (4, ""), (5, None), (6, "ab"), (7, "ab"), (8, "ab")]
FILLED = [(1, "ab   "), (2, " a b "), (3, "abcde"), (4, "     "), (5, None), (6, "a    "), (7, "ab\t"), (8, " ab")]


@pytest.mark.parametrize("declared", ["char(5)", "bpchar", "filled"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "sqlite", "mysql", "postgresql"])
def test_blanks_that_fill_up_a_char_are_no_part_of_it(
    tmp_path: Path, postgres_database: str, mysql: str, form: str, declared: str
):
    with psycopg.connect(postgres_database, autocommit=True) as connection:
        connection.execute("drop domain if exists filled cascade; create domain filled as char(5)")
    left = write_postgres(postgres_database, "padded", PADDED, f"id int primary key, v {declared}")
    if form == "postgresql":
        right = write_postgres(postgres_database, "filled_up", FILLED, "id int primary key, v text")
    elif form == "mysql":
        right = write_mysql(mysql, "filled_up", FILLED, "id int primary key, v varchar(9)")
    elif form == "sqlite":
        right = write_sqlite(tmp_path / "b.sqlite", "t", FILLED, "id integer primary key, v text")
    elif form == "parquet":
        right = Location(str(write_parquet(tmp_path / "b.parquet", FILLED, "id int, v varchar")))
    else:
        write = write_csv if form == "csv" else write_jsonlines
        right = Location(str(write(tmp_path / f"b.{form}", FILLED, ("id", "v"))))
    assert differ(left, right) == ["6", "7", "8"]
    assert differ(right, left) == ["6", "7", "8"]
    fast = {"parquet": ("hashed", "joined"), "postgresql": ("segments", "digests")}
    for way in fast.get(form, ("reference",) if form in ("sqlite", "mysql") else ("joined",)):
        result = compare(Comparison(left, right, key=("id",), way=way))
        assert (result.plan.way, result.rows.changed) == (way, 3)
        assert way != "hashed" or "differ in 3 of" in result.plan.because
    assert result.coverage.rules == {"v": "blanks at the end do not count, as in char(n)"}


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl", "postgresql"])
def test_a_key_of_chars_meets_the_text_that_it_was_written_as(tmp_path: Path, postgres_database: str, form: str):
    left = write_postgres(postgres_database, "padded", [("ab", 1), ("c", 2), ("d", 3)], "id char(4) primary key, v int")
    rows = [("ab  ", 1), ("c", 9), ("e   ", 3)]
    if form == "postgresql":
        right = write_postgres(postgres_database, "filled_up", rows, "id text primary key, v int")
    elif form == "parquet":
        right = Location(str(write_parquet(tmp_path / "b.parquet", rows, "id varchar, v int")))
    else:
        write = write_csv if form == "csv" else write_jsonlines
        right = Location(str(write(tmp_path / f"b.{form}", rows, ("id", "v"))))
    assert differ(left, right) == ["c", "d", "e"]
    assert differ(right, left) == ["c", "d", "e"]


DOCUMENTS = [
    ("{'a': 1.10::decimal(5, 2), 'b': [1, null], 'c': {'d': 'x', 'INTERVAL': null}}",
     '{"b": [1, null], "c": {"d": "x", "INTERVAL": null}, "a": 1.1}',
     '{"a": 1.11, "b": [1, null], "c": {"d": "x", "INTERVAL": null}}'),
    ("map{'k': 1, 'l': true::int}", '{"l": 1, "k": 1}', '{"l": 1}'),
    ("{'t': timestamp_ns '2024-01-01 00:00:00.123456789'}",
     '{"t": "2024-01-01 00:00:00.123456789"}', '{"t": "2024-01-01 00:00:00.123456788"}'),
]  # fmt: skip


@pytest.mark.parametrize(("value", "same", "other"), DOCUMENTS)
def test_a_structure_is_compared_with_the_json_that_it_was_written_as(
    tmp_path: Path, postgres_database: str, value: str, same: str, other: str
):
    left = parquet_of(tmp_path, "a", [value, value, value, f"if(true, null, {value})"])
    (tmp_path / "b.jsonl").write_text(
        f'{{"id": 0, "v": {same}}}\n{{"id": 1, "v": {other}}}\n{{"id": 2}}\n{{"id": 3, "v": null}}\n'
    )
    assert differ(left, Location(str(tmp_path / "b.jsonl"))) == ["1", "2"]
    rows = [(0, same), (1, other), (2, None), (3, None)]
    assert differ(write_postgres(postgres_database, "documents", rows, "id int, v jsonb"), left) == ["1", "2"]
    total = GroupTotal(by=("v",))
    groups = compare(Comparison(left, Location(str(tmp_path / "b.jsonl")), key=("id",), groups=(total,))).groups
    assert {(group.left, group.right) for group in groups} == {("1", "2"), ("3", "1"), (None, "1")}


@pytest.mark.parametrize("value", ["{'a': '\\x00'::blob}", "map{true: 1}", "{'a': interval 1 day}", "{'a': '1'::json}"])
def test_a_structure_that_json_cannot_say_is_refused_beside_it(tmp_path: Path, value: str):
    left = parquet_of(tmp_path, "a", [value])
    (tmp_path / "b.jsonl").write_text('{"id": 0, "v": {}}\n')
    with pytest.raises(TypesError, match=r"^column v: (STRUCT|MAP)\(.*\) cannot be compared with JSON; leave it out"):
        compare(Comparison(left, Location(str(tmp_path / "b.jsonl")), key=("id",)))
