"""A line that DuckDB takes for JSON and that is none is an error in every way of comparing, wherever it stands."""

import gzip
import json
import random
import time
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.comparison import Comparison, GroupTotal, Location, compare
from tasks.comparison.errors import ChangedError, ComparisonCancelledError, SideError
from tasks.comparison.files import blocks, strictness
from tasks.comparison.files.ascending import Proof
from tasks.comparison.files.shape import Shape
from tasks.comparison.files.strictness import Looking, any_lax, is_lax
from tasks.comparison.json_values import parsed
from tasks.comparison.sides.jsonlines import NAMED_BY
from tests.tasks.comparison.pairs.stores import write_csv

MANY = NAMED_BY + 40
"""So many lines that the last of them do not name columns, for which each line is read as Python reads JSON."""
GOOD = [f'{{"id": {number}, "tenant": "{number % 3} inf, nan]", "n": {number}}}' for number in range(1, MANY + 1)]
LAX = (
    " " * 40 + "NaN", "[1," + " " * 40 + "]",
    "NaN", "nan", "NAN", "-nan", "Infinity", "-Infinity", "inf", "-Inf", "[1,]", "[1, ]", "[1,\t ]", '{"a": [1, NaN]}',
    '{"a": 1,}', '{"a": "b" , }', "[nan]", '[[1],[2,],"\\""]',
)  # fmt: skip
WAYS = (None, "merged", "sifted", "joined", "reference")


def write(path: Path, lines: list[str]) -> Path:
    data = ("\n".join(lines) + "\n").encode()
    if path.suffix == ".gz":
        data = gzip.compress(data)
    elif path.suffix == ".zst":
        data = pa.Codec("zstd").compress(data, asbytes=True)
    path.write_bytes(data)
    return path


def told(left: Path, right: Path, *, where: str | None = None, **more: object) -> str:
    sides = (Location(str(path), where=where) for path in (left, right))
    with pytest.raises(SideError) as caught:
        compare(replace(Comparison(*sides, key=("id",)), **more))
    return str(caught.value)


def bad(value: str) -> str:
    return f'{{"id": 5000, "tenant": "x", "n":{value}}}'


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", LAX)
def test_a_line_that_both_sides_have_is_named(tmp_path: Path, way: str | None, value: str):
    found = [*GOOD[:-10], bad(value), *GOOD[-10:]]
    right = [*random.Random(3).sample(GOOD, MANY), bad(value)] if way == "sifted" else found
    left, right = write(tmp_path / "a.jsonl", found), write(tmp_path / "b.jsonl", right)
    assert told(left, right, way=way) == f"a.jsonl: 1 line is not JSON: line {MANY - 9}"


@pytest.mark.parametrize("value", LAX)
def test_a_file_with_such_a_line_is_lax(tmp_path: Path, value: str):
    assert any_lax(write(tmp_path / "a.jsonl", [*GOOD, bad(value)]), lambda _: None)
    assert not any_lax(write(tmp_path / "a.jsonl", [*GOOD, bad("[null, -1, {}]")]), lambda _: None)


@pytest.mark.parametrize("form", ["jsonl.gz", "jsonl.zst"])
def test_a_line_of_a_compressed_file_is_named(tmp_path: Path, form: str):
    found = [*GOOD, "", bad("[1,]")]
    left, right = (write(tmp_path / f"{name}.{form}", found) for name in "ab")
    assert told(left, right) == f"a.{form}: 1 line is not JSON: line {MANY + 2}"


def test_a_line_that_the_right_side_alone_has_is_named(tmp_path: Path):
    left = write_csv(tmp_path / "a.csv", [(number, number) for number in range(1, MANY + 1)], ("id", "n"))
    right = write(tmp_path / "b.jsonl", [*GOOD[:-1], GOOD[-1][:-1] + ', "unread": [1,]}'])
    for more in {}, {"groups": (GroupTotal(("n",), None),)}:
        assert told(left, right, columns=("n",), **more) == f"b.jsonl: 1 line is not JSON: line {MANY}"


def test_a_line_that_a_filter_leaves_out_is_named(tmp_path: Path):
    left, right = (write(tmp_path / f"{name}.jsonl", [*GOOD, bad("NaN")]) for name in "ab")
    assert told(left, right, where="cast(id as bigint) < 5000") == f"a.jsonl: 1 line is not JSON: line {MANY + 1}"


def test_all_lines_are_counted_and_the_first_named(tmp_path: Path):
    left, right = (write(tmp_path / f"{name}.jsonl", [*GOOD, *[bad("NaN")] * 12]) for name in "ab")
    listed = ", ".join(map(str, range(MANY + 1, MANY + 11)))
    assert told(left, right) == f"a.jsonl: 12 lines are not JSON: line {listed} and 2 more"


