"""The collector of backup tools: programs that fail, and answers that say too little or something else."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.records import RawCapture
from checks.kinds.backup_tool import BackupToolCheck, BackupToolRow
from tasks.collectors.backup_tool import BackupToolCollector
from tasks.collectors.backup_tool_rows import tool_row
from tasks.collectors.sources import ProgramAccess, Sources
from tests.tasks.collectors.asking import named, now

RECORDED = Path(__file__).parents[1] / "backup_tools" / "recorded"
INFO = (RECORDED / "pgbackrest-2.45" / "info.json").read_bytes()


async def run(command: tuple[str, ...], **given: Any) -> BackupToolRow:
    check = named(BackupToolCheck.model_validate({"tool": "pgbackrest", "of": "main", "program": "tool", **given}))
    collector = BackupToolCollector(Sources({"tool": ProgramAccess("tool", command)}), now)
    (row,) = (await collector.collect(check)).rows
    await collector.aclose()
    assert isinstance(row, BackupToolRow)
    return row


def read(tool: str, **answers: str | bytes) -> BackupToolRow:
    """The row of what was printed, as if by a program that exited with 0."""
    check = BackupToolCheck.model_validate({"id": "check", "tool": tool, "of": "main", "program": "tool"})
    how = {"trouble": None, "exit_code": 0, "stderr": ""}
    captures = [
        RawCapture(name, body if isinstance(body, bytes) else body.encode(), {"asked": f"{tool} {name}", **how})
        for name, body in answers.items()
    ]
    return tool_row(check, captures)


def info(change: Callable[[Any], object]) -> BackupToolRow:
    """What pgBackRest printed, with something changed in its only stanza."""
    printed = json.loads(INFO)
    change(printed[0])
    return read("pgbackrest", backups=json.dumps(printed))


def backup(stanza: Any, label: str = "20261122-180000F", **changes: Any) -> None:
    """One more backup, later than the first."""
    newer = json.loads(json.dumps(stanza["backup"][0])) | {"label": label, **changes}
    newer["timestamp"] = {"start": 1795370000, "stop": 1795370004}
    stanza["backup"].append(newer)


@pytest.mark.parametrize(
    ("command", "because"),
    [
        (("/nowhere/pgbackrest",), "/nowhere/pgbackrest cannot be run: No such file or directory"),
        (("/bin/sh", "-c", "echo 'ERROR: [031]: invalid option' >&2; exit 31"), "ended with 31: ERROR: [031]"),
        (("/bin/sh", "-c", "sleep 60"), "its time limit"),
    ],
)
async def test_a_program_that_is_not_there_fails_or_hangs_has_not_answered(command: tuple[str, ...], because: str):
    row = await run(command, within="300ms")
    assert because in (row.unanswered or "")
    assert row.found is None


def test_what_a_program_is_told_is_no_line_for_a_shell(tmp_path: Path):
    here = tmp_path / "here"
    row = asyncio.run(run(("/bin/echo",), of=f"main; touch {here}; echo"))
    assert "is not JSON" in (row.unreadable or "")
    assert not here.exists()


@pytest.mark.parametrize("printed", [b"", b"[]", b"{}", b"[{", INFO[: len(INFO) // 2], b"null", INFO * 2])
def test_what_is_no_list_of_backups_cannot_be_read(printed: bytes):
    row = read("pgbackrest", backups=printed)
    assert (row.unreadable or "").startswith("its list of backups ")
    assert row.good is None


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda stanza: stanza["backup"][0].pop("label"), "0.backup.0.label"),
        (lambda stanza: stanza["backup"][0]["timestamp"].update(stop="1795369750"), "0.backup.0.timestamp.stop"),
        (lambda stanza: stanza["backup"][0]["info"].update(size=-1), "0.backup.0.info.size"),
        (lambda stanza: stanza.pop("status"), "0.status"),
    ],
)
def test_a_field_that_is_missing_or_of_another_type_is_named(change: Callable[[Any], object], path: str):
    assert f"at {path}, " in (info(change).unreadable or "")


def test_a_backup_in_which_errors_were_found_is_none_and_is_named():
    row = info(lambda stanza: backup(stanza, error=True))
    assert (row.found, row.good, row.bad, row.label) == (2, 1, 1, "20261122-174906F")
    assert row.bad_cause == "20261122-180000F: pages with wrong checksums were found while it was made"


def test_a_backup_that_does_not_say_whether_errors_were_found_is_none():
    assert info(lambda stanza: stanza["backup"][0].update(error=None)).good == 0


def test_a_repository_that_is_not_well_says_why():
    status = {"code": 1, "message": "missing stanza path"}
    row = info(lambda stanza: stanza["repo"][0].update(status=status))
    assert (row.well, row.well_cause) == (False, "repository 1: missing stanza path")


def test_a_log_that_begins_too_late_or_ends_too_soon_does_not_cover_a_backup():
    for change in ({"min": "000000010000000000000003"}, {"max": "000000010000000000000001"}, {"max": None}):
        row = info(lambda stanza, change=change: stanza["archive"][0].update(change))  # type: ignore[misc]
        assert row.log_covers is False
        assert "000000010000000000000002 is needed" in (row.log_cause or "")


def test_sizes_are_held_against_backups_of_the_same_form():
    row = info(lambda stanza: (backup(stanza, type="incr"), backup(stanza, label="20261122-180001F")))
    assert (row.form, row.median_bytes) == ("full", 23213658)


def barman(status: str = "DONE", **changes: Any) -> str:
    first = {"backup_id": "20261121T100000", "status": "DONE", "end_time_timestamp": "1795255200", "size_bytes": 7}
    second = first | {"backup_id": "20261122T100000", "end_time_timestamp": "1795341600", "status": status}
    return json.dumps({"main": [second | changes, first]})


@pytest.mark.parametrize(("status", "bad"), [("FAILED", 1), ("WAITING_FOR_WALS", 1), ("STARTED", 0)])
def test_of_barman_s_backups_only_those_that_are_done_are_good(status: str, bad: int):
    row = read("barman", backups=barman(status))
    assert (row.found, row.good, row.bad, row.label) == (2, 1, bad, "20261121T100000")


@pytest.mark.parametrize("seconds", ["soon", "", "-1", 1795341600])
def test_a_time_that_barman_would_not_print_is_refused(seconds: object):
    assert "end_time_timestamp" in (read("barman", backups=barman(end_time_timestamp=seconds)).unreadable or "")


def test_barman_s_errors_are_no_backups():
    row = read("barman", backups='{"_ERROR": ["Unknown server \'main\'"]}')
    assert "is an error: Unknown server 'main'" in (row.unreadable or "")


def shown(**wal: Any) -> str:
    base = {"begin_wal": "0000000100000000000000FE", "end_wal": "0000000100000000000000FF"}
    kept = {"last_available": "000000010000000100000002", "no_of_files": 3, **wal}
    return json.dumps(
        {"main": {"backup_id": "20261122T100000", "base_backup_information": base, "wal_information": kept}}
    )


@pytest.mark.parametrize(
    ("wal", "covers", "gaps"),
    [
        ({}, True, 0),
        ({"no_of_files": 2}, True, 1),
        ({"last_available": "0000000200000001000000FE"}, True, 252),
        ({"last_available": "0000000100000000000000FE"}, False, None),
        ({"last_available": None, "no_of_files": 0}, False, None),
    ],
)
def test_barman_s_log_files_are_counted_from_the_backup_s_end(wal: dict[str, Any], covers: bool, gaps: int | None):
    row = read("barman", backups=barman(), backup=shown(**wal))
    assert (row.log_covers, row.log_gaps) == (covers, gaps)


def test_an_answer_about_another_backup_is_refused():
    row = read("barman", backups=barman("FAILED"), backup=shown())
    assert "is about 20261122T100000, not about 20261121T100000" in (row.unreadable or "")


@pytest.mark.parametrize(
    ("archiver", "streaming", "mode", "archiving"),
    [(True, False, "on", True), (True, False, "off", False), (False, True, None, True), (False, False, "on", False)],
)
def test_barman_gets_its_log_by_a_stream_or_where_the_server_archives_it(
    archiver: bool, streaming: bool, mode: str | None, archiving: bool
):
    settings = {"archiver": archiver, "streaming_archiver": streaming, "archive_mode": mode, "retention_policy": None}
    row = read("barman", backups=barman(), settings=json.dumps({"main": {**settings, "data_checksums": "off"}}))
    assert (row.archiving, row.page_checksums, row.retention) == (archiving, False, None)


def listed(*segments: str) -> str:
    names = [f"15-1/{name[:16]}/{name}-{'0' * 40}" for name in segments]
    others = ["15-1", "archive.info", "15-1/0000000100000000/000000010000000000000002.00000028.backup"]
    return json.dumps({name: {"type": "file", "size": 1, "time": 1} for name in (*others, *names)})


SECOND, THIRD, FOURTH = (f"00000001000000000000000{number}" for number in (2, 3, 4))


@pytest.mark.parametrize(
    ("segments", "gaps", "cause"),
    [
        ((SECOND, THIRD, FOURTH), 0, None),
        ((SECOND, FOURTH), 1, f"no {THIRD}"),
        ((THIRD, FOURTH), 1, f"no {SECOND}"),
        ((SECOND, "00000002" + THIRD[8:], "00000002" + FOURTH[8:]), 0, None),
        ((), None, "it lists no log files"),
    ],
)
def test_pgbackrest_s_log_files_are_counted_from_the_newest_backup_s_start(
    segments: tuple[str, ...], gaps: int | None, cause: str | None
):
    row = read("pgbackrest", backups=INFO, log=listed(*segments))
    assert (row.log_gaps, row.gaps_cause) == (gaps, cause)


def test_log_files_of_another_size_are_not_counted_as_if_they_held_16_mib():
    row = read("pgbackrest", backups=INFO, log=listed(SECOND, "000000010000000000000102"))
    assert "which does not hold 16 MiB" in (row.unreadable or "")


@pytest.mark.parametrize(
    ("printed", "checked", "good", "archiving"),
    [
        (
            f"INFO: WAL segment {SECOND} successfully archived to\nINFO: check command end: completed successfully",
            1,
            1,
            1,
        ),
        ("INFO: check command end: completed successfully (2ms)", 1, 1, 0),
        ("ERROR: [087]: archive_mode must be enabled\nINFO: check command end: aborted with exception [087]", 1, 0, 0),
        ("INFO: check command begin 2.45", 0, None, None),
    ],
)
def test_pgbackrest_s_check_counts_for_as_much_as_it_did(
    printed: str, checked: int, good: int | None, archiving: int | None
):
    row = read("pgbackrest", backups=INFO, check=printed)
    assert (row.checked, row.check_good, row.archiving) == (checked, good, archiving)


def test_a_manifest_of_another_backup_says_nothing_of_this_one():
    manifest = '[backup]\nbackup-label="20261122-174906F"\n\n[backup:option]\noption-checksum-page=true\n'
    assert read("pgbackrest", backups=INFO, backup=manifest).page_checksums is True
    assert read("pgbackrest", backups=INFO, backup=manifest.replace("true", "false")).page_checksums is False
    other = read("pgbackrest", backups=INFO, backup=manifest.replace("174906F", "174907F"))
    assert "is not the manifest of 20261122-174906F" in (other.unreadable or "")


def test_a_verification_that_never_came_to_the_newest_backup_read_nothing_of_it():
    files = "backup: {}, status: {}, total files checked: 9, total valid files: {}\n"
    wal = "archiveId: 15-1, total WAL checked: 4, total valid WAL: 4\n"
    label = "20261122-174906F"
    cases = {
        files.format("20261121-174906F", "valid", 9): (False, None),
        files.format(label, "valid", 9) + wal: (True, True),
        files.format(label, "invalid", 8) + wal: (True, False),
        files.format(label, "invalid", 9) + wal: (True, False),
        files.format(label, "valid", 9) + wal.replace("valid WAL: 4", "valid WAL: 3"): (True, False),
    }
    for printed, expected in cases.items():
        row = read("pgbackrest", backups=INFO, data=printed)
        assert (row.data_read, row.data_good) == expected
