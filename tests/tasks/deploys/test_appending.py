"""Appending to the deploy ledger: whole lines, by many at once, and nothing that says nothing."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from checks.deploys import Ended, Started
from checks.errors import StoreError
from tasks.deploys.appending import append, read_ledger

TWO = datetime(2026, 11, 22, 14, tzinfo=UTC)


def started(name: str) -> Started:
    return Started(id=name, at=TWO, by="ci", reason="v2")


def ended(name: str) -> Ended:
    return Ended(id=name, at=TWO + timedelta(minutes=3), by="ci")


def test_a_ledger_is_begun_where_there_is_none(tmp_path: Path):
    file = tmp_path / "home" / "deploys.jsonl"
    assert read_ledger(file).windows == ()
    append(file, started("d"))
    append(file, ended("d"))
    (window,) = read_ledger(file).windows
    assert window.end is not None
    assert file.read_bytes().count(b"\n") == 2


def test_what_would_say_nothing_is_refused_and_not_added(tmp_path: Path):
    file = tmp_path / "deploys.jsonl"
    append(file, started("d"))
    before = file.read_bytes()
    for entry, said in ((started("d"), "d began before"), (ended("e"), "e ends and never began")):
        with pytest.raises(StoreError, match=f"^{file}: {said}.*; nothing was added$"):
            append(file, entry)
    assert file.read_bytes() == before


def test_a_line_that_somebody_died_in_does_not_swallow_the_next(tmp_path: Path):
    file = tmp_path / "deploys.jsonl"
    file.write_bytes(b'{"event": "start", "id": "cut')
    append(file, started("d"))
    found = read_ledger(file)
    assert [one.id for one in found.windows] == ["d"]
    assert len(found.problems) == 1


def test_many_who_append_at_once_each_leave_a_whole_line(tmp_path: Path):
    file = tmp_path / "deploys.jsonl"
    threads = [threading.Thread(target=append, args=(file, started(f"d-{number}"))) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = read_ledger(file)
    assert len(found.windows) == 20
    assert found.problems == ()


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be written: Is a directory; name a file that you can append to"):
        append(tmp_path, started("d"))
    with pytest.raises(StoreError, match="cannot be read"):
        read_ledger(tmp_path)
