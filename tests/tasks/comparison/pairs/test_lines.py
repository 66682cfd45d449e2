"""Files whose lines stand for rows, in one order and in any: what is found is what the values say."""

import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count, islice, pairwise
from pathlib import Path
from threading import Semaphore
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.comparison import ColumnRule, Comparison, ComparisonResult, Kind, Location, compare
from tasks.comparison.duck.line_keys import Keys
from tasks.comparison.duck.session import Duck
from tasks.comparison.errors import SideError
from tasks.comparison.files import blocks
from tasks.comparison.files.ascending import Proof
from tasks.comparison.files.lines_about import lines_about
from tasks.comparison.files.picking import apart, picked
from tasks.comparison.files.shape import Shape
from tasks.comparison.ways import sifted

NAMES = ("id", "name", "n")
CSV, JSON = "csv", "jsonl"
FORMS = (CSV, JSON)
Rows = list[tuple[object, ...]]


def rows(number: int = 300) -> Rows:
    return [(one, f"name {one}", one % 7) for one in range(1, number + 1)]


def line(form: str, row: tuple[object, ...], names: tuple[str, ...] = NAMES) -> str:
    if form == CSV:
        return ",".join("" if value is None else str(value) for value in row)
    written = ("null" if value is None else str(value) if isinstance(value, int) else f'"{value}"' for value in row)
    return "{" + ", ".join(f'"{name}": {value}' for name, value in zip(names, written, strict=True)) + "}"


def write(path: Path, found: Rows, *, names: tuple[str, ...] = NAMES, end: str = "\n", last: str | None = None) -> Path:
    form = path.suffix[1:]
    lines = [",".join(names)] if form == CSV else []
    lines += [line(form, row, names) for row in found]
    path.write_bytes((end.join(lines) + (end if last is None else last)).encode())
    return path


def shuffled(found: Rows) -> Rows:
    return random.Random(7).sample(found, len(found))


def edited(found: Rows) -> Rows:
    """One changed, one gone, one new."""
    return [(*row[:2], 99) if row[0] == 5 else row for row in found if row[0] != 9] + [(5_000, "new", 1)]


def request(left: Path, right: Path, **more: object) -> Comparison:
    return replace(Comparison(Location(str(left)), Location(str(right)), key=("id",)), **more)


def counts(result: ComparisonResult) -> tuple[int, ...]:
    found = result.rows
    return found.left, found.right, found.matched, found.missing, found.extra, found.changed


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("change", [edited, list])
def test_lines_in_any_order_are_sifted(tmp_path: Path, form: str, change: Callable[[Rows], Rows], monkeypatch):
    """Also where merging is tried first and stops early; keys need not ascend on either side."""
    monkeypatch.setattr("tasks.comparison.files.merging.PATIENCE", 20)
    left = write(tmp_path / f"a.{form}", rows())
    right = write(tmp_path / f"b.{form}", shuffled(change(rows())))
    expected = (300, 300, 299, 1, 1, 1) if change is edited else (300, 300, 300, 0, 0, 0)
    for sides in ((left, right), (write(tmp_path / f"c.{form}", shuffled(rows())[::-1]), right)):
        result = compare(request(*sides))
        assert (result.plan.way, counts(result)) == ("sifted", expected)
        assert (result.bits.bits, 0 < result.bits.chance < 1e-12) == (64, True)
    assert compare(request(left, right, exact=True)).plan.way == "reference"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize(("end", "last"), [("\r\n", None), ("\n", ""), ("\r\n", "")])
def test_ends_of_lines_are_no_part_of_rows(tmp_path: Path, form: str, way: str, end: str, last: str | None):
    left = write(tmp_path / f"a.{form}", rows(), end=end, last=last)
    other = edited(rows()) if way == "merged" else shuffled(edited(rows()))
    right = write(tmp_path / f"b.{form}", other, end=end, last=last)
    result = compare(request(left, right, way=way))
    assert (result.plan.way, counts(result)) == (way, (300, 300, 299, 1, 1, 1))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize("key", [("id",), ("n", "id"), ("name",)])
