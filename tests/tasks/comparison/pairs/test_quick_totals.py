"""Totals of lines read as bytes are those of the same lines read as values, or nobody believes them."""

import gzip
import json
import re
import string
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tasks.comparison import (
    Column,
    ColumnRule,
    Comparison,
    ComparisonResult,
    GroupTotal,
    Kind,
    Location,
    compare,
    open_side,
)
from tasks.comparison.errors import ComparisonCancelledError, SideError
from tasks.comparison.files import line_values, quick_totals, words
from tasks.comparison.files.paths import Files, found
from tasks.comparison.files.quick_totals import QuickTotals
from tasks.comparison.files.totals import Total
from tasks.comparison.json_values import freeze, parsed
from tasks.comparison.side import Selected, Selection

Found = dict[tuple[object, ...], tuple[Decimal, int]]
PLAIN = '{"id":1,"tenant":7,"amount":1.25,"note":"x"}'
NEAR = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few lines are many blocks, and are added up in several parts."""
    monkeypatch.setattr(quick_totals, "BLOCK", 96)
    monkeypatch.setattr(quick_totals, "AT_ONCE", 4)


def by_value(lines: list[str], by: tuple[str, ...], measure: str | None) -> Found:
    """The totals by plain Python."""
    sums: Found = {}
    for line in lines:
        if line.strip():
            values = parsed(line)
            key = tuple(freeze(values.get(name)) for name in by)
            before, rows = sums.get(key, (Decimal(0), 0))
            sums[key] = (before + Decimal(1 if measure is None else values.get(measure) or 0), rows + 1)
    return sums


def by_bytes(folder: Path, text: bytes, by: tuple[str, ...], measure: str | None) -> Found | None:
    path = folder / "a.jsonl"
    path.write_bytes(text)
    totals = QuickTotals(by, measure).of(found(str(path), frozenset({".jsonl"})))
    if totals is None:
        return None
    sums: Found = {}
    for group, amount, rows in totals:  # 1 and 1.0 are one group, added up by who reads them
        key = tuple(map(freeze, group))
        before, counted = sums.get(key, (Decimal(0), 0))
        sums[key] = (before + Decimal(amount), counted + rows)
    return sums


NUMBERS = st.builds(
    lambda sign, whole, part: f"{sign}{whole}{part}",
    st.sampled_from(["", "-"]),
    st.one_of(st.integers(0, 99_999), st.integers(0, 10**12 - 1)).map(str),
    st.one_of(st.just(""), st.from_regex(r"\.[0-9]{1,6}", fullmatch=True)),
)
SHORT = st.one_of(NUMBERS.filter(lambda text: len(text) < 16), st.just("null"))
"""Every number that is read as bytes: with what ends it in sixteen of them."""
GROUPS = st.one_of(
    st.integers(0, 12).map(str),
    st.sampled_from(['"a, b and more than that"', "12345678901234567890"]),
    st.sampled_from(
        ['"acme"', '"a, b"', '"}"', '""', '"ä€"', "true", "null", "-0", "1.50", "1e3", '"' + "x" * 40 + '"']
    ),
    st.text("abc,}[]: é", max_size=14).map(lambda text: json.dumps(text, ensure_ascii=False)),
)


NOTES = (
    st.text('amount:,}é 1"\\\n', max_size=9)
    .map(lambda text: json.dumps(text, ensure_ascii=False))
    .filter(lambda text: not re.search(r'"amount"$|\\[^"]*"\s*:', text))
)


@st.composite
def plain_lines(draw: st.DrawFn) -> list[str]:
    """Lines whose members stand in any order, some that nobody asks for among them."""
    spaced = draw(st.booleans())
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        members = [
            ("tenant", draw(GROUPS)),
            ("amount", draw(SHORT)),
            ("note", draw(NOTES)),
            ("list", "[1,2.5,true]"),
        ]
        members = draw(st.permutations(members))
        colon, comma = (": ", ", ") if spaced else (":", ",")
        lines.append("{" + comma.join(f'"{name}"{colon}{value}' for name, value in members) + "}")
    return lines


@NEAR
@given(plain_lines(), st.sampled_from(["\n", "\r\n", "\n\n"]), st.booleans(), st.sampled_from(["amount", None]))
@example(['{"tenant":1,"amount":999999999999.25}'] * 30, "\n", True, "amount")
def test_plain_lines_are_added_up_as_their_values_are(tmp_path, lines, ended, last, measure):
    text = (ended.join(lines) + (ended if last else "")).encode()
    assert by_bytes(tmp_path, text, ("tenant",), measure) == by_value(lines, ("tenant",), measure)


def test_sums_that_sixty_four_bits_do_not_hold_are_left_to_others(tmp_path, monkeypatch):
    monkeypatch.setattr(quick_totals, "BLOCK", 10_000)
    lines = ['{"tenant":1,"amount":999999999999}'] * 20
    assert by_bytes(tmp_path, "\n".join(lines).encode(), (), "amount") == by_value(lines, (), "amount")
    lines.append('{"tenant":1,"amount":0.000001}')
    assert by_bytes(tmp_path, "\n".join(lines).encode(), (), "amount") is None


@pytest.mark.parametrize("by", [(), ("tenant", "currency"), ("currency",), ("amount",)])
def test_there_may_be_any_number_of_groups(tmp_path, by):
    lines = [f'{{"currency":"{"EUR" if n % 3 else "CHF"}","tenant":{n % 5},"amount":{n}.{n % 10}}}' for n in range(50)]
    assert by_bytes(tmp_path, "\n".join(lines).encode(), by, "amount") == by_value(lines, by, "amount")


ODD = (
    '{"tenant":7}',
    '{"amount":7}',
    '{"tenant":7,"amount":null ,"x":1}',
    '{"tenant":7,"amount":"1.5"}',
    '{"tenant":7,"amount":1e3}',
    '{"tenant":7,"amount":15e-1}',
    '{"tenant":7,"amount":1.5E1}',
    '{"tenant":7,"amount":1.000000000000000001}',
    '{"tenant":7,"amount":0.1234567}',
    '{"tenant":7,"amount":0.12345678}',
    '{"tenant":7,"amount":0.123456789}',
    '{"tenant":7,"amount":1234567890123}',
    '{"tenant":7,"amount":12345678901234567890}',
    '{"tenant":7,"amount":12345678901.12345}',
    '{"tenant":7,"amount":18446744073710}\n{"tenant":7,"amount":0.123456}',
    '{"tenant":7,"amount":5 ,"x":1}',
    '{"tenant":7,"amount": 5}',
    '{"tenant":7,"amount" :5}',
    '{"tenant":7,"amount":\t5}',
    '{"tenant":7,"amount":1,"amount":2}',
    '{"tenant":7}\n{"tenant":7,"amount":1,"amount":2}',
    '{"tenant":7,"amount":1,"amount":2}\n{"tenant":7}',
    '{"tenant":7,"n":"abcdef","amount":1}\n{"tenant":7}\n{"tenant":8,"amount":444,"amount":5}',
    '{"tenant":7,"amount":1,"amount" :2}',
    '{"tenant":7,"amount":1,"\\u0061mount":2}',
    '{"tenant":7,"\\u0061mount":2}',
    '{"tenant":7,"tenant":8,"amount":2}',
    '{"tenant":7,"in":{"amount":3},"amount":2}',
    '{"tenant":7,"in":{"amount":3}}',
    '{"in":{"tenant":7,"amount":3},"tenant":8,"amount":2}',
    '{"tenant":8,"amount":2,"in":{"tenant":7,"amount":3}}',
    '{"tenant":8,"amount":2,"note":"{","in":{"tenant":7,"amount":3}}',
    '{"in":[{"tenant":7,"amount":3}],"amount":2}',
    '{"tenant":7,"amount":2,"note":"amount"}',
    '{"tenant":7,"list":["amount",5,6]}',
    '{"tenant":7,"amount":2,"note":"\\"amount\\":9,"}',
    '{"tenant":7,"note":"\\"amount\\":9,"}',
    '{"tenant":7,"x\\"amount":9}',
    '{"tenant":7,"x\\"amount":9,"amount":8}',
    '{"tenant":7,"amount":9,"note":"\\"amount"}',
    '{"tenant":7,"note":"{","amount":9}',
    '{"tenant":[7,8],"amount":2}',
    '{"tenant":[7],"amount":2}',
    '{"tenant":["}]"],"amount":2}',
    '{"tenant":{"a":7},"amount":2}',
    '{"tenant":"a\\"b","amount":2}',
    '{"tenant":"a\\",b","amount":2}',
    '{"tenant":"a\\\\","amount":2}',
    '{"tenant":"\\u0061cme","amount":2}',
    '{"tenant":"' + "y" * 60 + '","amount":2}',
    '{"tenant":"' + "y" * 46 + '","amount":2}',
    '{"tenant":"' + "y" * 45 + '","amount":2}',
    '{"tenant":"y' + "," * 60 + '","amount":2}',
    '{"tenant":7 ,"amount":2}',
    '{"tenant":7.0,"amount":2}',
    ' {"tenant":7,"amount":2}',
    '\t{"tenant":7,"amount":2}',
    "",
    "{}",
    '{"amounts":3,"tenant":7,"amount":2}',
    '{"moun":3,"tenant":7,"amount":2}',
    '{"tenan":3,"nant":4,"tenant":7,"amount":2}',
)


@pytest.mark.parametrize("line", ODD)
@pytest.mark.parametrize("beside", [1, 5])
def test_an_odd_line_is_added_up_as_its_value_is_or_not_at_all(tmp_path, line, beside):
    lines = [*[PLAIN] * beside, line, *[PLAIN] * beside]
    for text in ("\n".join(lines), "\n".join([line, *lines[:beside]]), "\n".join([*lines[:beside], line, ""])):
        expected = by_value(text.split("\n"), ("tenant",), "amount")
        assert by_bytes(tmp_path, text.encode(), ("tenant",), "amount") in (None, expected)


@NEAR
@given(
    st.lists(st.one_of(st.just(PLAIN), plain_lines().map(lambda lines: lines[0]), st.sampled_from(ODD)), max_size=8),
    st.sampled_from([("tenant",), ("note",), ("tenant", "id"), ()]),
)
@example(['{"tenant":7,"amount":1,"amount":2}', '{"tenant":7}'], ("tenant",))
@example(['{"tenant":7,"tenant":8,"amount":1}', '{"amount":2}'], ("tenant",))
def test_no_mixture_of_lines_is_added_up_wrong(tmp_path, lines, by):
    text = "\n".join(lines)
    assert by_bytes(tmp_path, text.encode(), by, "amount") in (None, by_value(text.split("\n"), by, "amount"))


@given(st.binary(max_size=120))
@settings(NEAR, max_examples=200)
def test_no_bytes_are_too_odd(tmp_path, noise):
    by_bytes(tmp_path, PLAIN.encode() + b"\n" + noise, ("tenant",), "amount")


LETTERS = string.ascii_letters + string.digits
NAMES = ("a", "aa", "id", "key", "name", "names", "käse", LETTERS[:58])
REFUSED = ("", LETTERS[:59], "ababab", "aaaaa", 'a"b', "a\\b")


@pytest.mark.parametrize("name", [*NAMES, *REFUSED])
def test_names_of_any_length_are_found_or_refused(tmp_path, name):
    lines = [json.dumps({name: n, "n": n % 3, "note": "y" * n}, ensure_ascii=False) for n in range(20)]
    adding = QuickTotals((name,), "n")
    assert adding.able is (name in NAMES)
    if adding.able:
        assert by_bytes(tmp_path, "\n".join(lines).encode(), (name,), None) == by_value(lines, (name,), None)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=40), st.integers(1, 5))
@settings(NEAR, max_examples=100)
def test_groups_are_told_apart_though_they_share_a_slot(monkeypatch, pairs, slots):
    monkeypatch.setattr(line_values, "_slots", lambda kinds, lines: (sum(kinds, np.zeros(lines)) % slots).astype(int))
    columns = np.array(pairs, np.uint64).reshape(-1, 2)
    place, codes = line_values.told_apart([columns[:, :1], columns[:, 1:]], len(pairs))
    assert [pairs[line] for line in place[codes]] == pairs
    assert len(place) == len(set(pairs))


@given(st.lists(st.booleans(), max_size=40), st.integers(1, 9))
@settings(NEAR, max_examples=200)
def test_marks_are_found_where_they_are(marks, apart):
    spread = np.array([mark and place % apart == 0 for place, mark in enumerate(marks)], bool)
    assert words.marked(spread).tolist() == np.flatnonzero(spread).tolist()


def request(left: Path, right: Path, **asked: object) -> Comparison:
    sides = (Location(str(left)), Location(str(right)))
    rules = {"amount": ColumnRule(kind=Kind.NUMERIC)}
    return Comparison(*sides, key=("id",), rules=rules, groups=(GroupTotal(("tenant",), "amount"),), **asked)


def written(path: Path, lines: list[str]) -> Path:
    path.parent.mkdir(exist_ok=True)
    text = "".join(f"{line}\n" for line in lines).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def numbered(first: int, count: int) -> list[str]:
    return [f'{{"id":{n},"tenant":{n % 3},"amount":{n}.5}}' for n in range(first, first + count)]


def by_bytes_of(result: ComparisonResult) -> list[bool]:
    return [query.text == "bytes of tenant, amount" for query in result.queries if "amount" in query.text]


def test_totals_are_of_all_files_and_say_how_they_were_read(tmp_path):
    for place in range(3):
        written(tmp_path / "many" / f"{place}.jsonl", numbered(10 * place, 10))
    result = compare(request(tmp_path / "many", written(tmp_path / "one.jsonl", numbered(0, 30))))
    assert [(group.rows_left, group.within) for group in result.groups] == [(10, True)] * 3
    assert by_bytes_of(result) == [True, True]


@pytest.mark.parametrize("odd", ['{"id":99,"tenant":1,"amount":1e2}', '{"id":99,"tenant":1,"\\u0061mount":100}'])
def test_one_odd_line_leaves_all_of_them_to_others(tmp_path, odd):
    left, right = written(tmp_path / "a.jsonl", [*numbered(0, 30), odd]), tmp_path / "b.jsonl"
    result = compare(request(left, written(right, [*numbered(0, 30), '{"id":99,"tenant":1,"amount":100.0}'])))
    assert [(group.rows_left, group.within) for group in result.groups] == [(10, True), (11, True), (10, True)]
    assert not all(by_bytes_of(result))


def test_compressed_lines_are_left_to_others(tmp_path):
    left, right = written(tmp_path / "a.jsonl.gz", numbered(0, 30)), written(tmp_path / "b.jsonl", numbered(0, 30))
    result = compare(request(left, right))
    assert all(group.within for group in result.groups)
    assert by_bytes_of(result).count(True) == 1


BAD = (
    "nonsense",
    "{]",
    '{"id":9,"tenant":1,"amount":2,}',
    '{"id":9,"tenant":1,"amount":2} x',
    '{"id":9,"tenant":1,"amount":2',
)


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("way", [None, "joined", "reference"])
def test_a_line_that_is_not_json_is_named_though_its_total_was_taken(tmp_path, bad, way):
    left = written(tmp_path / "a.jsonl", [*numbered(0, 5), bad, *numbered(10, 5)])
    with pytest.raises(SideError, match=r"a\.jsonl: 1 line is not JSON: line 6"):
        compare(request(left, written(tmp_path / "b.jsonl", numbered(0, 5)), way=way))


def test_what_is_cancelled_gives_no_totals(tmp_path):
    adding = QuickTotals(("tenant",), "amount")
    adding.stop()
    with pytest.raises(ComparisonCancelledError):
        adding.of(found(str(written(tmp_path / "a.jsonl", numbered(0, 30))), frozenset({".jsonl"})))


def test_a_comparison_that_is_cancelled_ends_the_reading(tmp_path, monkeypatch):
    path = str(written(tmp_path / "a.jsonl", numbered(0, 30)))
    side = open_side(path)
    amount = [Selected(name, Column(name, Kind.JSON, loose=True)) for name in ("tenant", "amount")]
    cancelled = QuickTotals.of

    def of(adding: QuickTotals, files: Files) -> list[Total] | None:
        side.cancel()
        return cancelled(adding, files)

    monkeypatch.setattr(QuickTotals, "of", of)
    with pytest.raises(ComparisonCancelledError):
        list(side.totals(Selection(tuple(amount), 1)))
    side.close()
