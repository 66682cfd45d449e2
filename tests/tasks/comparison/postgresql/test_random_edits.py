"""Random tables, random edits: every way counts what a slow reference counts, with PostgreSQL's own equality."""

from collections import Counter
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.comparison import Comparison, Location, Samples, compare

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)
NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str)
JSON = st.recursive(
    st.sampled_from(["null", "true", "1", "1.0", '"1"', "[]", "{}"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]"),
    max_leaves=4,
)
TYPES: dict[str, st.SearchStrategy[str]] = {
    "bigint": st.sampled_from([0, 1, 2**32, -1, 2**32 - 1, 2**63 - 1, -(2**63)]).map(str),
    "integer": st.integers(-(2**31), 2**31 - 1).map(str),
    "boolean": st.sampled_from(["t", "f"]),
    "numeric": st.one_of(st.sampled_from(["0", "0.0", "1", "1.00", "NaN", "Infinity", "-Infinity"]), NUMBERS),
    "double precision": st.floats().map(repr),
    "text": TEXT,
    "bytea": st.binary(max_size=4).map(lambda value: "\\x" + value.hex()),
    "timestamptz": st.datetimes().map(lambda value: f"{value.isoformat()}+03"),
    "date": st.dates().map(str),
    "uuid": st.uuids().map(str),
    "jsonb": JSON,
    "integer[]": st.sampled_from(["{}", "{1}", "{1,2}", "{{1,2}}", "[0:1]={1,2}", "{NULL,1}"]),
    "numeric[]": st.sampled_from(["{1.0}", "{1.00}", "{10}", "{NaN}", "{NULL}"]),
    "interval": st.sampled_from(["1 month", "30 days", "720:00", "1 day", "0"]),
    "mood": st.sampled_from(["sad", "glad", ""]),
}  # fmt: skip
KEYS = {
    "id bigint primary key": ("id",),
    "id bigint not null": ("id",),
    "id integer, code text, primary key (id, code)": ("id", "code"),
    "id text primary key": ("id",),
}

Row = tuple[str | None, ...]


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str], list[Row], list[Row]]:
    """A kind of key, the types of the columns, and the rows of both sides, keys first, as text."""
    key = draw(st.sampled_from(list(KEYS)))
    types = draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=3))
    repeats = "primary key" not in key
    values = st.tuples(*(st.none() | TYPES[kind] for kind in types))
    keys = draw(st.lists(st.integers(-50, 50), max_size=12, unique=not repeats))
    row_keys = [(str(number), f"c{number}") if len(KEYS[key]) == 2 else (str(number),) for number in keys]
    left = [one + draw(values) for one in row_keys]
    right: list[Row] = []
    for row in left:
        edit = draw(st.sampled_from(["keep", "keep", "keep", "change", "delete"] + (["repeat"] if repeats else [])))
        if edit == "change":
            right.append(row[: len(KEYS[key])] + draw(values))
        elif edit != "delete":
            right += [row] * (2 if edit == "repeat" else 1)
    added = draw(st.lists(st.integers(60, 70), max_size=3, unique=True))
    right += [(str(number), f"c{number}")[: len(KEYS[key])] + draw(values) for number in added]
    return key, types, left, draw(st.permutations(right))


def load(connection: psycopg.Connection[Any], key: str, types: list[str], rows: list[Row]) -> None:
    columns = "".join(f", v{place} {kind}" for place, kind in enumerate(types))
    connection.execute("drop schema public cascade; create schema public;")
    connection.execute("create type mood as enum ('glad', '', 'sad')")
    connection.execute(
        f"create table t ({key.replace(', primary', f'{columns}, primary', 1)}{'' if ', primary' in key else columns})"
    )
    connection.execute("create index on t (id)")
    marks = ", ".join(["%s"] * (len(KEYS[key]) + len(types)))
    with connection.cursor() as cursor:
        cursor.executemany(f"insert into t values ({marks})", rows)


def answer(
    connection: psycopg.Connection[Any], key: str, types: list[str], sides: tuple[list[Row], list[Row]]
) -> dict[str, int]:
    """What a slow reference says: rows are made equal text by the server, then counted in plain Python."""
    keys = len(KEYS[key])
    found: list[dict[Row, Counter[Row]]] = []
    for rows in sides:
        counted: dict[Row, Counter[Row]] = {}
        for row in rows:
            counted.setdefault(row[:keys], Counter())[
                tuple(map(normal, [connection] * len(types), types, row[keys:]))
            ] += 1
        found.append(counted)
    counts: Counter[str] = Counter()
    for one in {**found[0], **found[1]}:
        left, right = (side.get(one, Counter()) for side in found)
        pairs = min(left.total(), right.total())
        counts["matched"] += pairs
        counts["missing"] += left.total() - pairs
        counts["extra"] += right.total() - pairs
        counts["changed"] += pairs - (left & right).total()
        counts["duplicate_left"] += max(left.total() - 1, 0)
        counts["duplicate_right"] += max(right.total() - 1, 0)
    return dict(counts)


SEEN: dict[str, list[str]] = {}


def normal(connection: psycopg.Connection[Any], kind: str, value: str | None) -> str | None:
    """The first text seen that the server calls equal to this one."""
    if value is None:
        return None
    known = SEEN.setdefault(kind, [])
    (place,) = connection.execute(
        f"select min(n) from unnest(%s::text[]) with ordinality k(x, n) where x::{kind} = %s::text::{kind}",
        (known, value),
    ).fetchone() or (None,)
    if place is None:
        known.append(value)
        return value
    return known[place - 1]


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=tables())
def test_every_way_reports_exactly_the_edits(made, databases):
    key, types, left, right = made
    SEEN.clear()
    with psycopg.connect(databases[0], autocommit=True) as one, psycopg.connect(databases[1], autocommit=True) as other:
        load(one, key, types, left)
        load(other, key, types, right)
        expected = answer(one, key, types, (left, right))
    ways = ["reference", "streamed"]
    ways += ["digests"] if "bigint" in key else []
    ways += ["segments"] if key == "id bigint primary key" else []
    sides = (Location(databases[0], "t"), Location(databases[1], "t"))
    for way in ways:
        for shown in (0, 100):
            request = Comparison(*sides, key=KEYS[key], way=way, samples=Samples(each=shown))
            found = compare(request).to_json()["rows"]
            assert {name: found[name] for name in expected} == expected, way
            assert (found["left"], found["right"]) == (len(left), len(right))