def test_the_key_may_stand_anywhere_and_have_parts(tmp_path: Path, form: str, way: str, key: tuple[str, ...]):
    def placed(found: Rows) -> Rows:
        return [(row[1], row[2], row[0]) for row in found]

    names = ("name", "n", "id")
    left = write(tmp_path / f"a.{form}", placed(rows()), names=names)
    after = [(*row[:2], 77) if row[0] == 3 else row for row in rows() if row[0] != 9] if key == ("id",) else rows()[1:]
    right = write(tmp_path / f"b.{form}", placed(after if way == "merged" else shuffled(after)), names=names)
    result = compare(request(left, right, way=way, key=key))
    assert (result.plan.way, result.rows.missing) == (way, 1)
    assert result.rows == compare(request(left, right, way="reference", key=key)).rows


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([(7, "name 7", 0)], []),  # twice on the left
        ([], [(7, "name 7", 0)]),  # the same line twice on the right
        ([], [(7, "other", 0)]),  # a new line on the right of a key that equal lines have
        ([(7, "name 7", 0)], [(7, "name 7", 0)]),  # twice on both sides
        ([(None, "none", 0)], [(None, "none", 0)]),
        ([], [(None, "none", 0), (None, "none", 1)]),
    ],
)
def test_keys_that_repeat_or_are_null_are_told_by_every_way(tmp_path: Path, form: str, way: str, left, right):
    before, after = [*rows(), *left], [*rows(), *right]
    sides = (
        write(tmp_path / f"a.{form}", before),
        write(tmp_path / f"b.{form}", after if way == "merged" else after[::-1]),
    )
    result, plain = (compare(request(*sides, way=one)) for one in (way, "reference"))
    assert result.rows == plain.rows
    assert (result.coverage.null_keys_left, result.coverage.null_keys_right) == (
        plain.coverage.null_keys_left,
        plain.coverage.null_keys_right,
    )


@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize("first", ["007", "7"])
def test_numbers_with_zeros_before_them_are_the_same_keys(tmp_path: Path, way: str, first: str):
    """As whole numbers they repeat on the right, though the line that was there before is equal on both sides."""
    found = [("1", "a", 1), (first, "b", 2), ("8", "c", 3)]
    left = write(tmp_path / "a.csv", found)
    added = ("07" if first == "7" else "7", "d", 4)
    right = write(tmp_path / "b.csv", [*found, added] if way == "merged" else [added, *found[::-1]])
    rules = {"id": ColumnRule(kind=Kind.INTEGER)}
    result = compare(request(left, right, way=way, rules=rules))
    assert result.rows.duplicate_right == 1
    assert result.rows == compare(request(left, right, way="reference", rules=rules)).rows


@pytest.mark.parametrize("way", ["merged", "sifted"])
def test_numbers_that_are_one_float_are_one_key(tmp_path: Path, way: str):
    found: Rows = [(9_007_199_254_740_992, "a", 1), (9_007_199_254_740_993, "b", 2), (9_107_199_254_740_993, "c", 3)]
    sides = [write(tmp_path / f"{name}.csv", found) for name in "ab"]
    result = compare(request(*sides, way=way, rules={"id": ColumnRule(kind=Kind.FLOAT)}))
    assert (result.rows.duplicate_left, result.rows.duplicate_right) == (1, 1)


@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ('1,a,"x\ny"\n2,b,2\n', '1,a,"x\ny"\n2,b,3\n'),
        ('1,a,x\ny,b,2\n', '1,"a,x\ny",b\n'),
        ('1,a,x\n2,b,c\n3,d,w"\n', '1,x"y,"z\n2,b,c\n3,d,w"\n'),
        ('1,a,x\n2,b,c\n3,d,e\n', '1,x"y,"z\n2,b,c\n3,v,w"\n'),
    ],
)  # fmt: skip
def test_a_field_may_go_on_over_the_end_of_a_line(tmp_path: Path, way: str, left: str, right: str):
    for name, text in (("a", left), ("b", right)):
        (tmp_path / f"{name}.csv").write_text(f"id,name,n\n{text}")
    sides = tmp_path / "a.csv", tmp_path / "b.csv"
    result = compare(request(*sides, way=way))
    assert result.rows == compare(request(*sides, way="reference")).rows
    assert result.plan.way == "joined"


@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize("bad", ['{"id": 301, "name"', '{"id": 301, "n": [1}', '{"id": 301} {"id": 302}', "[1]", "x"])
@pytest.mark.parametrize("key", ["id", "n"])
def test_a_line_that_is_no_object_is_an_error_though_both_files_have_it(tmp_path: Path, way: str, bad: str, key: str):
    sides = [write(tmp_path / f"{name}.jsonl", rows()) for name in "ab"]
    for side in sides:
        with side.open("a") as file:
            file.write(f"{bad}\n")
    fault = "no JSON object" if bad == "[1]" else "not JSON"
    with pytest.raises(SideError, match=rf"a\.jsonl: 1 line is {fault}: line 301"):
        compare(request(*sides, way=way, key=(key,)))


