"""What is wrong with a request, a table or a server is said by name; no session is left behind."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from tasks.comparison import Comparison, Location, Mapped, SecondLook, compare
from tasks.comparison.errors import (
    ComparisonCancelledError,
    ConnectionLostError,
    MissingColumnError,
    NoKeyError,
    RequestError,
    SameObjectError,
    SideError,
    SidePermissionError,
    TimeLimitError,
    TypesError,
)

T = "create table t (id bigint primary key, v text); insert into t select i, i::text from generate_series(1, 50) i;"
SLOW = Mapped("slow", "v || pg_sleep(0.5)::text", "v || pg_sleep(0.5)::text")


def sides(databases, **more):
    return Comparison(Location(databases[0], "t"), Location(databases[1], "t"), **more)


def sessions(databases):
    with psycopg.connect(databases[0]) as connection:
        return connection.execute(
            "select count(*) from pg_stat_activity where application_name = 'readiness compare' and datname = any(%s)",
            ([address.rpartition("/")[2] for address in databases],),
        ).fetchone()[0]


def nobody_is_left(databases):
    until = time.monotonic() + 5
    while (left := sessions(databases)) and time.monotonic() < until:
        time.sleep(0.05)
    return left == 0


def test_a_table_is_not_compared_with_itself(run, databases):
    run(T, T)
    with pytest.raises(SameObjectError, match="#t"):
        compare(Comparison(Location(databases[0], "t"), Location(databases[0], "public.t")))
    alias = databases[0].replace("127.0.0.1", "localhost").replace("postgresql:", "postgresql+psycopg:")
    with pytest.raises(SameObjectError, match="#t"):
        compare(Comparison(Location(databases[0], "t"), Location(alias, '"t"')))


NULLS = (
    "create table t (id int primary key, x text, y int);"
    " insert into t select i, 'same', 1 from generate_series(4, 2000) i;"
    " insert into t select i, {x}, null from generate_series(1, 3) i;"
    " alter table t add constraint n check (y is not null) not valid;"
)
CLAIMED = "update pg_attribute set attnotnull = true where attrelid = 't'::regclass and attname = 'y';"
NOT_VALID = (
    f"{CLAIMED} update pg_constraint set contype = 'n' where conrelid = 't'::regclass and conname = 'n';"
    " update pg_class set relchecks = 0 where oid = 't'::regclass;"
)
"""As PostgreSQL 18 has a column that is not null for new rows only."""


@pytest.mark.parametrize("way", ["segments", "digests", "streamed"])
def test_nulls_from_before_a_column_was_not_null_are_nulls(run, databases, way):
    run(*(NULLS.format(x=x) + NOT_VALID for x in ("'a'", "'b'")))
    assert compare(sides(databases, way=way)).rows.changed == 3


@pytest.mark.parametrize("way", ["digests", "streamed"])
def test_nulls_that_the_catalogue_denies_are_an_error(run, databases, way):
    run(*(NULLS.format(x=x) + CLAIMED for x in ("'a'", "'b'")))
    with pytest.raises(SideError, match="a column has nulls that its catalogue says are none"):
        compare(sides(databases, way=way))


def test_a_column_asked_for_must_be_on_both_sides(run, databases):
    run(T + "alter table t add w int", T)
    with pytest.raises(MissingColumnError, match="column w"):
        compare(sides(databases, columns=("v", "w")))


def test_a_column_on_one_side_only_is_said_when_nobody_asked_for_it(run, databases):
    run(T + "alter table t add w int", T)
    assert compare(sides(databases)).coverage.left_only == ("w",)


def test_types_that_do_not_compare_are_refused_by_name(run, databases):
    run("create table t (id int primary key, v date)", "create table t (id int primary key, v text)")
    with pytest.raises(TypesError, match=r"column v: date .* text"):
        compare(sides(databases))


def test_a_float_against_a_decimal_needs_a_tolerance(run, databases):
    run("create table t (id int primary key, v float8)", "create table t (id int primary key, v numeric)")
    with pytest.raises(TypesError, match="column v: double precision against numeric needs a tolerance"):
        compare(sides(databases))


def test_a_relation_that_is_not_there_is_said(run, databases):
    run(T, "")
    with pytest.raises(RequestError, match="there is no relation t"):
        compare(sides(databases))


@pytest.mark.parametrize("name", ['"open', "x y", "a.b.c", "a.b.c.d", '"a"b'])
def test_a_relation_that_is_no_name_is_refused_with_what_to_write(name, run, databases):
    run(T, T)
    with pytest.raises(RequestError, match=r"write TABLE or SCHEMA\.TABLE, in double quotes what is no plain name"):
        compare(Comparison(Location(databases[0], name), Location(databases[1], "t")))


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("nope = 1", 'is no condition: .*#t: column "nope" does not exist'),
        ("'a'", "is no condition: .* invalid input syntax for type boolean"),
        ("id = 'x'", "is no condition: .* invalid input syntax for type bigint"),
        ("id < true", "is no condition: .* operator does not exist"),
        ("nofunc(id)", r"is no condition: .* function nofunc\(bigint\) does not exist"),
        ("generate_series(1, id) = 1", "is no condition: .* must not return a set"),
        ("count(*) > 1", "tells of more than its own row"),
        ("rank() over (order by id) > 1", "tells of more than its own row"),
    ],
)
def test_a_filter_that_is_none_is_a_wrong_request(where, says, run, databases):
    run(T, T)
    with pytest.raises(RequestError, match=f"the filter of the right {says}"):
        compare(Comparison(Location(databases[0], "t"), Location(databases[1], "t", where=where)))


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("nope", 'nope, is neither a column nor an expression: .*#t: column "nope" does not exist'),
        ("1 / 0", "1 / 0, is neither a column nor an expression: .* division by zero"),
        ("count(*)", r"count\(\*\), tells of more than its own row"),
        ("sum(id) over ()", ".* tells of more than its own row"),
        ("generate_series(1, id)", ".* tells of more than its own row"),
    ],
)
@pytest.mark.parametrize("other", ["t", "csv"])
def test_an_expression_that_is_none_of_a_row_is_a_wrong_request(expression, says, other, run, databases, tmp_path):
    run(T, T)
    (tmp_path / "t.csv").write_text("id,v\n1,a\n")
    right = Location(databases[1], "t") if other == "t" else Location(str(tmp_path / "t.csv"))
    with pytest.raises(RequestError, match=f"what x is on the left, {says}"):
        compare(Comparison(Location(databases[0], "t"), right, key=("id",), mapped=(Mapped("x", expression, "id"),)))


@contextmanager
def reading_id_alone(databases) -> Iterator[str]:
    """The address of the left database for a role that may read `id` of `t` and nothing else."""
    reader = "reader_of_" + databases[0].rpartition("/")[2]
    with psycopg.connect(databases[0], autocommit=True) as connection:
        connection.execute(f"create role {reader}; grant usage on schema public to {reader}")
        connection.execute(f"grant select (id) on t to {reader}")
        try:
            yield f"{databases[0]}?options=-c%20role%3D{reader}"
        finally:
            connection.execute(f"drop owned by {reader}; drop role {reader}")


@pytest.mark.parametrize("key", ["bigint primary key", "bigint not null", "text"])
def test_a_role_that_may_read_what_is_compared_needs_no_more(key, run, databases):
    """Neither the blocks that rows lie in, nor columns that nobody asked for."""
    table = f"create table t (id {key}, v text); insert into t select i, i::text from generate_series(1, 3000) i;"
    run(table, table + "delete from t where id::int = 7")
    with reading_id_alone(databases) as left:
        asked = Comparison(Location(left, "t"), Location(databases[1], "t"), key=("id",), columns=("id",))
        found = compare(asked)
        assert (found.rows.left, found.rows.missing, found.rows.extra) == (3000, 1, 0)
        assert compare(replace(asked, way="reference")).rows == found.rows
        with pytest.raises(
            SidePermissionError, match="permission denied for table t; grant it to this role, or leave out"
        ):
            compare(replace(asked, columns=()))


def test_a_filter_over_what_a_role_may_not_read_is_no_wrong_request(run, databases):
    run(T, T)
    with reading_id_alone(databases) as left, pytest.raises(SidePermissionError, match="permission denied"):
        compare(Comparison(Location(left, "t", where="v is null"), Location(databases[1], "t"), columns=("id",)))


def test_without_any_unique_column_a_key_must_be_given(run, databases):
    run(
        "create table t (v int); insert into t values (1), (1)", "create table t (v int); insert into t values (1), (1)"
    )
    with pytest.raises(NoKeyError):
        compare(sides(databases))


@pytest.mark.parametrize("way", ["reference", "streamed"])
def test_rows_without_a_key_are_counted_and_shown_and_paired_with_nothing(way, run, databases):
    rows = "create table t (id bigint, v text); insert into t values (1, 'a'), (null, 'b')"
    run(rows + ", (null, 'c')", rows)
    found = compare(sides(databases, key=("id",), way=way))
    assert (found.rows.matched, found.rows.missing, found.rows.extra) == (1, 2, 1)
    assert (found.coverage.null_keys_left, found.coverage.null_keys_right) == (2, 1)
    assert [sample.kind for sample in found.samples] == ["null_key_left", "null_key_left", "null_key_right"]


@pytest.mark.parametrize("way", ["reference", "streamed", "digests"])
def test_a_key_that_repeats_is_counted_and_pairs_one_to_one(way, run, databases):
    table = "create table t (id bigint not null, v text); create index on t (id); insert into t values "
    run(table + "(1, 'a'), (1, 'a'), (1, 'b'), (2, 'x')", table + "(1, 'a'), (1, 'c'), (2, 'x')")
    rows = compare(sides(databases, key=("id",), way=way)).rows
    assert (rows.matched, rows.missing, rows.extra, rows.changed) == (3, 1, 0, 1)
    assert (rows.duplicate_left, rows.duplicate_right) == (2, 1)


def test_a_role_without_rights_is_refused(run, databases):
    nobody = "nobody_of_" + databases[0].rpartition("/")[2]
    run(T, T)
    with psycopg.connect(databases[0], autocommit=True) as connection:
        connection.execute(f"create role {nobody}")
        connection.execute(f"grant usage on schema public to {nobody}")
    left = Location(f"{databases[0]}?options=-c%20role%3D{nobody}", "t")
    with pytest.raises(SidePermissionError, match="permission denied"):
        compare(Comparison(left, Location(databases[1], "t")))
    assert nobody_is_left(databases)
    with psycopg.connect(databases[0], autocommit=True) as connection:
        connection.execute(f"drop owned by {nobody}; drop role {nobody}")


@pytest.mark.parametrize("way", ["reference", "digests"])
def test_a_query_ends_at_its_time_limit(way, run, databases):
    run(T, T)
    with pytest.raises(TimeLimitError, match="statement timeout"):
        compare(sides(databases, key=("id",), mapped=(SLOW,), seconds=0.2, way=way))
    assert nobody_is_left(databases)


@pytest.mark.parametrize("way", ["reference", "digests", "streamed"])
def test_cancelling_ends_the_queries_on_the_servers(way, run, databases):
    run(T, T)
    began = time.monotonic()
    with pytest.raises(ComparisonCancelledError):
        compare(
            sides(databases, key=("id",), mapped=(SLOW,), way=way), cancelled=lambda: time.monotonic() > began + 0.3
        )
    assert time.monotonic() - began < 4
    assert nobody_is_left(databases)


def test_an_interrupt_leaves_no_session(run, databases):
    run(T, T)

    def interrupt(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(sides(databases, way="digests"), progress=interrupt)
    assert nobody_is_left(databases)


@pytest.mark.parametrize(("way", "left"), [("reference", "v"), ("digests", SLOW.left), ("streamed", SLOW.left)])
def test_a_connection_cut_in_the_middle_is_an_error_of_its_own(way, left, run, databases):
    """It does not wait for the other side's answer either, which takes 25 seconds or more where both are slow."""
    run(T, T)
    began = time.monotonic()

    def cut():
        with psycopg.connect(databases[1], autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'readiness compare'"
                " and wait_event = 'PgSleep'"
            )
        return False

    with pytest.raises(ConnectionLostError):
        compare(sides(databases, key=("id",), mapped=(Mapped("slow", left, SLOW.right),), way=way), cancelled=cut)
    assert time.monotonic() - began < 20
    assert nobody_is_left(databases)


