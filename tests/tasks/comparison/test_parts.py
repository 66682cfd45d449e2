"""A comparison cut into key ranges: the parts together say what the whole says, whatever the keys are like."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from tasks.comparison import (
    ColumnRule,
    Comparison,
    GroupTotal,
    Kind,
    Location,
    Samples,
    SecondLook,
    Tolerance,
    combine,
    compare,
    split,
)
from tasks.comparison.errors import RequestError

TABLE = (
    "create table t as select {key} as id, n % 7 as tenant, n::numeric(12, 2) as amount"
    " from generate_series(1, 3000) n;"
    "alter table t add primary key (id); analyze t;"
)
EDITS = (
    "delete from t where tenant = 3 and amount % 5 = 0; update t set amount = amount + 1 where amount % 100 = 1;"
    "insert into t select id + 1, tenant, amount from t where amount % 500 = 7 on conflict do nothing;"
)
KEYS = {
    "dense": "n",
    "sparse": "n::bigint * 1000003",
    "clustered": "case when n < 2500 then n else n::bigint * 1000000007 end",
    "negative": "n - 1500",
}


def whole(databases, **asked) -> Comparison:
    return Comparison(Location(databases[0], "t"), Location(databases[1], "t"), **asked)


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("way", ["segments", "digests", "streamed"])
def test_the_parts_together_find_what_the_whole_finds(key, way, run, databases):
    make = TABLE.format(key=KEYS[key])
    run(make, make + EDITS)
    groups = (GroupTotal(("tenant",), "amount", Tolerance(absolute=Decimal(50))), GroupTotal(("tenant",)))
    request = whole(databases, way=way, groups=groups, samples=Samples(each=1000))
    parts = split(request, 5)
    assert len(parts) == 5
    results = [compare(part) for part in parts]
    assert max(one.rows.left for one in results) < 1200
    found, expected = combine(request, results), compare(request)
    assert found.rows == expected.rows
    assert found.columns == expected.columns
    assert found.groups == expected.groups
    assert {(one.kind, one.key["id"]) for one in found.samples} == {
        (one.kind, one.key["id"]) for one in expected.samples
    }
    assert (found.coverage, found.plan.way) == (expected.coverage, way)
    assert found.snapshots["left"].facts["snapshots"] == 5


def test_groups_that_lie_in_several_parts_are_judged_by_their_sums(run, databases):
    table = "create table t (id int primary key, amount numeric); insert into t values (1, {}), (1000, {})"
    run(table.format("1.1", "-1.1"), table.format("5", "-5"))
    request = whole(databases, groups=(GroupTotal((), "amount"),))
    parts = split(request, 2)
    results = [compare(part) for part in parts]
    assert [group.within for one in results for group in one.groups] == [False, False]
    (group,) = combine(request, results).groups
    assert (group.left, group.right, group.difference, group.within) == ("0.0", "0", "0.0", True)


def test_groups_whose_parts_are_apart_within_their_tolerance_are_not_in_flight(run, databases):
    table = "create table t (id int primary key, amount numeric); insert into t values (1, {}), (1000, {})"
    run(table.format("100", "100"), table.format("100.1", "100.2"))
    total = GroupTotal((), "amount", Tolerance(absolute=Decimal(1)))
    request = whole(databases, groups=(total,), second_look=SecondLook(timedelta(0)))
    (group,) = combine(request, [compare(part) for part in split(request, 2)]).groups
    assert (group.within, group.in_flight) == (True, False)


def test_a_row_beyond_the_keys_of_the_split_is_in_a_part(run, databases):
    run(TABLE.format(key="n"), TABLE.format(key="n"))
    parts = split(whole(databases), 3)
    with psycopg.connect(databases[1], autocommit=True) as connection:
        connection.execute("insert into t values (-5, 1, 1), (1000000000, 1, 1)")
    assert combine(whole(databases), [compare(part) for part in parts]).rows.extra == 2


def test_what_cannot_be_cut_comes_back_whole(run, databases):
    run(
        "create table t (id int primary key, code text unique, maybe int);"
        "insert into t select n, n::text, nullif(n, 5) from generate_series(1, 50) n",
        "create table t (id int primary key, code text unique, maybe int);"
        "insert into t select n, n::text, n from generate_series(1, 50) n",
    )
    for key in (("code",), ("id", "code"), ("maybe",), ("*",)):
        request = whole(databases, key=key)
        assert split(request, 4) == (request,)
    assert len(split(whole(databases, key=("id",)), 4)) == 4
    (part, *_) = split(whole(databases, key=("id",)), 4)
    assert split(part, 4) == (part,)


def test_there_are_no_more_parts_than_keys(run, databases):
    table = "create table t (id int primary key); insert into t values (1), (2)"
    run(table, table)
    parts = split(whole(databases), 64)
    assert 1 < len(parts) <= 3
    assert combine(whole(databases), [compare(part) for part in parts]).equal
    with pytest.raises(RequestError):
        split(whole(databases), 0)


def test_two_empty_tables_are_one_part(run, databases):
    run("create table t (id int primary key)", "create table t (id int primary key)")
    request = whole(databases)
    assert split(request, 4) == (request,)


def test_limits_are_shared_among_the_parts(run, databases):
    run(TABLE.format(key="n"), TABLE.format(key="n"))
    look = SecondLook(timedelta(0), keys=100)
    parts = split(whole(databases, second_look=look, column_cap=1000), 4)
    assert {(part.second_look.keys, part.column_cap) for part in parts if part.second_look} == {(25, 250)}


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_files_are_cut_too(suffix, tmp_path: Path):
    paths = [tmp_path / f"{side}.{suffix}" for side in ("left", "right")]
    for path, changed in zip(paths, (0, 1), strict=True):
        rows = [(n, n + changed * (n % 100 == 0)) for n in range(1, 1001)]
        if suffix == "csv":
            path.write_text("id,v\n" + "".join(f"{key},{value}\n" for key, value in rows))
        else:
            path.write_text("".join(f'{{"id": {key}, "v": {value}}}\n' for key, value in rows))
    left, right = (Location(str(path)) for path in paths)
    rules = {name: ColumnRule(kind=Kind.INTEGER) for name in ("id", "v")}
    request = Comparison(left, right, key=("id",), rules=rules, groups=(GroupTotal((), "v"),))
    parts = split(request, 3)
    found = combine(request, [compare(part) for part in parts])
    expected = compare(request)
    assert (found.rows, found.groups) == (expected.rows, expected.groups)
    assert (found.rows.changed, found.groups[0].difference) == (10, "10")


def test_an_empty_file_beside_a_table_lacks_all_of_it_in_parts_too(run, databases, tmp_path: Path):
    run(TABLE.format(key="n"), "")
    (tmp_path / "empty.jsonl").touch()
    request = Comparison(Location(databases[0], "t"), Location(str(tmp_path / "empty.jsonl")))
    assert [compare(part).rows.missing for part in split(request, 3)] == [3_000]