TEXTS = st.sampled_from(["nan", ", inf", ": NaN]", ",]", ', "}', "\\", "[-Infinity", "tenant", "é", ""]) | st.text(
    max_size=4
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\t", " :\t "), (" , ", ":  ")])
HOLE, LETTERS = "\N{SNOWMAN}", st.sampled_from(["nan", "inf", "infinity"])


@st.composite
def laxly_written(draw: st.DrawFn) -> str:
    """A line as DuckDB takes it for JSON: perhaps with words that are no JSON, and commas before brackets."""
    value = {"a": draw(VALUES), "b": draw(st.sampled_from([HOLE, [HOLE], [1, HOLE], 7])), "c": draw(VALUES)}
    line = json.dumps(value, separators=draw(SEPARATORS), ensure_ascii=draw(st.booleans()))
    word = "".join(draw(st.sampled_from([one, one.upper()])) for one in draw(LETTERS))
    hole = draw(st.sampled_from([word, f"-{word}", "[1,]", "[1 , \t]", '{"x": 1,}', "{}", "[]", "null", "-1.5"]))
    for written in (f'"{HOLE}"', json.dumps(HOLE)):
        line = line.replace(written, hole)
    return line[:-1] + draw(st.sampled_from(["", "", " ", ",", " , ", ",\t"])) + "}"


def is_json(line: str) -> bool:
    try:
        parsed(line)
    except ValueError:
        return False
    return True


@given(line=laxly_written())
@settings(max_examples=600, deadline=None)
def test_what_is_lax_is_what_json_refuses(line: str):
    assert is_lax(line.encode()) == (not is_json(line))


@given(
    lines=st.lists(laxly_written(), min_size=1, max_size=8),
    block=st.sampled_from([1, 16, 64, 1 << 20]),
    share=st.sampled_from([1, 7, 50, 1 << 20]),
    piece=st.sampled_from([4, 7, 50, 1 << 17]),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
@settings(max_examples=400, deadline=None)
def test_a_file_is_lax_where_a_line_is(tmp_path_factory, lines: list[str], block, share, piece, end, last):
    path = tmp_path_factory.mktemp("lax") / "a.jsonl"
    path.write_bytes((end.join(lines) + (end if last else "")).encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        patch.setattr(strictness, "LEAST_SHARE", share)
        patch.setattr(strictness, "PIECE", piece)
        assert any_lax(path, lambda _: None) == (not all(map(is_json, lines)))


@pytest.mark.parametrize("text", ["more  information", "their nan", "a\tnano, b \tinfo"])
def test_words_within_texts_are_not_doubted(text: str):
    data = bytearray(f'{{"id":1,"n":"{text}"}}\n'.encode())
    assert not len(Looking().doubtful(data, len(data)))


def proof_of(path: Path) -> Proof:
    return Proof(path, Shape(b'{"id":', None, b'"id"'), 0, lambda _: None, ordered=True)


@pytest.mark.parametrize("before", ['"n": 5', '"n": {"m": 5}', '"n": [5]', '"n": "}"'])
@pytest.mark.parametrize("end", ["", " ", "\t", ",", ", ", ",\t", ",  "])
def test_a_comma_at_the_end_of_a_line_is_seen_through_blanks(tmp_path: Path, before: str, end: str):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(f'{{"id":{number}, {before}{end * (number == 2)}}}\n' for number in range(1, 4)))
    proof = proof_of(path)
    proof.look()
    assert proof.lines == (None if "," in end else 3)


@pytest.mark.parametrize("line", ['{"id":2,"n":[1,]}', '{"id":2,"n":{"m":1,}}', '{"id":2,"n":nan}', '{"id":2,}'])
def test_a_line_among_those_without_lists_is_looked_at(tmp_path: Path, line: str):
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"id":1,"n":2}}\n{line}\n{{"id":3,"n":4}}\n')
    proof = proof_of(path)
    proof.look()
    assert proof.lines is None


@given(lines=st.lists(laxly_written(), min_size=1, max_size=8), block=st.sampled_from([1, 50, 1 << 20]))
@settings(max_examples=200, deadline=None)
def test_keys_of_lines_that_are_not_json_prove_nothing(tmp_path_factory, lines: list[str], block):
    path = tmp_path_factory.mktemp("lax") / "a.jsonl"
    keyed = [f'{{"id":{number},{line[1:]}' for number, line in enumerate(lines)]
    path.write_text("\n".join(keyed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        proof = proof_of(path)
        proof.look()
    assert proof.lines == (len(keyed) if all(map(is_json, keyed)) else None)


def test_looking_for_them_stops_where_it_is_told_to(tmp_path: Path):
    path = write(tmp_path / "a.jsonl", GOOD)

    def stop(_: int) -> None:
        raise ComparisonCancelledError("enough")

    with pytest.raises(ComparisonCancelledError, match="enough"):
        any_lax(path, stop)


def test_threads_stop_at_the_next_block_when_they_are_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = write(tmp_path / "a.jsonl", GOOD * 20)
    looked: list[int] = []
    doubtful = strictness.Looking.doubtful

    def slowly(self: Looking, data: bytearray, size: int, *, closed: bool) -> object:
        looked.append(size)
        time.sleep(0.01)
        return doubtful(self, data, size, closed=closed)

    def stop(seen: int) -> None:
        if seen:
            raise ComparisonCancelledError("enough")

    monkeypatch.setattr(blocks, "BLOCK", 4_096)
    monkeypatch.setattr(strictness, "TOLD_SECONDS", 0.01)
    monkeypatch.setattr(strictness.Looking, "doubtful", slowly)
    with pytest.raises(ComparisonCancelledError, match="enough"):
        any_lax(path, stop)
    assert sum(looked) < path.stat().st_size / 2


def test_a_line_is_looked_at_once_however_much_in_it_is_doubtful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    lines = [f'{{"id":{number},"n":"{"1.5,nan,[,]" * 50}"}}' for number in range(1, 4)]
    looked: list[bytes] = []
    monkeypatch.setattr(strictness, "is_lax", lambda line: looked.append(line) or is_lax(line))
    assert not any_lax(write(tmp_path / "a.jsonl", lines), lambda _: None)
    assert looked == [line.encode() for line in lines]


def test_a_file_that_changes_while_its_lines_are_looked_at_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    left, right = (write(tmp_path / f"{name}.jsonl", GOOD) for name in "ab")

    def change(path: Path, told: object) -> bool:
        write(path, GOOD[:-1])
        return False

    monkeypatch.setattr(strictness, "any_lax", change)
    with pytest.raises(ChangedError, match=r"a\.jsonl changed while it was read"):
        compare(Comparison(Location(str(left)), Location(str(right)), key=("n",)))  # whose lines do not begin with it