@pytest.mark.parametrize("way", ["merged", "sifted"])
@pytest.mark.parametrize("bad", [b"301,name,1,2\n", b"301,name\n", b"301,n\xff,1\n", b'301,"name,1\n'])
def test_a_line_that_is_no_row_is_an_error_though_both_files_have_it(tmp_path: Path, way: str, bad: bytes):
    sides = [write(tmp_path / f"{name}.csv", rows()) for name in "ab"]
    for side in sides:
        with side.open("ab") as file:
            file.write(bad)
    with pytest.raises(SideError):
        compare(request(*sides, way=way))


def test_keys_whose_name_has_a_comma_are_read(tmp_path: Path):
    left = [json.dumps({"a,b": key, "a": key}, separators=(",", ":")) for key in range(1, 301)]
    right = [*left[:4], json.dumps({"a,b": 7, "a": 99}, separators=(",", ":")), *left[5:]]
    (tmp_path / "a.jsonl").write_text("\n".join(left))
    (tmp_path / "b.jsonl").write_text("\n".join(shuffled(right)))
    asked = request(tmp_path / "a.jsonl", tmp_path / "b.jsonl", key=("a,b",))
    found, expected = (compare(replace(asked, way=way)).rows for way in ("sifted", "reference"))
    assert found == expected
    assert found.duplicate_right == 1


@pytest.mark.parametrize("last", ["\n\n", "\n  \n", "\n\n\n"])
def test_a_blank_line_at_the_end_of_one_side_is_no_row(tmp_path: Path, last: str):
    one, other = write(tmp_path / "a.jsonl", rows(), last=last), write(tmp_path / "b.jsonl", rows())
    for left, right in ((one, other), (other, one)):
        assert counts(compare(request(left, right))) == (300, 300, 300, 0, 0, 0)


def test_blank_lines_are_no_rows(tmp_path: Path):
    for form in FORMS:
        left, right = (write(tmp_path / f"{name}.{form}", rows(20)) for name in "ab")
        left.write_bytes(left.read_bytes().replace(b"name 7", b"name 7").replace(b"\n", b"\n\n"))
        for way in ("merged", "sifted"):
            assert counts(compare(request(left, right, way=way))) == (20, 20, 20, 0, 0, 0)


