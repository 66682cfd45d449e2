"""What is wrong with a file is an error that names the file and the line, never a row left out in silence."""

import bz2
import gzip
from codecs import BOM_UTF8
from dataclasses import replace
from pathlib import Path

import pytest

from tasks.comparison import Comparison, Location, Mapped, compare
from tasks.comparison.errors import (
    ChangedError,
    MissingColumnError,
    NoKeyError,
    RequestError,
    SameObjectError,
    SideError,
)
from tasks.comparison.opening import open_side
from tests.tasks.comparison.pairs.stores import write_csv, write_jsonlines, write_parquet, write_sqlite

GOOD = [(number, f"name {number}") for number in range(1, 4)]
NAMES = ("id", "name")


def told(left: Path, right: Path, **more) -> str:
    with pytest.raises(SideError) as caught:
        compare(Comparison(Location(str(left)), Location(str(right)), key=("id",), **more))
    return str(caught.value)


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    return write_csv(tmp_path / "good.csv", GOOD, NAMES)


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    return write_jsonlines(tmp_path / "good.jsonl", GOOD, NAMES)


@pytest.mark.parametrize("way", [None, "reference"])
def test_a_csv_that_is_not_utf8_is_an_error_with_its_line(csv: Path, tmp_path: Path, way: str | None):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(csv.read_bytes().replace(b"name 2", b"name \xff"))
    assert told(csv, bad, way=way) == "bad.csv: line 3 is not UTF-8"


@pytest.mark.parametrize("way", [None, "reference"])
def test_a_csv_line_with_too_few_or_too_many_fields_is_an_error_with_its_line(csv: Path, tmp_path: Path, way):
    for number, line in enumerate((b"2\n", b"2,name 2,more\n")):
        bad = tmp_path / f"bad{number}.csv"
        bad.write_bytes(csv.read_bytes().replace(b"2,name 2\n", line))
        assert "line 3 has another number of columns than the header" in told(csv, bad, way=way)


