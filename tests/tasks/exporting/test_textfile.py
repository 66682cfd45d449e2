"""The textfile is replaced at once, is everybody's to read, and stays whole if anything goes wrong."""

import errno
import os
import threading
from pathlib import Path

import pytest

from checks.errors import CatalogError, ReadinessError
from tasks.exporting import textfile
from tasks.exporting.textfile import replace_textfile


def test_the_file_is_readable_by_everybody_whatever_the_umask(tmp_path: Path):
    before = os.umask(0o077)
    try:
        replace_textfile(tmp_path / "readiness.prom", b"a 1\n")
    finally:
        os.umask(before)
    assert (tmp_path / "readiness.prom").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "readiness.prom").read_bytes() == b"a 1\n"
    assert [one.name for one in tmp_path.iterdir()] == ["readiness.prom"]


def test_a_reader_sees_the_old_file_or_the_new_one_and_never_half(tmp_path: Path):
    path, sizes, done = tmp_path / "readiness.prom", set(), threading.Event()
    versions = [b"a" * 300_000, b"b" * 600_000]
    replace_textfile(path, versions[0])

    def read() -> None:
        while not done.is_set():
            sizes.add(path.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(40):
        replace_textfile(path, versions[number % 2])
    done.set()
    reader.join()
    assert sizes <= set(versions)
    assert len(sizes) == 2


def test_a_disk_that_fills_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "readiness.prom"
    replace_textfile(path, b"old\n")

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(textfile.os, "fsync", full)
    with pytest.raises(
        ReadinessError, match=r"readiness\.prom cannot be written: No space left on device; name a file"
    ):
        replace_textfile(path, b"new\n")
    assert path.read_bytes() == b"old\n"
    assert [one.name for one in tmp_path.iterdir()] == ["readiness.prom"]


def test_no_draft_has_a_name_that_a_collector_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []
    monkeypatch.setattr(textfile.os, "fsync", lambda _: seen.extend(one.name for one in tmp_path.iterdir()))
    replace_textfile(tmp_path / "readiness.prom", b"a 1\n")
    assert len(seen) == 1
    assert not seen[0].endswith(".prom")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(ReadinessError, match="cannot be written: No such file or directory"):
        replace_textfile(tmp_path / "none" / "readiness.prom", b"a 1\n")


def test_a_name_that_no_collector_reads_is_refused(tmp_path: Path):
    with pytest.raises(CatalogError, match=r"whose names end in \.prom"):
        replace_textfile(tmp_path / "readiness.txt", b"a 1\n")
    assert list(tmp_path.iterdir()) == []