def test_the_sessions_cannot_write(run, databases):
    run(T + "create sequence s", T)
    with pytest.raises(SideError, match="read-only transaction"):
        compare(sides(databases, mapped=(Mapped("v", "nextval('s')::text", "v"),)))


@pytest.mark.parametrize("way", ["reference", "segments", "streamed"])
def test_what_agrees_at_the_second_look_was_in_flight(way, run, databases):
    run(
        T,
        T + "delete from t where id = 7; update t set v = 'late' where id = 9; update t set v = 'wrong' where id = 11",
    )

    def arrive(progress):
        if progress.phase == "second look":
            with psycopg.connect(databases[1], autocommit=True) as connection:
                connection.execute("insert into t values (7, '7'); update t set v = '9' where id = 9")

    rows = compare(sides(databases, way=way, second_look=SecondLook(timedelta(0))), progress=arrive).rows
    assert (rows.in_flight, rows.missing, rows.changed) == (2, 0, 1)
    assert (rows.left, rows.right, rows.matched) == (50, 50, 50)


def test_writes_after_the_snapshot_are_not_seen(run, databases):
    run(T, T)

    def write(_):
        for address in databases:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute("update t set v = random()::text")

    found = compare(sides(databases, way="digests"), progress=write)
    assert found.equal
    assert found.snapshots["left"].facts["snapshot"]


def test_two_empty_tables_are_not_called_equal(run, databases):
    empty = "create table t (id int primary key)"
    run(empty, empty)
    found = compare(sides(databases))
    assert found.nothing_compared
    assert not found.equal


def test_a_password_is_in_no_message_and_no_evidence(run, databases):
    run(T, T)
    left = databases[0].replace("postgres@", "postgres:hunter2secret@")
    request = Comparison(Location(left, "t"), Location(databases[1], "t"))
    assert "hunter2secret" not in repr(request)
    assert "hunter2secret" not in str(compare(request).to_json())


def test_a_filter_whose_brackets_do_not_balance_is_refused_and_one_with_brackets_in_quotes_is_not(run, databases):
    run(T, T)
    left = Location(databases[0], "t", "id < 5) or (1=1")
    with pytest.raises(RequestError, match="the filter of the left is no condition"):
        compare(Comparison(left, Location(databases[1], "t")))
    good = "id < 5 and v <> $x$)$x$ and v <> E'\\'(' -- ("
    result = compare(Comparison(*(Location(one, "t", good) for one in databases)))
    assert (result.rows.left, result.equal) == (4, True)