def test_a_csv_quote_that_does_not_end_is_an_error(csv: Path, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(csv.read_bytes().replace(b"name 2", b'"name 2'))
    assert "quote that does not end" in told(csv, bad)


def test_a_csv_without_a_header_is_an_error(csv: Path, tmp_path: Path):
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert told(csv, empty) == "empty.csv is empty: it has no header"


def test_a_csv_with_a_header_and_no_rows_is_all_missing(csv: Path, tmp_path: Path):
    none = write_csv(tmp_path / "none.csv", [], NAMES)
    rows = compare(Comparison(Location(str(csv)), Location(str(none)), key=("id",))).rows
    assert (rows.left, rows.right, rows.missing, rows.matched) == (3, 0, 3, 0)


def test_two_empty_files_compare_nothing(tmp_path: Path):
    paths = [write_csv(tmp_path / name, [], NAMES) for name in ("a.csv", "b.csv")]
    result = compare(Comparison(*(Location(str(path)) for path in paths), key=("id",)))
    assert result.nothing_compared
    assert not result.equal


@pytest.mark.parametrize("way", [None, "reference"])
@pytest.mark.parametrize("bad", [b'{"id": 2, "name"', b'{"id": 2, "name": "x",}', b'{"id": 2, "name": NaN}'])
def test_lines_that_are_not_json_are_counted_and_named(lines: Path, tmp_path: Path, bad: bytes, way):
    broken = tmp_path / "broken.jsonl"
    good = lines.read_bytes().splitlines()
    broken.write_bytes(b"\n".join([good[0], bad, good[1], bad, good[2]]) + b"\n")
    assert told(lines, broken, way=way) == "broken.jsonl: 2 lines are not JSON: line 2, 4"


@pytest.mark.parametrize("way", [None, "reference"])
@pytest.mark.parametrize("bad", [b"5", b"null", b"[1]", b'"x"', b"true"])
def test_json_that_is_no_object_is_told_from_what_is_no_json(lines: Path, tmp_path: Path, bad: bytes, way):
    broken = tmp_path / "broken.jsonl"
    good = lines.read_bytes().splitlines()
    broken.write_bytes(b"\n".join([*good, bad]))
    assert told(lines, broken, way=way) == "broken.jsonl: 1 line is no JSON object: line 4"
    broken.write_bytes(b"\n".join([good[0], bad, b"{", good[1], bad, *[b"nonsense"] * 20]))
    listed = "line 3, 6, 7, 8, 9, 10, 11, 12, 13, 14 and 11 more"
    said = f"broken.jsonl: 2 lines are no JSON objects: line 2, 5; 21 lines are not JSON: {listed}"
    assert told(lines, broken, way=way) == said


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz"])
@pytest.mark.parametrize("way", [None, "reference"])
def test_a_byte_order_mark_before_lines_is_named(lines: Path, tmp_path: Path, suffix: str, way):
    marked = tmp_path / f"marked.{suffix}"
    text = BOM_UTF8 + lines.read_bytes()
    marked.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    said = f"marked.{suffix}: a byte order mark stands before line 1; remove it"
    assert told(lines, marked, way=way).startswith(said)
    assert told(marked, lines, way=way).startswith(said)


@pytest.mark.parametrize("way", [None, "reference"])
def test_a_bad_line_in_the_same_place_on_both_sides_is_still_an_error(lines: Path, tmp_path: Path, way):
    paths = []
    for name in ("a.jsonl", "b.jsonl"):
        paths.append(tmp_path / name)
        paths[-1].write_bytes(lines.read_bytes() + b"{]\n")
    assert "1 line is not JSON: line 4" in told(*paths, way=way)


@pytest.mark.parametrize("bad", [b"nonsense", b"2", b'{"id": 2,}', b'{"id": Infinity}'])
def test_a_bad_line_far_down_is_named_too(tmp_path: Path, bad: bytes):
    rows = [(number, f"name {number}") for number in range(3_000)]
    good = write_jsonlines(tmp_path / "good.jsonl", rows, NAMES)
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(good.read_bytes() + bad + b"\n")
    fault = "no JSON object" if bad == b"2" else "not JSON"
    assert told(good, broken) == f"broken.jsonl: 1 line is {fault}: line 3001"
    assert told(write_parquet(tmp_path / "good.parquet", rows, "id bigint, name varchar"), broken).startswith("broken")


def test_json_lines_that_are_not_utf8_are_counted_and_named(lines: Path, tmp_path: Path):
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(lines.read_bytes().replace(b"name 3", b"name \xff"))
    assert told(lines, bad) == "bad.jsonl: 1 line is not JSON: line 3"


def test_a_compressed_file_with_a_bad_line_names_it_too(lines: Path, tmp_path: Path):
    bad = tmp_path / "bad.jsonl.gz"
    bad.write_bytes(gzip.compress(lines.read_bytes() + b"nonsense\n"))
    assert told(lines, bad) == "bad.jsonl.gz: 1 line is not JSON: line 4"


@pytest.mark.parametrize("form", ["csv.gz", "jsonl.gz"])
def test_a_compressed_file_cut_short_is_an_error_with_its_name(lines: Path, tmp_path: Path, form: str):
    rows = [(number, f"name {number * 7919 % 10_007}") for number in range(5_000)]
    whole, bad = (tmp_path / f"{name}.{form}" for name in ("whole", "bad"))
    (write_csv if form == "csv.gz" else write_jsonlines)(whole, rows, NAMES)
    bad.write_bytes(whole.read_bytes()[: whole.stat().st_size * 9 // 10])
    assert told(lines, bad).startswith("bad")
    bad.write_bytes(whole.read_bytes()[:100] + b"\xff" * 100 + whole.read_bytes()[200:])
    assert told(lines, bad).startswith("bad")


@pytest.mark.parametrize(
    "value",
    [
        "1e9999999999999999999",
        "[" * 3_000 + "]" * 3_000,
        r'"\ud800"',
        r'"\udc00\ud800"',
        '{"x\\udc00": 1}',
    ],
)
@pytest.mark.parametrize("rows", [0, 1_500])
@pytest.mark.parametrize("way", [None, "reference"])
def test_a_line_that_holds_more_than_can_be_read_is_named(tmp_path: Path, value: str, rows: int, way: str | None):
    good = write_jsonlines(tmp_path / "good.jsonl", [(number, "x") for number in range(rows + 1)], NAMES)
    bad = tmp_path / "bad.jsonl"
    head = good.read_bytes().splitlines(keepends=True)[:rows]
    bad.write_bytes(b"".join(head) + f'{{"id": {rows}, "name": {value}}}\n'.encode())
    assert told(good, bad, way=way) == f"bad.jsonl: 1 line is not JSON: line {rows + 1}"


@pytest.mark.parametrize("way", [None, "reference"])
def test_a_value_too_deep_to_be_compared_is_an_error_and_no_difference(tmp_path: Path, way: str | None):
    for name, number in (("a", "1"), ("b", "1.0")):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 1, "v": {"[" * 700}{number}{"]" * 700}}}\n')
    said = told(tmp_path / "a.jsonl", tmp_path / "b.jsonl", way=way)
    assert said in (
        "lists or objects stand too deep in one another to be compared",
        "a.jsonl: 1 line is not JSON: line 1",
    )


def test_letters_of_two_surrogates_are_no_fault(tmp_path: Path):
    for name, text in (("a", r'"\ud83d\ude00"'), ("b", '"😀"')):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 1, "name": {text}}}\n')
    assert compare(Comparison(*(Location(str(tmp_path / f"{name}.jsonl")) for name in "ab"), key=("id",))).equal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"id,name\r1,a\r2,b\r", "a line ends with a carriage return alone; write a line feed after it"),
        (b'id,"a\nb",c\n1,2,3\n', "a name in the header goes on over the end of line 1; write it in one line"),
        (b'id,"a\r\nb"\n1,2\n', "a name in the header goes on over the end of line 1; write it in one line"),
    ],
)
def test_a_csv_whose_lines_are_not_lines_is_an_error(csv: Path, tmp_path: Path, text: bytes, said: str):
    bad = tmp_path / "bad.csv"
    bad.write_bytes(text)
    assert told(csv, bad) == f"bad.csv: {said}"


