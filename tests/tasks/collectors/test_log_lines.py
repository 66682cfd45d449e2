"""Log lines from real files: rotated, cut, half written, with secrets in them."""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.kinds.log_lines import LogLinesCheck, LogLinesRow
from tasks.collectors.log_lines import LogLinesCollector
from tasks.collectors.log_tail import newest_lines
from tasks.collectors.sources import FolderAccess
from tests.tasks.collectors.asking import named, now, sources

TOKEN = "ghp_" + "a1B2" * 9
AT = "2026-11-22T14:00:00Z"


def line(number: int, **fields: Any) -> str:
    return json.dumps({"time": AT, "level": "info", "rid": f"r{number}", "path": "/a", **fields}) + "\n"


def check(**given: Any) -> LogLinesCheck:
    return named(LogLinesCheck.model_validate({"log": "reports:a.jsonl", **given}))


async def collected(folder: Path, **given: Any) -> Evidence:
    return await LogLinesCollector(sources(folder=folder), now).collect(check(**given))


async def row(folder: Path, **given: Any) -> LogLinesRow:
    (found,) = (await collected(folder, **given)).rows
    assert isinstance(found, LogLinesRow)
    return found


async def test_what_lines_say_is_counted(tmp_path: Path):
    lines = [
        line(1),
        line(2, level="ERROR", time="2026-11-22T15:30:00+01:00"),
        line(3, rid=None),
        line(4, path=""),
        '{"time": 1795348800, "rid": "r5"}\n',
        "not json\n",
        "[1]\n",
        "\n",
        '{"rid": 1, "rid": 2}\n',
    ]
    (tmp_path / "a.jsonl").write_text("".join(lines))
    found = await row(tmp_path, expect={"fields": ["rid", "path"], "mentions": ["r5", "r99"]})
    assert (found.lines, found.parsed, found.complete, found.levelled, found.errors) == (8, 5, 2, 4, 1)
    assert found.unparsed_cause == "line 6 of the sample is not JSON: expecting value at line 1, column 1"
    assert found.absent_named == "path in 2 lines, rid in 1 lines"
    assert found.levels == "info 3, error 1"
    assert found.content_time == datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
    assert found.unmentioned == "r99"


async def test_a_secret_is_named_counted_and_not_kept(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(line(1) + line(2, message=f"with {TOKEN} and password=hunter22"))
    evidence = await collected(tmp_path)
    (found,) = evidence.rows
    assert isinstance(found, LogLinesRow)
    assert found.secrets == 2
    assert found.secrets_named == "GitHub token in line 2 of the sample, named secret in line 2 of the sample"
    assert TOKEN not in repr(evidence)
    assert "hunter22" not in repr(evidence)
    assert LogLinesCollector.rows_from(check(), evidence.captures) == evidence.rows


async def test_a_line_that_speaks_of_a_hidden_secret_is_none(tmp_path: Path):
    """What is counted is what was hidden, not a word that anybody could write."""
    (tmp_path / "a.jsonl").write_text(line(1, message="‹GitHub token›"))
    assert (await row(tmp_path)).secrets == 0


async def test_the_newest_lines_are_taken_across_rotated_files(tmp_path: Path):
    for age, name, numbers in ((20, "a.jsonl.2", (1, 2)), (10, "a.jsonl.1", (3, 4)), (0, "a.jsonl", (5, 6))):
        (tmp_path / name).write_text("".join(map(line, numbers)))
        os.utime(tmp_path / name, (time.time() - age, time.time() - age))
    evidence = await collected(tmp_path, log="reports:a.jsonl*", sample=3)
    kept = [json.loads(each)["rid"] for each in evidence.captures[0].body.splitlines()]
    assert kept == ["r4", "r5", "r6"]
    (found,) = evidence.rows
    assert isinstance(found, LogLinesRow)
    assert (found.files, found.lines) == (3, 3)


async def test_a_line_that_is_still_being_written_is_left_out(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text(line(1) + line(2) + '{"time": "2026')
    found = await row(tmp_path)
    assert (found.lines, found.parsed) == (2, 2)


def test_of_a_long_log_only_whole_lines_of_its_end_are_read(tmp_path: Path):
    (tmp_path / "a.jsonl").write_text("".join(f"line {number:05}\n" for number in range(1_000)))
    found = newest_lines(FolderAccess("reports", tmp_path, 100), "a.jsonl", 1_000)
    assert found.lines == tuple(f"line {number:05}" for number in range(991, 1_000))
    assert (found.bytes, found.bytes_read) == (11_000, 100)


async def test_bytes_that_are_no_text_are_kept_and_are_no_json(tmp_path: Path):
    (tmp_path / "a.jsonl").write_bytes(line(1).encode() + b'{"rid": "\xff"}\n')
    evidence = await collected(tmp_path)
    assert evidence.captures[0].body.endswith(b'{"rid": "\xff"}\n')
    (found,) = evidence.rows
    assert isinstance(found, LogLinesRow)
    assert (found.parsed, found.unparsed_cause) == (1, "line 2 of the sample is not UTF-8 text")
    assert LogLinesCollector.rows_from(check(), evidence.captures) == evidence.rows


@pytest.mark.parametrize(("name", "missing"), [("gone.jsonl", "does not exist"), ("*.log", "no file matches *.log")])
async def test_a_log_that_is_not_there_is_missing(tmp_path: Path, name: str, missing: str):
    found = await row(tmp_path, log=f"reports:{name}")
    assert found.missing is not None
    assert missing in found.missing


async def test_an_empty_log_has_no_lines_and_no_time(tmp_path: Path):
    (tmp_path / "a.jsonl").touch()
    found = await row(tmp_path)
    assert (found.lines, found.secrets, found.content_time) == (0, 0, None)
    assert found.undated == "no line says when it was written"


async def test_a_log_cannot_lead_out_of_its_folder(tmp_path: Path):
    with pytest.raises(CollectionError, match="leaves its folder"):
        await row(tmp_path, log="reports:../a.jsonl")
