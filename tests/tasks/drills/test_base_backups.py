"""What base backups say of themselves, read without a program."""

import tarfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from tasks.drills.archives import UnreadableHeaderError
from tasks.drills.base_backups import read_base_backup, read_base_header, unpack

LABEL = "START WAL LOCATION: 0/D00028 (file 00000001000000000000000D)\nSTART TIME: {}\nSTART TIMELINE: 1\n"
MANIFEST = '{"PostgreSQL-Backup-Manifest-Version": 1, "Files": [], "WAL-Ranges": [{"End-LSN": "0/D00120"}]}'


@pytest.mark.parametrize(
    ("told", "instant"),
    [
        ("2026-11-22 14:00:00 UTC", datetime(2026, 11, 22, 14, tzinfo=UTC)),
        ("2026-11-22 14:00:00 GMT", datetime(2026, 11, 22, 14, tzinfo=UTC)),
        ("2026-11-22 14:00:00 -03", datetime(2026, 11, 22, 17, tzinfo=UTC)),
        ("2026-11-22 14:00:00 +0530", datetime(2026, 11, 22, 8, 30, tzinfo=UTC)),
        ("2026-11-22 14:00:00 CET", datetime(2026, 11, 22, 14)),  # noqa: DTZ001 (its zone is the check's)
        ("yesterday", None),
    ],
)
def test_a_label_dates_its_backup_as_far_as_its_zone_is_known(tmp_path: Path, told: str, instant: datetime | None):
    (tmp_path / "backup_label").write_text(LABEL.format(told))
    assert read_base_header(tmp_path).created == instant


@pytest.mark.parametrize("ending", ["tar", "tar.gz", "tar.zst", "tar.lz4"])
def test_a_tar_file_is_read_whatever_it_is_compressed_with(tmp_path: Path, ending: str):
    plain, packed = tmp_path / "plain", tmp_path / "packed"
    (plain / "global").mkdir(parents=True)
    packed.mkdir()
    (plain / "backup_label").write_text(LABEL.format("2026-11-22 14:00:00 UTC"))
    (plain / "PG_VERSION").write_text("16\n")
    (plain / "global" / "pg_control").write_bytes((4711).to_bytes(8, "little") + bytes(100))
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        for path in sorted(plain.rglob("*")):
            archive.add(path, path.relative_to(plain), recursive=False)
    kind = {"tar": None, "tar.gz": "gzip", "tar.zst": "zstd", "tar.lz4": "lz4"}[ending]
    with pa.OSFile(str(packed / f"base.{ending}"), "wb") as file:
        body = (tmp_path / "base.tar").read_bytes()
        if kind is None:
            file.write(body)
        else:
            with pa.CompressedOutputStream(file, kind) as stream:
                stream.write(body)
    (packed / "backup_manifest").write_text(MANIFEST)
    facts = read_base_backup(packed)
    assert (facts.cause, facts.version, facts.system, facts.start, facts.end) == (
        None,
        "16",
        "4711",
        0xD00028,
        0xD00120,
    )
    assert read_base_header(packed).created == datetime(2026, 11, 22, 14, tzinfo=UTC)


def test_a_damaged_tar_file_is_unreadable_and_never_breaks(tmp_path: Path):
    for body in (b"", b"\x1f\x8b", b"\x1f\x8b\x08" + bytes(50), b"nonsense" * 100):
        (tmp_path / "base.tar.gz").write_bytes(body)
        with pytest.raises(UnreadableHeaderError):
            read_base_header(tmp_path)


def test_a_tar_file_is_unpacked_with_its_folders(tmp_path: Path):
    (tmp_path / "plain" / "base" / "1").mkdir(parents=True)
    (tmp_path / "plain" / "base" / "1" / "1259").write_bytes(b"rows" * 1000)
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        archive.add(tmp_path / "plain", ".")
    unpack(tmp_path / "base.tar", tmp_path / "copy")
    assert (tmp_path / "copy" / "base" / "1" / "1259").read_bytes() == b"rows" * 1000


@pytest.mark.parametrize("way_out", ["../outside", "/outside", "link"])
def test_a_tar_file_that_reaches_outside_its_folder_is_refused(tmp_path: Path, way_out: str):
    member = tarfile.TarInfo(str(tmp_path / "outside") if way_out.startswith("/") else way_out)
    if way_out == "link":
        member.type, member.linkname = tarfile.SYMTYPE, str(tmp_path)
    with tarfile.open(tmp_path / "base.tar", "w") as archive:
        archive.addfile(member)
    with pytest.raises(tarfile.TarError, match="no file or folder of a backup's"):
        unpack(tmp_path / "base.tar", tmp_path / "copy")
    assert not (tmp_path / "outside").exists()
