"""What archives say of themselves, read without a program, and the order in which backups stand."""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examples.sandbox.database import Cluster
from tasks.collectors.sources import FolderAccess
from tasks.drills.archives import UnreadableHeaderError, read_header
from tasks.drills.backup_folder import list_backups, named_time, sha256_of
from tasks.drills.checksums import compare_checksum
from tests.tasks.dumps import Ledger, sign

PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("kind", ["custom", "directory", "tar"])
def test_a_header_names_database_versions_and_instant(cluster: Cluster, tmp_path: Path, kind: str):
    ledger = Ledger.new(cluster)
    header = read_header(ledger.dump(tmp_path / "ledger", kind=kind))
    ledger.drop()
    assert header.format == kind
    assert header.database == ledger.name
    assert header.dumped_from == header.dumped_by == "18.6"
    assert header.created is not None
    assert abs((header.created.astimezone(UTC) - datetime.now(UTC)).total_seconds()) < 120


def test_a_plain_header_names_versions_alone(cluster: Cluster, tmp_path: Path):
    ledger = Ledger.new(cluster)
    header = read_header(ledger.dump(tmp_path / "ledger.sql", kind="plain"))
    ledger.drop()
    assert (header.format, header.dumped_from, header.created, header.database) == ("plain", "18.6", None, None)


def test_a_header_cut_anywhere_is_unreadable_and_never_breaks(cluster: Cluster, tmp_path: Path):
    ledger = Ledger.new(cluster)
    whole = ledger.dump(tmp_path / "ledger").read_bytes()
    ledger.drop()
    cut = tmp_path / "cut"
    for length in range(60):
        cut.write_bytes(whole[:length])
        with pytest.raises(UnreadableHeaderError):
            read_header(cut)


@pytest.mark.parametrize(("length", "because"), [(4_096, "ends within its header"), (4_097, "its header is damaged")])
def test_a_text_that_calls_itself_longer_than_any_name_is_not_read(tmp_path: Path, length: int, because: str):
    def number(value: int) -> bytes:
        return b"\x00" + value.to_bytes(4, "little")

    instant = b"".join(map(number, (49, 33, 14, 22, 10, 126, 0)))
    path = tmp_path / "archive"
    path.write_bytes(b"PGDMP" + bytes((1, 16, 0, 4, 8, 1)) + b"\x00" + instant + number(length) + b"x" * length)
    with pytest.raises(UnreadableHeaderError, match=because):
        read_header(path)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_after_the_magic_are_a_header_or_unreadable(tmp_path_factory: pytest.TempPathFactory, body: bytes):
    path = tmp_path_factory.mktemp("any") / "archive"
    path.write_bytes(b"PGDMP" + body)
    with suppress(UnreadableHeaderError):
        read_header(path)


@pytest.mark.parametrize(
    ("name", "instant"),
    [
        ("ledger-20261122T143349Z.dump", datetime(2026, 11, 22, 14, 33, 49, tzinfo=UTC)),
        ("2026-11-22_14-33.sql", datetime(2026, 11, 22, 13, 33, tzinfo=UTC)),
        ("db.2026-07-01.tar", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("ledger-20261399.dump", None),
        ("ledger.dump", None),
        ("ticket-120261122.dump", None),
    ],
)
def test_a_name_may_speak_of_an_instant(name: str, instant: datetime | None):
    assert named_time(name, PARIS) == instant


def test_the_newest_is_the_newest_by_content_and_not_by_file_time(tmp_path: Path):
    for name, file_time in (("a-20260102.sql", 1_000), ("b-20260101.sql", 2_000_000_000)):
        (tmp_path / name).write_bytes(b"-- PostgreSQL database dump\n")
        os.utime(tmp_path / name, (file_time, file_time))
    found = list_backups(FolderAccess("backups", tmp_path, 1), "*.sql", ZoneInfo("UTC"))
    assert found.newest is not None
    assert found.newest.path == "a-20260102.sql"


def test_an_empty_newest_file_is_not_passed_over(tmp_path: Path):
    (tmp_path / "a-20260101.sql").write_bytes(b"-- PostgreSQL database dump\n")
    (tmp_path / "a-20260102.sql").touch()
    found = list_backups(FolderAccess("backups", tmp_path, 1), "*", ZoneInfo("UTC"))
    assert found.newest is not None
    assert found.newest.bytes == 0
    assert found.newest.no_header == "the file is empty"


def test_a_checksum_is_read_in_each_way_it_is_written(tmp_path: Path):
    archive, beside = tmp_path / "a.dump", tmp_path / "a.dump.sha256"
    archive.write_bytes(b"archive")
    assert compare_checksum(archive).answer is None
    sign(archive)
    assert compare_checksum(archive).answer == "matches"
    for text in (sha256_of(archive), f"{sha256_of(archive).upper()} */var/backups/a.dump\n"):
        beside.write_text(text)
        assert compare_checksum(archive).answer == "matches"
    beside.write_text(f"{'0' * 64}  a.dump\n")
    assert compare_checksum(archive).answer == "differs"
    beside.write_text(f"{sha256_of(archive)}  another.dump\n")
    assert compare_checksum(archive).answer == "differs"
    beside.write_text("")
    assert compare_checksum(archive).answer == "unreadable"


def test_a_folders_checksums_cover_every_file(tmp_path: Path):
    folder, beside = tmp_path / "d", tmp_path / "d.sha256"
    folder.mkdir()
    for name in ("toc.dat", "1.dat"):
        (folder / name).write_text(name)
    lines = [f"{sha256_of(folder / name)}  d/{name}\n" for name in ("toc.dat", "1.dat")]
    beside.write_text("".join(lines))
    assert compare_checksum(folder).answer == "matches"
    beside.write_text(lines[0])
    assert compare_checksum(folder).answer == "covers only a part"
