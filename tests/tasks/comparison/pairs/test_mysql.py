"""MariaDB, real: its types arrive whole, and what goes wrong there is an error of its own."""

import gc
import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pymysql
import pytest

from tasks.comparison import ColumnRule, Comparison, Kind, Location, Mapped, SecondLook, compare, split
from tasks.comparison.errors import (
    ComparisonCancelledError,
    ConnectionLostError,
    RequestError,
    SameObjectError,
    SideError,
    SidePermissionError,
    TimeLimitError,
    TypesError,
)
from tasks.comparison.opening import open_side
from tests.tasks.comparison.pairs.stores import write_jsonlines, write_mysql, write_parquet

SERVER = {"host": "127.0.0.1", "user": "root", "autocommit": True}
WIDE = (
    "id bigint unsigned primary key, f float, d decimal(65,30), b bit(1), bits bit(12), t tinyint(1), y year,"
    " at timestamp(3) null, clock time(6), doc json, kind enum('a','b'), raw varbinary(9), u uuid, `odd ``name` text"
)
ROW = (
    2**64 - 1, 0.1, Decimal(1) / 2**29, 1, 5, 1, 1999, "2024-01-01 00:00:00.125", "-01:00:00", '{"b": 1.10, "a": []}',
    "b", b"\x00\xff", "6ccd780c-baba-1026-9564-5b8c656024db", "ä",
)  # fmt: skip


def sessions(database: str) -> int:
    with pymysql.connect(**SERVER) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from information_schema.processlist where db = %s", (database,))
        return int(cursor.fetchone()[0])


def test_every_type_arrives_whole(mysql: str, tmp_path):
    write_mysql(mysql, "wide", [], WIDE)
    with pymysql.connect(**SERVER, database=mysql) as connection, connection.cursor() as cursor:
        cursor.execute("set time_zone = '+02:00'")
        cursor.execute(
            f"insert into wide values ({', '.join(['%s'] * len(ROW))})", (*ROW[:7], "2024-01-01 02:00:00.125", *ROW[8:])
        )
    side = open_side(f"mysql+pymysql://root@127.0.0.1/{mysql}", "wide")
    kinds = {column.name: column.kind for column in side.columns()}
    assert [kinds[name] for name in ("b", "t", "doc", "u", "at", "bits")] == [
        Kind.BOOLEAN, Kind.BOOLEAN, Kind.JSON, Kind.UUID, Kind.TIMESTAMP, Kind.INTEGER,
    ]  # fmt: skip
    assert side.unique_keys() == (("id",),)
    side.close()
    values = {
        "id": 2**64 - 1, "f": 0.1, "d": Decimal("0.000000001862645149230957031250"), "b": True, "bits": 5, "t": True,
        "y": 1999, "at": "2024-01-01T00:00:00.125Z", "clock": "-01:00:00", "kind": "b", "raw": "\\x00ff",
        "u": ROW[12].upper(), "odd `name": "ä",
    }  # fmt: skip
    path = write_jsonlines(tmp_path / "wide.jsonl", [tuple(values.values())], tuple(values))
    path.write_text(path.read_text().replace("}\n", ', "doc": {"a": [], "b": 1.1}}\n'))
    result = compare(Comparison(Location(f"mysql://root@127.0.0.1/{mysql}", "wide"), Location(str(path)), key=("id",)))
    assert result.equal, result.samples
    assert len(result.coverage.columns) == 13


def test_filters_expressions_and_mappings_speak_the_sides_language(mysql: str, tmp_path):
    place = write_mysql(mysql, "mapped", [(1, 2, "a%"), (2, 3, "b"), (3, 4, None)], "id int, n int, s text")
    left = Location(place.address, "mapped", where="id < 3 and s not like 'x%'")
    right = write_parquet(
        tmp_path / "m.parquet", [(1, 4, "A%"), (2, 6, "B"), (9, 9, None)], "key int, twice int, s varchar"
    )
    mapped = (Mapped("id", "id", "key"), Mapped("double", "n * 2", "twice"), Mapped("s", "upper(s)", "s"))
    request = Comparison(left, Location(str(right), where="key < 9"), key=("id",), mapped=mapped)
    assert compare(request).equal