def test_more_lines_than_are_held_in_memory_are_joined(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(sifted, "MOST_LINES", 500)
    sides = write(tmp_path / "a.csv", rows()), write(tmp_path / "b.csv", shuffled(edited(rows())))
    result = compare(request(*sides, way="sifted"))
    assert (result.plan.way, counts(result)) == ("joined", (300, 300, 299, 1, 1, 1))
    assert "more lines than are held in memory" in result.plan.because


def test_lines_that_are_picked_are_those_that_were_meant(tmp_path: Path, monkeypatch):
    """Here the line before is picked on both sides, which is equal."""

    def wrongly(path: Path, header: int, numbers: np.ndarray) -> Iterator[bytes]:
        return picked(path, header, numbers - 1)

    monkeypatch.setattr(sifted, "picked", wrongly)
    after: Rows = [(*row[:2], 9) if row[0] == 50 else row for row in rows()]
    result = compare(request(write(tmp_path / "a.csv", rows()), write(tmp_path / "b.csv", after), way="sifted"))
    assert (result.plan.way, result.rows.changed) == ("joined", 1)


@given(left=st.sets(st.integers(0, 40)), right=st.lists(st.integers(0, 40)))
def test_hashes_that_one_side_has_alone_are_found(left: set[int], right: list[int]):
    lefts, rights = list(left), right
    found = apart(np.array(lefts, np.uint64), np.array(rights, np.uint64))
    if len(set(right) & left) != sum(one in left for one in right) or any(right.count(one) > 1 for one in right):
        assert found is None or all(rights.count(one) == 1 for one in rights if one in left)
    else:
        assert found is not None
        assert [lefts[place] for place in found[0]] == [one for one in lefts if one not in right]
        assert [rights[place] for place in found[1]] == [one for one in rights if one not in left]


KEYS = st.lists(
    st.integers(0, 10**18 - 1) | st.integers(0, 12) | st.sampled_from([10**7, 10**8 - 1, 10**8, 10**16, 10**17]),
    min_size=1, max_size=12,
)  # fmt: skip


def proven(path: Path, shape: Shape, *, ordered: bool = True, header: int = 0) -> int | None:
    proof = Proof(path, shape, header, lambda _: None, ordered=ordered)
    proof.look()
    return proof.lines


@pytest.mark.parametrize("form", FORMS)
@given(
    keys=KEYS, block=st.sampled_from([16, 64, 1 << 20]), ordered=st.booleans(),
    odd=st.sampled_from([None] * 8 + ["", "-1", "x", "1.5", " 7", "1e5", "007", "1" * 19, "+1", '"3"']),
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_keys_are_proven_distinct_as_plain_python_does(tmp_path_factory, form, keys, block, ordered, odd):
    keys = sorted(set(keys)) if ordered else keys
    texts = [str(key) for key in keys] + ([odd] if odd is not None else [])
    found = [
        line(CSV, (text, "é" * (len(text) % 3), "x")) if form == CSV else f'{{"id":{text},"n":1}}' for text in texts
    ]
    path = tmp_path_factory.mktemp("keys") / "keys"
    path.write_text("\n".join(found))
    shape = Shape(b"", 3) if form == CSV else Shape(b'{"id":', None, b'"id"')
    plain = odd is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        ascends = plain and all(one < other for one, other in pairwise(keys))
        padded = odd == "007" and proven(path, shape) is not None
        assert padded or proven(path, shape) == (len(keys) if ascends else None)
        assert proven(path, shape, ordered=False) == (len(keys) if plain and len(set(keys)) == len(keys) else None)


@pytest.mark.parametrize("odd", ["1e5", "2.5", "3x4", "+99", " 99", "999,", "99}", "102}"])
def test_a_key_that_is_as_long_as_the_others_and_no_number_proves_nothing(tmp_path: Path, odd: str):
    path = tmp_path / "a.csv"
    path.write_text(f"100,x\n101,x\n{odd},x\n")
    assert proven(path, Shape(b"", 2)) is None


@pytest.mark.parametrize("way", [None, "merged", "sifted", "joined", "reference"])
@pytest.mark.parametrize("name", ["a\\b", 'a":1,"b'])
def test_a_name_that_json_escapes_is_no_other_name(tmp_path: Path, way: str | None, name: str):
    written = [f'{{"{name}": {number}, {json.dumps(name)}: 5, "n": 1}}\n' for number in range(1, 6)]
    for side in "ab":
        (tmp_path / f"{side}.jsonl").write_text("".join(random.Random(ord(side)).sample(written, 5)))
    left, right = (Location(str(tmp_path / f"{side}.jsonl")) for side in "ab")
    result = compare(Comparison(left, right, key=(name,), way=way))
    assert (result.equal, result.rows.duplicate_left, result.rows.duplicate_right) == (False, 4, 4)


ENDS = ("1,a\r\n2,c\n3,d\n", "1,a\n2,c\r\n3,d\n", "1,a\rb\n2,c\n3,d\n")


@pytest.mark.parametrize("way", [None, "merged", "sifted", "joined", "reference"])
@pytest.mark.parametrize("said", ENDS)
def test_lines_that_end_in_different_ways_are_told_by_every_way(tmp_path: Path, way: str | None, said: str):
    for side in "ab":
        (tmp_path / f"{side}.csv").write_bytes(f"id,n\n{said}".encode())
    left, right = (Location(str(tmp_path / f"{side}.csv")) for side in "ab")
    with pytest.raises(SideError, match=r"^[ab]\.csv:? is no CSV: perhaps some lines end in CR LF and others in LF$"):
        compare(Comparison(left, right, key=("id",), way=way))


@pytest.mark.parametrize("block", [4, 1 << 20])
@pytest.mark.parametrize(
    ("said", "lines"),
    [
        (b"n\n1,a\n2,b\n", 2), (b"n\r\n1,a\r\n2,b\r\n", 2), (b"n\n1,a\r\n2,b\r\n", None), (b"n\r\n1,a\n2,b\n", None),
        (b"n\n1,a\r\n2,b\n", None), (b"n\n1,a\n2,b\r\n", None), (b"n\n1,a\rb\n", None), (b"n\r\n1,a\rb\r\n", None),
    ],
)  # fmt: skip
def test_keys_are_proven_where_all_lines_end_in_one_way(tmp_path: Path, block: int, said: bytes, lines: int | None):
    path = tmp_path / "a.csv"
    path.write_bytes(said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", block)
        assert proven(path, Shape(b"", 2), header=1) == lines
        path.write_bytes(rows := said.partition(b"\n")[2])
        assert proven(path, Shape(b"", 2)) == (2 if rows.count(b"\r") == rows.count(b"\r\n") in (0, 2) else None)


def test_a_file_that_was_longer_a_moment_ago_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,a\n2,b\n")
    longer = os.stat_result((*path.stat()[:6], 100, *path.stat()[7:]))
    monkeypatch.setattr(Path, "stat", lambda _: longer)
    assert [(one.start, one.stop) for one in islice(blocks.shares(path, 0, 40), 9)] == [(0, 40), (40, 80), (80, 100)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [(lambda path: os.truncate(path, 5_000), "changed while it was read"), (os.unlink, "No such file or directory")],
)
def test_a_file_that_is_cut_or_removed_while_its_keys_are_proven_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, meanwhile: Callable[[Path], None], said: str
):
    left, right = (write(tmp_path / f"{side}.{form}", rows(3_000)) for side in "ab")
    look, asked = Proof._keys, count(1)

    def looked(self: Proof, *block: Any) -> Any:
        if next(asked) == 3:
            meanwhile(left)
        return look(self, *block)

    monkeypatch.setattr(blocks, "BLOCK", 1_024)
    monkeypatch.setattr(Proof, "_keys", looked)
    with pytest.raises(SideError, match=rf"a\.{form}.* {said}"):
        compare(request(left, right))


@pytest.mark.parametrize(
    "said",
    [
        '{"id":3,"n":1,"id":4}', '{"id":3,"\\u0069d":4}', '{"id":3,"i\\u0064":4}', '{"id":3,"n":{"id":4}}',
        '{"id":3,"n":"\\u0041"}', '{"id":3,"n":"é\\n"}', '{"id":3,"n":"idle ids"}', '{"id":3,"n":" idle ids"}',
    ],
)  # fmt: skip
def test_a_line_that_may_name_its_key_twice_proves_nothing(tmp_path: Path, said: str):
    path = tmp_path / "a.jsonl"
    path.write_text('{"id":1,"n":1}\n{"id":2,"n":1}\n' + said)
    assert proven(path, Shape(b'{"id":', None, b'"id"')) == (3 if said.startswith('{"id":3,"n":"') else None)


@pytest.mark.parametrize("name", ["", "a", "id", "customer"])
@given(pads=st.lists(st.integers(0, 3), min_size=1, max_size=4), again=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_a_key_that_is_named_twice_is_seen_wherever_it_stands(tmp_path_factory, name, pads, again):
    path = tmp_path_factory.mktemp("keys") / "keys.jsonl"
    lines = [f'{{"{name}":{key},"n":"{"x" * pad}"}}' for key, pad in enumerate(pads)]
    shape = Shape(f'{{"{name}":'.encode(), None, f'"{name}"'.encode())
    for written, found in ((lines, len(lines)), ([*lines, f'{{"{name}":9,"n":"{"x" * again}","{name}":8}}'], None)):
        path.write_text("\n".join(written))
        assert proven(path, shape) in (found, None if name == "" else found)


def test_a_block_of_new_lines_that_is_longer_than_what_is_read_at_once_is_merged(tmp_path: Path):
    before = rows(60_000)
    after = before[:30_000] + [(200_000 + one, "new", one) for one in range(1_000)] + before[30_000:]
    left, right = write(tmp_path / "a.jsonl", before), write(tmp_path / "b.jsonl", after)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tasks.comparison.files.merging.BUFFER", 1 << 10)
        patch.setattr("tasks.comparison.files.merging.LAST_WINDOW", 4_096)
        result = compare(request(left, right))
    assert (result.plan.way, counts(result)) == ("merged", (60_000, 61_000, 60_000, 0, 1_000, 0))


def test_lines_of_which_duckdb_counts_others_prove_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(Keys, "_objects", lambda _: 301)
    result = compare(request(write(tmp_path / "a.jsonl", rows()), write(tmp_path / "b.jsonl", rows())))
    assert (result.plan.way, counts(result)) == ("joined", (300, 300, 300, 0, 0, 0))


def test_a_count_that_begins_when_its_merge_is_given_up_is_ended_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What is cancelled before it has begun hears nothing, so that it is cancelled until it has ended."""
    cancelled, heard = Semaphore(0), list[bool]()
    monkeypatch.setattr(Duck, "cancel", lambda _: cancelled.release())
    monkeypatch.setattr("tasks.comparison.files.merging.PATIENCE", 20)

    def deaf_at_first(_: Keys) -> None:
        heard.extend(cancelled.acquire(timeout=3) for _ in range(2))

    monkeypatch.setattr(Keys, "_objects", deaf_at_first)
    left, right = write(tmp_path / "a.jsonl", rows()), write(tmp_path / "b.jsonl", shuffled(rows()))
    assert compare(request(left, right)).plan.way == "sifted"
    assert heard == [True, True]


def test_about_how_many_lines_there_are_is_seen_by_samples(tmp_path: Path):
    path = write(tmp_path / "a.csv", rows(50_000))
    assert 45_000 < lines_about(path) < 55_000
