"""The log of a cluster: names and positions, the way over timelines, and what is there of it."""

import bz2
import gzip
import lzma
import shutil
import struct
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.drills.wal import Branch, HistoryError, Segment, branches_to, follows, newest_timeline, position, written
from tasks.drills.wal_folder import Log, Needed, Span, look_through
from tasks.drills.wal_gathering import gather, is_packed

SIZE = 1 << 20
PACK = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda body: pa.compress(body, "zstd", asbytes=True),
    ".lz4": lambda body: pa.compress(body, "lz4", asbytes=True),
}
SYSTEM = 4711


@given(st.integers(0, 2**40), st.integers(1, 2**20), st.sampled_from([1 << 20, 1 << 24, 1 << 30]))
def test_a_segments_name_says_which_it_is(number: int, timeline: int, size: int):
    segment = Segment(number % (2**64 // size), timeline)
    assert Segment.of(segment.name(size), size) == segment


@given(st.integers(0, 2**64 - 1))
def test_a_position_is_read_as_it_is_written(number: int):
    assert position(written(number)) == number


@pytest.mark.parametrize(
    "name", ["00000002.history", "000000010000000000000002.00000028.backup", "0" * 24 + ".gz", "x"]
)
def test_other_files_of_an_archive_are_no_segments(name: str):
    assert Segment.of(name, SIZE) is None


def test_the_way_to_a_timeline_is_what_its_history_says():
    histories = {3: "1\t0/500000\tno recovery target specified\n\n2\t0/900000\tbefore 2026-11-22\n"}
    assert branches_to(3, histories) == (
        Branch(1, 0, 0x500000),
        Branch(2, 0x500000, 0x900000),
        Branch(3, 0x900000, None),
    )


@pytest.mark.parametrize("text", ["one\t0/5\n", "1\n", "1\tx\n"])
def test_a_damaged_history_leads_nowhere(text: str):
    with pytest.raises(HistoryError, match=r"00000002\.history cannot be read"):
        branches_to(2, {2: text})


def test_a_backup_is_followed_from_before_a_branch_and_not_from_behind_it():
    way = branches_to(2, {2: "1\t0/500000\tpromoted\n"})
    assert follows(way, 1, 0x400000) is None
    assert follows(way, 2, 0x600000) is None
    assert "branched off timeline 1 at 0/500000" in (follows(way, 1, 0x500000) or "")
    assert "does not descend" in (follows(way, 3, 0x400000) or "")


def test_the_newest_timeline_is_told_by_histories_and_segments():
    assert newest_timeline([]) == 1
    assert newest_timeline(["00000003.history", "000000020000000000000002"]) == 3
    assert newest_timeline(["00000001" + "0" * 16, "0000000A" + "0" * 16]) == 10


class Archive:
    """A folder of segments with nothing but their headers in them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def hold(self, timeline: int, *numbers: int) -> None:
        for number in numbers:
            header = struct.pack("<HHIQI4xQII", 0xD118, 2, timeline, number * SIZE, 0, SYSTEM, SIZE, 8192)
            with (self.folder / Segment(number, timeline).name(SIZE)).open("wb") as file:
                file.write(header)
                file.truncate(SIZE)

    def branch(self, timeline: int, parent: int, at: int) -> None:
        (self.folder / f"{timeline:08X}.history").write_text(f"{parent}\t{written(at)}\tpromoted\n")

    def log(self, start: int, end: int, *, archived: bool = True) -> Log:
        first = Segment(start // SIZE, 1).name(SIZE)
        own, there = (None, self.folder) if archived else (self.folder, None)
        self.gathered = gather(self.folder.parent / "gathered", own, there, first)
        return look_through(self.gathered, Needed(str(SYSTEM), 1, start, end, first))

    def pack(self, number: int, ending: str, *, name: str | None = None) -> Path:
        """Packs a segment, under its own name and an ending, or under another one."""
        path = self.folder / Segment(number, 1).name(SIZE)
        packed = path.with_name(name if name is not None else path.name + ending)
        packed.write_bytes(PACK[ending](path.read_bytes()))
        if packed != path:
            path.unlink()
        return packed


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    (tmp_path / "archive").mkdir()
    return Archive(tmp_path / "archive")


def test_a_log_is_followed_over_a_branch_on_the_timeline_that_has_each_part(archive: Archive):
    archive.hold(1, 2, 3, 4, 5, 6)
    archive.hold(2, 4, 5)
    archive.branch(2, 1, 4 * SIZE + 500)
    log = archive.log(2 * SIZE + 40, 2 * SIZE + 400)
    assert (log.segments, log.missing, log.strange) == (4, (), ())
    assert log.newest == Segment(5, 2).name(SIZE), "what timeline 1 wrote later is not on the way"
    assert log.spans == (Span(1, 2 * SIZE + 40, 4 * SIZE), Span(2, 4 * SIZE, 6 * SIZE))


def test_a_segment_that_only_the_older_timeline_could_hold_is_missing_there(archive: Archive):
    archive.hold(1, 2)
    archive.hold(2, 4, 5)
    archive.branch(2, 1, 4 * SIZE + 500)
    assert archive.log(2 * SIZE, 2 * SIZE + 400).missing == (Segment(3, 1).name(SIZE),)


def test_what_a_backup_needs_is_missing_though_nothing_newer_is_there(archive: Archive):
    archive.hold(1, 2)
    log = archive.log(2 * SIZE, 3 * SIZE + 100)
    assert log.missing == (Segment(3, 1).name(SIZE),)


def test_without_a_single_segment_the_first_is_missing(archive: Archive):
    log = archive.log(2 * SIZE, 2 * SIZE + 100)
    assert (log.segments, log.missing) == (1, (Segment(2, 1).name(SIZE),))


def test_the_last_segment_is_read_to_its_end_only_if_the_server_was_done_with_it(archive: Archive):
    archive.hold(1, 2)
    assert archive.log(2 * SIZE, 2 * SIZE + 100).spans == (Span(1, 2 * SIZE, 3 * SIZE),)
    shutil.rmtree(archive.gathered.folder)
    assert archive.log(2 * SIZE, 2 * SIZE + 100, archived=False).spans == (Span(1, 2 * SIZE, 2 * SIZE + 100),)


@pytest.mark.parametrize("ending", PACK)
def test_a_packed_segment_is_unpacked_whatever_packed_it(archive: Archive, ending: str):
    archive.hold(1, 2, 3, 4)
    whole = (archive.folder / Segment(3, 1).name(SIZE)).read_bytes()
    archive.pack(3, ending)
    assert is_packed(archive.folder)
    log = archive.log(2 * SIZE, 2 * SIZE + 100)
    assert (log.segments, log.missing, log.packed, log.strange) == (3, (), (), ())
    assert archive.gathered.files[Segment(3, 1).name(SIZE)].read_bytes() == whole


def test_a_segment_that_is_packed_under_its_own_name_is_unpacked_too(archive: Archive):
    archive.hold(1, 2, 3)
    archive.pack(3, ".gz", name=Segment(3, 1).name(SIZE))
    log = archive.log(2 * SIZE, 2 * SIZE + 100)
    assert (log.missing, log.packed, log.strange) == ((), (), ())


def test_only_what_a_backup_needs_is_unpacked(archive: Archive):
    archive.hold(1, 1, 2, 3)
    archive.pack(1, ".gz")
    archive.log(2 * SIZE, 2 * SIZE + 100)
    assert sorted(path.name for path in archive.gathered.folder.iterdir()) == [
        Segment(number, 1).name(SIZE) for number in (2, 3)
    ]


def test_a_history_may_be_packed(archive: Archive):
    archive.hold(1, 2, 3)
    archive.hold(2, 3, 4)
    archive.branch(2, 1, 3 * SIZE + 500)
    history = archive.folder / "00000002.history"
    history.with_name("00000002.history.gz").write_bytes(gzip.compress(history.read_bytes()))
    history.unlink()
    assert archive.log(2 * SIZE, 2 * SIZE + 100).newest == Segment(4, 2).name(SIZE)


def test_what_nobody_can_read_is_there_and_not_missing(archive: Archive):
    archive.hold(1, 2, 3, 4)
    for number in (3, 4):
        path = archive.folder / Segment(number, 1).name(SIZE)
        path.rename(path.with_name(f"{path.name}.gpg")).write_bytes(b"\x84\x5e" + bytes(100))
    log = archive.log(2 * SIZE, 2 * SIZE + 100)
    assert (log.segments, log.missing, log.strange) == (3, (), ())
    assert log.packed[1] == f"{log.newest}.gpg is compressed or encrypted in a way that is not known here"
    shutil.rmtree(archive.gathered.folder)
    (archive.folder / Segment(2, 1).name(SIZE)).unlink()
    assert len(archive.log(2 * SIZE, 2 * SIZE + 100).packed) == 2, "not a single segment can be read"


@pytest.mark.parametrize("ending", PACK)
def test_a_packed_segment_that_is_cut_off_is_no_good(archive: Archive, ending: str):
    archive.hold(1, 2, 3)
    packed = archive.pack(3, ending)
    packed.write_bytes(packed.read_bytes()[:-20])
    (strange,) = archive.log(2 * SIZE, 2 * SIZE + 100).strange
    assert strange.startswith(Segment(3, 1).name(SIZE))


@pytest.mark.parametrize("ending", ["partial", "new", "00000028.backup", "tmp"])
def test_what_is_on_its_way_or_put_aside_is_no_packed_segment(archive: Archive, ending: str):
    archive.hold(1, 2)
    (archive.folder / f"{Segment(3, 1).name(SIZE)}.{ending}").write_bytes(b"x")
    log = archive.log(2 * SIZE, 2 * SIZE + 100)
    assert (log.segments, log.missing, log.packed) == (1, (), ())