def test_a_document_against_a_copy_that_is_text_says_which_is_which_and_what_to_write(mysql: str):
    one = write_mysql(mysql, "documents", [(1, '{"a": 1.0, "b": 2}')], "id int, doc json")
    other = Location(one.address, "copied")
    with pymysql.connect(**SERVER, database=mysql) as connection, connection.cursor() as cursor:
        cursor.execute("create or replace table copied as select id, concat(doc, ' ') as doc from documents")
    for left, right, says in (
        (one, other, "json cannot be compared with"),
        (other, one, "cannot be compared with json;"),
    ):
        with pytest.raises(TypesError, match=f"column doc: .*{says}.* such as rules: {{doc: {{read_as: json}}}}"):
            compare(Comparison(left, right, key=("id",)))
        assert compare(Comparison(left, right, key=("id",), rules={"doc": ColumnRule(kind=Kind.JSON)})).equal


def test_what_is_no_filter_or_expression_is_a_wrong_request_told_in_one_line(mysql: str):
    one, other = (write_mysql(mysql, name, [(1, 2)], "id int, n int") for name in ("asked", "asked_too"))
    for where, says in (
        ("nope = 1", "is no condition: .*Unknown column 'nope'"),
        ("n = 1; drop table asked", "is no condition: .* error in your SQL syntax"),
        ("(n, 1)", "is no condition"),
        ("count(*) > 1", "tells of more than its own row"),
        ("max(n) over () > 1", "tells of more than its own row"),
    ):
        left = Location(one.address, "asked", where=where)
        with pytest.raises(RequestError, match=f"^the filter of the left {says}.*") as caught:
            compare(Comparison(left, other, key=("id",)))
        assert "\n" not in str(caught.value)
    for expression in ("count(*)", "max(n) over ()"):
        with pytest.raises(RequestError, match=r"what x is on the left, .* tells of more than its own row"):
            compare(Comparison(one, other, key=("id",), mapped=(Mapped("x", expression, "n"),)))


def test_a_float_against_a_decimal_is_refused_with_the_columns_name(mysql: str):
    one = write_mysql(mysql, "floats", [(1, 0.1)], "id int, n double")
    other = write_mysql(mysql, "decimals", [(1, Decimal("0.1"))], "id int, n decimal(9,2)")
    with pytest.raises(TypesError, match="column n"):
        compare(Comparison(one, other, key=("id",)))
    rules = {"n": ColumnRule(round_to=2)}
    assert compare(Comparison(one, other, key=("id",), rules=rules)).equal


def test_no_such_relation_database_or_server(mysql: str):
    with pytest.raises(RequestError):
        open_side(f"mysql://root@127.0.0.1/{mysql}", "nothing")
    with pytest.raises(RequestError):
        open_side("mysql://root@127.0.0.1/no_such_database", "t")
    with pytest.raises(ConnectionLostError):
        open_side("mysql://root@127.0.0.1:1/x", "t")


def test_a_table_is_not_compared_with_itself_however_the_address_is_written(mysql: str):
    place = write_mysql(mysql, "itself", [(1, 2)], "id int, n int")
    for address, relation in (
        (f"mysql://root@localhost:3306/{mysql}", "itself"),
        ("mariadb://root@127.0.0.1", f"{mysql}.itself"),
        ("mysql+pymysql://root@127.0.0.1/information_schema", f"`{mysql}`.`itself`"),
    ):
        with pytest.raises(SameObjectError, match="#itself"):
            compare(Comparison(place, Location(address, relation), key=("id",)))


