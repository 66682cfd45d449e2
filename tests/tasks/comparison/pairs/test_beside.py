"""Two sides of one kind of file share one DuckDB, in which each has a connection of its own."""

import tempfile
import threading
from pathlib import Path

import pytest

from tasks.comparison import Comparison, Location, compare, open_side
from tasks.comparison.errors import ComparisonCancelledError, RequestError, SideError
from tasks.comparison.files.side import FileSide
from tasks.comparison.opening import open_beside
from tests.tasks.comparison.pairs.stores import write_csv, write_parquet
from tests.tasks.comparison.pairs.test_every_pair import table


def opened(folder: Path, second: Path) -> tuple[FileSide, FileSide]:
    """Two sides, the second one opened beside the first."""
    left = open_side(str(write_parquet(folder / "a.parquet", table(20))))
    right = open_beside(left, Location(str(second)))
    assert isinstance(left, FileSide)
    assert isinstance(right, FileSide)
    left.duck.run("create table here as select 1 as found")
    return left, right


def test_the_second_one_sees_what_the_first_one_made_and_is_closed_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    left, right = opened(tmp_path, write_parquet(tmp_path / "b.parquet", table(30)))
    assert right.duck.one("select found from here") == (1,)
    assert right.duck.one("select current_setting('TimeZone')") == ("UTC",)
    right.close()
    assert left.duck.one("select found from here") == (1,)
    left.close()
    assert not list((tmp_path / "scratch").iterdir())


def test_to_cancel_one_ends_no_query_of_the_other(tmp_path):
    left, right = opened(tmp_path, write_parquet(tmp_path / "b.parquet", table(30)))
    rows = left.duck.stream("select range from range(100000)")
    assert next(rows) == (0,)
    right.cancel()
    assert sum(1 for _ in rows) == 99_999
    timer = threading.Timer(0.3, right.cancel)
    timer.start()
    with pytest.raises(ComparisonCancelledError):
        right.duck.one("select count(*) from range(10000000000) where range % 7 = 9")
    timer.join()
    assert left.duck.one("select found from here") == (1,)
    right.close()
    left.close()


def test_what_is_opened_too_late_starts_nothing_again(tmp_path, monkeypatch):
    """A file that is slow to open is opened when all was cancelled, and the DuckDB it would share has not begun."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    (tmp_path / "a.jsonl").write_text('{"id":1}\n')
    left = open_side(str(tmp_path / "a.jsonl"))
    left.close()
    right = open_beside(left, Location(str(tmp_path / "a.jsonl")))
    for side in (left, right):
        assert isinstance(side, FileSide)
        with pytest.raises(ComparisonCancelledError, match=r"a\.jsonl was closed"):
            side.duck.one("select 1")
    assert not list((tmp_path / "scratch").iterdir())


def test_files_of_two_kinds_have_each_their_own(tmp_path):
    left, right = opened(tmp_path, write_csv(tmp_path / "b.csv", table(30)))
    with pytest.raises(RequestError, match="here"):
        right.duck.one("select found from here")
    right.close()
    left.close()


def test_a_second_file_that_cannot_be_read_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    whole = write_parquet(tmp_path / "a.parquet", table(20))
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(SideError, match=r"b\.parquet is no whole Parquet file"):
        compare(Comparison(Location(str(whole)), Location(str(tmp_path / "b.parquet")), key=("id",)))
    assert not list((tmp_path / "scratch").iterdir())