def test_what_divides_a_csv_is_not_inside_of_a_name(tmp_path: Path):
    for name, value in (("a", 2), ("b", 3)):
        (tmp_path / f"{name}.csv").write_text(f'id,"a;b;c;d","say ""x;y;z"""\n1,2,{value}\n')
    result = compare(Comparison(*(Location(str(tmp_path / f"{name}.csv")) for name in "ab"), key=("id",)))
    assert {name: one.changed for name, one in result.columns.items()} == {"a;b;c;d": 0, 'say "x;y;z"': 1}


@pytest.mark.parametrize("way", [None, "reference"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "sqlite", "jsonl.gz"])
@pytest.mark.parametrize("text", [b"", b"\n\n"])
def test_empty_json_lines_lack_every_row_of_the_other_side(tmp_path: Path, form: str, way: str | None, text: bytes):
    empty, full = tmp_path / "empty.jsonl", tmp_path / f"full.{form}"
    empty.write_bytes(text)
    if form == "parquet":
        write_parquet(full, GOOD, "id bigint, name varchar")
    elif form == "sqlite":
        write_sqlite(full, "t", GOOD, "id integer primary key, name text")
    else:
        (write_csv if form == "csv" else write_jsonlines)(full, GOOD, NAMES)
    other = Location(str(full), "t" if form == "sqlite" else None)
    rows = compare(Comparison(Location(str(empty)), other, key=("id",), way=way)).rows
    assert (rows.left, rows.right, rows.extra, rows.matched) == (0, 3, 3, 0)
    rows = compare(Comparison(other, Location(str(empty)), key=("id",), way=way)).rows
    assert (rows.left, rows.right, rows.missing, rows.matched) == (3, 0, 3, 0)


@pytest.mark.parametrize("turned", [False, True])
def test_empty_json_lines_have_the_columns_that_are_asked_of_them(tmp_path: Path, turned: bool):
    (tmp_path / "empty.jsonl").touch()
    write_csv(tmp_path / "full.csv", GOOD, NAMES)
    sides = (Location(str(tmp_path / "empty.jsonl"), where="cents > '3'"), Location(str(tmp_path / "full.csv")))
    pair = ("upper(title)", "name")
    left, right = pair[::-1] if turned else pair
    asked = Comparison(*(sides[::-1] if turned else sides), key=("id",), mapped=(Mapped("t", left, right),))
    rows = compare(asked).rows
    assert (rows.missing, rows.extra) == ((3, 0) if turned else (0, 3))


def test_two_empty_files_of_json_lines_compare_nothing(tmp_path: Path):
    paths = [tmp_path / "a.jsonl", tmp_path / "b.jsonl"]
    for path in paths:
        path.touch()
    sides = [Location(str(path)) for path in paths]
    assert compare(Comparison(*sides, key=("id",))).nothing_compared
    assert compare(Comparison(*sides, key=("*",), columns=("id",))).nothing_compared
    with pytest.raises(SideError, match=r"^a.jsonl and b.jsonl are empty: no line names a column$"):
        compare(Comparison(*sides))


def test_lines_without_any_name_are_no_rows_to_compare(lines: Path, tmp_path: Path):
    bare = tmp_path / "bare.jsonl"
    bare.write_text("{}\n{}\n")
    assert told(lines, bare) == "bare.jsonl: no line names a column"


@pytest.mark.parametrize("kept", [1_000, 200, 0])
def test_a_parquet_file_cut_short_is_an_error(tmp_path: Path, kept: int):
    rows = [(number, f"name {number}") for number in range(1_000)]
    whole = write_parquet(tmp_path / "whole.parquet", rows, "id bigint, name varchar")
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(whole.read_bytes()[:kept])
    meaning = "cut short" if kept else "not Parquet"
    assert told(whole, cut) == f"cut.parquet is no whole Parquet file: {meaning}"