@pytest.mark.parametrize(
    ("table", "written"),
    [
        ("dot.ted", "`dot.ted`"),
        ("dot.ted", '"dot.ted"'),
        ("dot.ted", "`{schema}`.`dot.ted`"),
        ("dot.ted", '{schema}."dot.ted"'),
        ('odd `name` "of.it', '`odd ``name`` "of.it`'),
        ('odd `name` "of.it', '"odd `name` ""of.it"'),
        ("it's", "it's"),
    ],
)
def test_a_quoted_name_is_one_name_whatever_is_in_it(mysql: str, table: str, written: str):
    with pymysql.connect(**SERVER, database=mysql) as connection, connection.cursor() as cursor:
        name = table.replace("`", "``")
        cursor.execute(f"create or replace table `{name}` (id int primary key, n int)")
    side = open_side(f"mysql://root@127.0.0.1/{mysql}", written.format(schema=mysql))
    assert (side.schema, side.table) == (mysql, table)
    assert side.unique_keys() == (("id",),)
    side.close()


@pytest.mark.parametrize("written", ["`open", "a`b`.c", "", "a.", "`a`.`b`.`c`", "``"])
def test_a_name_that_is_none_is_refused_with_what_to_write(mysql: str, written: str):
    with pytest.raises(RequestError, match=r"write TABLE or SCHEMA\.TABLE, in backquotes"):
        open_side(f"mysql://root@127.0.0.1/{mysql}", written)


def test_a_user_without_rights_is_told_apart(mysql: str):
    write_mysql(mysql, "secret", [(1,)], "id int")
    with pymysql.connect(**SERVER) as connection, connection.cursor() as cursor:
        user = f"u_{mysql[4:]}"
        cursor.execute(f"create user {user}@'127.0.0.1' identified by 'pass:word'")
        try:
            cursor.execute(f"grant create on {mysql}.* to {user}@'127.0.0.1'")
            with pytest.raises(SidePermissionError) as caught:
                open_side(f"mysql://{user}:pass%3Aword@127.0.0.1/{mysql}", "secret")
            assert "pass" not in str(caught.value)
        finally:
            cursor.execute(f"drop user {user}@'127.0.0.1'")


