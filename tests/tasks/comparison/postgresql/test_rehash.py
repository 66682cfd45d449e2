"""Hashes that are made here are the server's own, bit by bit, for every value and every seed."""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from itertools import product

import numpy as np
import psycopg
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from tasks.comparison.postgres import rehash
from tasks.comparison.postgres.hashes import near_instant
from tasks.comparison.postgres.rehash import Hashes

SEED = st.integers(0, 2**64 - 1)
LONGS = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, -1, 2**31, 2**32, -(2**63), 2**63 - 1])
MICROS = st.one_of(
    st.integers(-9 * 10**15, 6 * 10**15),
    st.builds(lambda spans, more: spans * 2**32 + more, st.integers(-2_000_000, 1_400_000), st.integers(-2, 2)),
)
"""Since 2000, within some centuries of it; or about where the server folds to one 32 bits what is apart."""
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
BYTES = st.integers(0, 50).map(lambda length: "x" * length)
"""Every length up to some rounds of twelve bytes."""
GROUP = st.sampled_from([0, 0, 1, 10, 100, 1000, 9999])
"""Four digits of a decimal as the server keeps them."""


@pytest.fixture(scope="module")
def connection(server: str):
    with psycopg.connect(server, autocommit=True) as made:
        yield made


def on_the_server(connection, expression: str, declared: str, values) -> list[int]:
    """The hashes of some values, without a sign."""
    query = f"select {expression} from unnest(%s::text[]) with ordinality t(text, place),"
    query += f" lateral (select text::{declared}) r(v) order by place"
    return [row[0] % 2**64 for row in connection.execute(query, ([str(value) for value in values],))]


def constant(seed: int) -> str:
    return f"'{seed - 2**64 if seed >= 2**63 else seed}'::int8"


def same(hashes: Hashes, expected: list[int]) -> bool:
    return hashes.tolist() == expected


@settings(max_examples=15, deadline=None)
@given(values=st.lists(LONGS, min_size=1, max_size=60), seed=SEED)
def test_whole_numbers(connection, values, seed):
    assume(all(value % 2**64 != seed for value in values))
    expected = on_the_server(connection, f"hashint8extended(v, v # {constant(seed)})", "int8", values)
    assert same(rehash.of_int8(np.array(values, np.int64), seed), expected)
    small = [value % 2**31 for value in values]
    expected = on_the_server(connection, f"hashint4extended(v, {constant(seed)})", "int4", small)
    assert same(rehash.of_uint32(np.array(small, np.uint32), seed), expected)


@example(values=[-math.nan, math.nan], seed=5)
@settings(max_examples=15, deadline=None)
@given(values=st.lists(st.floats(width=64) | st.sampled_from([0.0, -0.0]), min_size=1, max_size=60), seed=SEED)
def test_floats(connection, values, seed):
    expected = on_the_server(connection, f"hashfloat8extended(v, {constant(seed)})", "float8", map(repr, values))
    assert same(rehash.of_float8(np.array(values), seed), expected)


@settings(max_examples=15, deadline=None)
@given(values=st.lists(MICROS, min_size=1, max_size=60), seed=st.integers(1, 2**64 - 2))
def test_instants(connection, values, seed):
    hashed = near_instant("(timestamp '2000-01-01' + v * interval '1 microsecond')", constant(seed))
    expected = on_the_server(connection, hashed, "int8", values)
    assert same(rehash.of_instant(np.array(values, np.int64), seed), expected)


@pytest.mark.parametrize("scale", [0, 1, 2, 3, 4, 5, 8, 11])
@settings(max_examples=15, deadline=None)
@given(data=st.data(), seed=SEED)
def test_decimals(connection, scale, data, seed):
    most = 2**63 - 1 if scale == 0 else 10 ** (18 - -scale % 4) - 1
    values = st.integers(-most, most) | st.lists(GROUP, max_size=5).map(lambda groups: min(_joined(groups), most))
    chosen = data.draw(st.lists(values | st.just(0), min_size=1, max_size=60))
    seeded = f"case when v >= 0 then {constant(seed)} else ~{constant(seed)} end"
    decimals = [f"{Decimal(value).scaleb(-scale):f}" for value in chosen]
    expected = on_the_server(connection, f"hash_numeric_extended(v, {seeded})", "numeric", decimals)
    assert same(rehash.of_numeric(np.array(chosen, np.int64), scale, seed), expected)


@settings(max_examples=30, deadline=None)
@given(values=st.lists(TEXT | BYTES, min_size=1, max_size=40) | st.lists(st.just("x" * 41), min_size=1), seed=SEED)
def test_text(connection, values, seed):
    expected = on_the_server(connection, f'hashtextextended(v collate "C", {constant(seed)})', "text", values)
    assert same(_text(values, seed), expected)


def test_decimals_of_every_arrangement_of_groups_of_zeros(connection):
    """Each of five groups of four digits is nothing or something."""
    chosen = [_joined(groups) for groups in product((0, 7), repeat=5) if groups[0] == 0] + [
        _joined((1, *groups)) for groups in product((0, 7), repeat=4)
    ]
    expected = on_the_server(connection, "hash_numeric_extended(v, 5)", "numeric", chosen)
    assert same(rehash.of_numeric(np.array(chosen, np.int64), 0, 5), expected)


def test_a_text_that_is_too_long_is_said_to_be(connection):
    values = ["x" * rehash.LONGEST, "x" * (rehash.LONGEST + 1), "x"]
    expected = on_the_server(connection, 'hashtextextended(v collate "C", 5)', "text", values)
    assert same(_text(values, 5), [expected[0], 77, expected[2]])
    assert same(_text(values[1:2], 5), [77])


def test_nothing_has_no_hashes():
    no_rows: list[Callable[[], Hashes]] = [
        lambda: rehash.of_int8(np.empty(0, np.int64), 1),
        lambda: rehash.of_numeric(np.empty(0, np.int64), 2, 1),
        lambda: _text([], 1),
    ]
    assert [len(made()) for made in no_rows] == [0, 0, 0]


def test_a_seed_of_nothing_is_one_too(connection):
    expected = on_the_server(connection, "hashint4extended(v, 0)", "int4", [7])
    assert same(rehash.of_uint32(np.array([7], np.uint32), 0), expected)


def _joined(groups: Iterable[int]) -> int:
    return int("".join(f"{group:04}" for group in groups) or "0")


def _text(values: list[str], seed: int) -> Hashes:
    encoded = [value.encode() for value in values]
    offsets = np.cumsum([0, *map(len, encoded)])
    return rehash.of_text(np.frombuffer(b"".join(encoded), np.uint8), offsets, seed, np.uint64(77))
