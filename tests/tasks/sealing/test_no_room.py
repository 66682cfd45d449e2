"""A disk that is full at any one write of sealing: one line says where, and once there is room all is made good."""

import errno
from pathlib import Path

import pytest

from checks.errors import SealError
from tasks.sealing.records import RecordWriter, newest_record
from tests.tasks.sealing.sealed import Sealing, hour, signer
from tests.tasks.sealing.test_crashes import assert_sound
from tests.tasks.sealing.test_records import CHANGE

WRITES = 19
"""Of a record and a bundle after it, the bundle's payload apart, which is written where nobody looks."""


class FullDisk:
    """Has room for so many writes, and for half of one more."""

    def __init__(self, writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = writes
        self._write = Path.write_bytes
        monkeypatch.setattr(Path, "write_bytes", lambda path, data: self.write(path, data))
        monkeypatch.setattr(Path, "write_text", lambda path, text, **_: self.write(path, text.encode()))

    def write(self, path: Path, data: bytes) -> int:
        self.left -= 1
        if self.left >= 0:
            return self._write(path, data)
        self._write(path, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device", str(path))


def change_and_seal(folder: Path) -> Sealing:
    """What a run does whose catalogue has changed."""
    sealing, records = Sealing.at(folder), RecordWriter(folder / "evidence", signer(folder))
    records.settle()
    if newest_record(sealing.root, "catalog-change") != CHANGE:
        records.append(CHANGE)
    sealing.seal(hour(1))
    return sealing


@pytest.mark.parametrize("writes", range(WRITES))
def test_no_room_at_any_write_is_told_in_one_line_and_made_good(tmp_path, writes):
    sealing = Sealing.at(tmp_path)
    sealing.seal(hour(0))
    with pytest.MonkeyPatch.context() as monkeypatch:
        FullDisk(writes, monkeypatch)
        with pytest.raises(SealError, match=r"cannot write evidence to .*: No space left on device;"):
            change_and_seal(tmp_path)
    change_and_seal(tmp_path)
    assert_sound(sealing.root, 0, 1, leaves=3)


def test_there_is_no_other_write(tmp_path):
    Sealing.at(tmp_path).seal(hour(0))
    with pytest.MonkeyPatch.context() as monkeypatch:
        disk = FullDisk(WRITES, monkeypatch)
        sealing = change_and_seal(tmp_path)
    assert disk.left == 0
    assert_sound(sealing.root, 0, 1, leaves=3)