def test_a_user_who_may_read_only_some_columns_is_told_so(mysql: str):
    write_mysql(mysql, "partly", [(1, "x")], "id int, secret text")
    with pymysql.connect(**SERVER) as connection, connection.cursor() as cursor:
        user = f"p_{mysql[4:]}"
        cursor.execute(f"create user {user}@'127.0.0.1'")
        try:
            cursor.execute(f"grant select (id) on {mysql}.partly to {user}@'127.0.0.1'")
            with pytest.raises(SidePermissionError, match="SELECT command denied"):
                open_side(f"mysql://{user}@127.0.0.1/{mysql}", "partly")
        finally:
            cursor.execute(f"drop user {user}@'127.0.0.1'")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that accepts and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_server_that_accepts_and_is_silent_is_waited_for_so_long(silent: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasks.comparison.mysql.session.CONNECT_SECONDS", 0.3)
    with pytest.raises(ConnectionLostError, match="timed out"):
        open_side(f"mysql://root@127.0.0.1:{silent}/x", "t")


@pytest.mark.parametrize("scheme", ["mysql", "postgresql"])
def test_cancelling_is_obeyed_while_a_side_is_opened(silent: int, scheme: str, tmp_path):
    here = Location(str(write_jsonlines(tmp_path / "a.jsonl", [(1,)], ("id",))))
    there = Location(f"{scheme}://root@127.0.0.1:{silent}/x", "t")
    for sides in ((there, here), (here, there)):
        request, began = Comparison(*sides, key=("id",)), time.monotonic()
        for ask in (compare, lambda *one, **asked: split(*one, 4, **asked)):
            with pytest.raises(ComparisonCancelledError):
                ask(request, cancelled=lambda began=began: time.monotonic() - began > 0.2)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("end", ["kill query", "kill", "leave"])
def test_a_stream_that_ends_early_leaves_no_complaint_behind(mysql: str, end: str, monkeypatch: pytest.MonkeyPatch):
    complaints: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", complaints.append)
    place = write_mysql(mysql, "streamed", [(number, "x" * 200) for number in range(300)], "id int, s text")
    side = open_side(place.address, "streamed")
    rows = side.session.stream("select a.* from streamed a, streamed b, streamed c", (), label="rows")
    next(rows)
    if end != "leave":
        with pymysql.connect(**SERVER) as connection, connection.cursor() as cursor:
            cursor.execute(f"{end} {side.session.connection.thread_id()}")
        with pytest.raises(SideError):
            for _ in rows:
                pass
    rows.close()
    if end != "kill":
        assert side.session.one("select 1") == (1,)
    side.close()
    del rows, side
    gc.collect()
    assert complaints == []


def test_a_session_closed_under_its_stream_leaves_no_complaint_behind(mysql: str, monkeypatch: pytest.MonkeyPatch):
    complaints: list[object] = []
    monkeypatch.setattr("sys.unraisablehook", complaints.append)
    place = write_mysql(mysql, "under", [(number, "x" * 200) for number in range(300)], "id int, s text")
    side = open_side(place.address, "under")
    rows = side.session.stream("select a.* from under a, under b, under c".replace("under", "`under`"), (), label="r")
    next(rows)
    side.close()
    del rows, side
    gc.collect()
    assert complaints == []


def test_a_time_limit_ends_the_query(mysql: str):
    place = write_mysql(mysql, "slow", [(number,) for number in range(300)], "id int")
    other = write_mysql(mysql, "quick", [(1,)], "id int")
    slow = Location(place.address, "slow", where="sleep(0.05) = 0")
    with pytest.raises(TimeLimitError):
        compare(Comparison(slow, other, key=("id",), seconds=0.3))


def test_cancelling_ends_the_query_on_the_server_and_leaves_no_session(mysql: str):
    before = sessions(mysql)
    place = write_mysql(mysql, "slow", [(number,) for number in range(600)], "id int")
    other = write_mysql(mysql, "quick", [(1,)], "id int")
    slow = Location(place.address, "slow", where="sleep(0.05) = 0")
    began = time.monotonic()
    with pytest.raises(ComparisonCancelledError):
        compare(Comparison(slow, other, key=("id",)), cancelled=lambda: time.monotonic() - began > 0.5)
    assert time.monotonic() - began < 10
    for _ in range(50):
        if sessions(mysql) == before:
            break
        time.sleep(0.1)
    assert sessions(mysql) == before


def test_a_connection_killed_in_the_middle_is_an_error(mysql: str):
    place = write_mysql(mysql, "killed", [(1,)], "id int")
    side = open_side(place.address, "killed")
    with pymysql.connect(**SERVER) as connection, connection.cursor() as cursor:
        cursor.execute(f"kill {side.session.connection.thread_id()}")
    with pytest.raises(ConnectionLostError):
        side.snapshot()
    side.close()


def test_the_snapshot_holds_and_a_second_look_takes_a_new_one(mysql: str):
    left = write_mysql(mysql, "early", [(1, "x"), (2, "y")], "id int primary key, s text")
    right = write_mysql(mysql, "late", [(1, "x")], "id int primary key, s text")
    arrived = []

    def arrive(progress) -> None:
        if not arrived and progress.phase == "second look":
            with pymysql.connect(**SERVER, database=mysql) as connection, connection.cursor() as cursor:
                cursor.execute("insert into late values (2, 'y')")
            arrived.append(progress)

    look = SecondLook(wait=timedelta(0))
    rows = compare(Comparison(left, right, key=("id",), second_look=look), progress=arrive).rows
    assert (rows.in_flight, rows.missing, rows.matched) == (1, 0, 2)