def test_a_file_that_is_not_there_is_an_error(csv: Path, tmp_path: Path):
    assert "gone.csv cannot be opened" in told(csv, tmp_path / "gone.csv")
    assert "there is no file" in told(csv, tmp_path / "*.tsv")


def test_a_column_missing_on_one_side_is_an_error_when_it_was_asked_for(csv: Path, tmp_path: Path):
    other = write_csv(tmp_path / "other.csv", [(1,)], ("id",))
    request = Comparison(Location(str(csv)), Location(str(other)), key=("id",), columns=("name",))
    with pytest.raises(MissingColumnError, match=r"column name does not exist in other\.csv"):
        compare(request)
    assert compare(Comparison(request.left, request.right, key=("id",))).coverage.left_only == ("name",)


def test_the_same_file_on_both_sides_is_refused_whatever_path_leads_there(csv: Path, tmp_path: Path):
    link, hard = tmp_path / "link.csv", tmp_path / "hard.csv"
    link.symlink_to(csv)
    hard.hardlink_to(csv)
    for same in (link, hard):
        with pytest.raises(SameObjectError):
            compare(Comparison(Location(str(csv)), Location(str(same)), key=("id",)))


def test_files_of_one_side_need_one_header(csv: Path, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    write_csv(folder / "a.csv", GOOD, NAMES)
    write_csv(folder / "b.csv", GOOD, ("id", "other"))
    assert told(csv, folder) == "folder: b.csv has another header than a.csv"


def test_a_folder_of_two_formats_is_refused(csv: Path, lines: Path, tmp_path: Path):
    with pytest.raises(RequestError, match=r"one format; it holds \.csv, \.jsonl"):
        open_side(str(tmp_path))


def test_a_file_that_changes_while_it_is_read_is_an_error(csv: Path):
    with open_closing(csv) as side:
        write_csv(csv, [*GOOD, (9, "more")], NAMES)
        with pytest.raises(ChangedError):
            list(side.rows(selection_of(side)))


@pytest.mark.parametrize("way", [None, "reference"])
def test_null_keys_and_repeated_keys_are_findings_of_their_own(tmp_path: Path, way):
    left = write_csv(tmp_path / "left.csv", [*GOOD, (None, "no key"), (3, "again"), (3, "again")], NAMES)
    right = write_csv(tmp_path / "right.csv", [*GOOD, (None, "no key"), (None, "none"), (1, "name 1")], NAMES)
    result = compare(Comparison(Location(str(left)), Location(str(right)), key=("id",), way=way))
    rows, coverage = result.rows, result.coverage
    assert (rows.left, rows.right, rows.matched, rows.missing, rows.extra, rows.changed) == (6, 6, 3, 3, 3, 0)
    assert (rows.duplicate_left, rows.duplicate_right) == (2, 1)
    assert (coverage.null_keys_left, coverage.null_keys_right) == (1, 2)
    kinds = [sample.kind for sample in result.samples]
    assert kinds.count("null_key_right") == 2
    assert {"duplicate_left", "duplicate_right", "null_key_left"} <= set(kinds)


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_keys_that_repeat_alike_on_both_sides_are_told_though_all_rows_are_equal(tmp_path: Path, suffix: str):
    rows = [*GOOD, (2, "name 2")]
    paths = [tmp_path / f"{name}{suffix}" for name in ("a", "b")]
    for path in paths:
        if suffix == ".parquet":
            write_parquet(path, rows, "id bigint, name varchar")
        else:
            (write_csv if suffix == ".csv" else write_jsonlines)(path, rows, NAMES)
    result = compare(Comparison(*(Location(str(path)) for path in paths), key=("id",)))
    assert (result.rows.matched, result.rows.duplicate_left, result.rows.duplicate_right) == (4, 1, 1)
    assert not result.equal


@pytest.mark.parametrize("named", ['"id"', '"\\u0069d"'])
@pytest.mark.parametrize("left", ['{{"id": 1, {}: 4}}', '{{"id": 1}}'])
def test_a_key_that_repeats_because_a_line_names_it_twice_is_told_by_every_way(tmp_path: Path, left: str, named: str):
    """The last of two counts, as in every reading of a line as values."""
    rest = "".join(f'{{"id": {number}}}\n' for number in range(2, 9))
    (tmp_path / "a.jsonl").write_text(f"{left.format(named)}\n{rest}")
    (tmp_path / "b.jsonl").write_text(f'{{"id": 1, {named}: 4}}\n{rest}')
    request = Comparison(*(Location(str(tmp_path / f"{name}.jsonl")) for name in "ab"), key=("id",))
    result = compare(request)
    assert result.rows.duplicate_right == 1
    assert result.rows == compare(replace(request, way="reference")).rows


def test_a_key_that_is_written_in_another_way_on_the_right_may_repeat_there(tmp_path: Path):
    """Also where keys stand last in a line, so that they are read as values."""
    rest = "".join(f'{{"n": 0, "id": {number}}}\n' for number in range(2, 9))
    (tmp_path / "a.jsonl").write_text(f'{{"n": 0, "id": 1}}\n{rest}')
    (tmp_path / "b.jsonl").write_text(f'{{"n": 0, "id": 1, "id": 4}}\n{rest}')
    request = Comparison(*(Location(str(tmp_path / f"{name}.jsonl")) for name in "ab"), key=("id",))
    assert compare(request).rows == compare(replace(request, way="reference")).rows
    assert compare(request).rows.duplicate_right == 1


def test_no_column_that_could_be_a_key_is_an_error(tmp_path: Path):
    paths = [write_csv(tmp_path / name, [(1, "x"), (1, "x")], NAMES) for name in ("a.csv", "b.csv")]
    with pytest.raises(NoKeyError):
        compare(Comparison(*(Location(str(path)) for path in paths)))


def test_globs_folders_and_compressed_files_are_one_side(tmp_path: Path):
    parts, whole = tmp_path / "parts", write_csv(tmp_path / "whole.csv", GOOD * 1, NAMES)
    parts.mkdir()
    write_csv(parts / "a.csv.gz", GOOD[:1], NAMES)
    write_csv(parts / "b.csv", GOOD[1:], NAMES)
    (parts / "_SUCCESS").touch()
    for address in (str(parts), str(parts / "*.csv*")):
        assert compare(Comparison(Location(str(whole)), Location(address), key=("id",))).equal


def test_zstandard_is_read(csv: Path, tmp_path: Path):
    import duckdb

    packed = tmp_path / "packed.csv.zst"
    duckdb.sql(f"copy (from read_csv('{csv}')) to '{packed}' (header, compression zstd)")
    assert compare(Comparison(Location(str(csv)), Location(str(packed)), key=("id",))).equal


@pytest.mark.parametrize("suffix", ["bz2", "xz", "zip"])
def test_a_compression_that_is_not_read_is_said(csv: Path, tmp_path: Path, suffix: str):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.csv").write_bytes(csv.read_bytes())
    packed = folder / f"b.csv.{suffix}"
    packed.write_bytes(bz2.compress(csv.read_bytes()))
    for address in (packed, folder, folder / "*.csv*"):
        with pytest.raises(
            RequestError, match=rf"b\.csv\.{suffix} is compressed in a way that is not read; known: .gz, .zst"
        ):
            compare(Comparison(Location(str(csv)), Location(str(address)), key=("id",)))


@pytest.mark.parametrize("address", ["gone", "gone/gone.txt"])
def test_a_path_where_nothing_is_is_said_to_be_so(csv: Path, tmp_path: Path, address: str):
    with pytest.raises(RequestError, match=rf"^{address[-8:]}: nothing is there.*; known: \.csv"):
        compare(Comparison(Location(str(csv)), Location(str(tmp_path / address)), key=("id",)))
    (tmp_path / "notes.txt").touch()
    with pytest.raises(RequestError, match="no side is known for this kind of path"):
        compare(Comparison(Location(str(csv)), Location(str(tmp_path / "notes.txt")), key=("id",)))


@pytest.mark.parametrize("key", [(), ("id",)])
def test_sides_without_a_column_in_common_are_told_what_each_has(csv: Path, tmp_path: Path, key):
    other = write_csv(tmp_path / "other.csv", [(1, 2)], ("ID", "Name"))
    with pytest.raises(
        MissingColumnError, match="no column in common: the left has id, name and the right ID, Name; say"
    ):
        compare(Comparison(Location(str(csv)), Location(str(other)), key=key))


def test_nothing_is_left_in_the_temporary_folder(csv: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    other = write_csv(tmp_path / "other.csv", GOOD, NAMES)
    compare(Comparison(Location(str(csv)), Location(str(other)), key=("id",)))
    assert list(temporary.iterdir()) == []


def open_closing(path: Path):
    from contextlib import closing

    return closing(open_side(str(path)))


def selection_of(side):
    from tasks.comparison.side import Selected, Selection

    return Selection(tuple(Selected(column.name, column) for column in side.columns()), keys=1)
