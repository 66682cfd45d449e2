"""Event stores of real files: whole ones, and each way in which one goes wrong."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.records import Evidence
from checks.kinds.event_store import EventStoreCheck, EventStoreRow
from tasks.collectors.event_store import EventStoreCollector
from tests.tasks.collectors.asking import named, now, sources

Event = dict[str, Any]
FAULTS = ("broken", "nameless", "repeated", "disordered", "uncorrelated", "unlinked", "forged")


def events(number: int = 5) -> list[Event]:
    """A store that is whole, each event linked to the one before it by its hash."""
    made: list[Event] = []
    for place in range(number):
        event = {"id": f"e-{place}", "at": f"2026-11-22T14:00:{place:02}Z", "trace": "t", "note": "naïve"}
        event["previous"] = made[-1]["hash"] if made else None
        made.append(event | {"hash": digest(event)})
    return made


def digest(event: Event) -> str:
    return hashlib.sha256(
        json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    ).hexdigest()


def write(path: Path, store: list[Event]) -> None:
    path.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in store))


def check(**given: Any) -> EventStoreCheck:
    asked = {"events": "reports:a.jsonl", "correlation": ["trace"], "chain": {"recomputed": True}, **given}
    return named(EventStoreCheck.model_validate(asked))


async def collected(folder: Path, **given: Any) -> Evidence:
    collector = EventStoreCollector(sources(folder=folder), now)
    try:
        return await collector.collect(check(**given))
    finally:
        await collector.aclose()


async def row(folder: Path, **given: Any) -> EventStoreRow:
    found = (await collected(folder, **given)).rows[0]
    assert isinstance(found, EventStoreRow)
    return found


def faults(found: EventStoreRow) -> dict[str, int]:
    return {name: times for name in FAULTS if (times := getattr(found, name))}


async def test_a_whole_store_has_nothing_wrong(tmp_path: Path):
    write(tmp_path / "a.jsonl", events())
    found = await row(tmp_path)
    assert faults(found) == {}
    assert (found.events, found.files, found.first, found.cut) == (5, 1, "e-0", None)
    assert found.bytes == (tmp_path / "a.jsonl").stat().st_size
    assert str(found.content_time) == "2026-11-22 14:00:04+00:00"


def _edit(place: int, **fields: Any) -> Callable[[list[Event]], list[Event]]:
    def edited(store: list[Event]) -> list[Event]:
        store[place] |= fields
        return store

    return edited


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (_edit(2, note="changed"), {"forged": 1}),
        (_edit(2, id="e-1"), {"repeated": 1, "forged": 1}),
        (_edit(2, id=None), {"nameless": 1, "forged": 1}),
        (_edit(2, id=["e-1"]), {"nameless": 1, "forged": 1}),
        (_edit(2, trace=""), {"uncorrelated": 1, "forged": 1}),
        (_edit(2, at="2026-11-22T13:00:00Z"), {"disordered": 1, "forged": 1}),
        (_edit(2, at="noon"), {"disordered": 1, "forged": 1}),
        (_edit(2, hash=None), {"unlinked": 2}),
        (_edit(2, hash="0"), {"unlinked": 1, "forged": 1}),
        (lambda store: [*store[:2], *store[3:]], {"unlinked": 1}),
        (lambda store: [store[0], store[2], store[1], *store[3:]], {"disordered": 1, "unlinked": 3}),
        (lambda store: store[2:], {}),
    ],
)
async def test_each_change_is_counted_as_what_it_is(tmp_path: Path, change: Any, found: dict[str, int]):
    """That the first events are gone shows in the store alone only as rotation; the slot before tells them apart."""
    write(tmp_path / "a.jsonl", change(events()))
    assert faults(await row(tmp_path)) == found


async def test_the_first_of_each_fault_is_named(tmp_path: Path):
    write(tmp_path / "a.jsonl", _edit(2, id="e-1")(events()))
    found = await row(tmp_path)
    assert found.repeated_cause == "a.jsonl:3 has the id 'e-1' of an earlier event"
    assert found.forged_cause == "a.jsonl:3 has not the hash that it names"


async def test_a_chain_goes_on_from_one_file_to_the_next(tmp_path: Path):
    store = events(6)
    for number in range(3):
        write(tmp_path / f"{number}.jsonl", store[2 * number : 2 * number + 2])
    found = await row(tmp_path, events="reports:*.jsonl")
    assert (faults(found), found.files, found.events) == ({}, 3, 6)
    (tmp_path / "1.jsonl").unlink()
    assert faults(await row(tmp_path, events="reports:*.jsonl")) == {"unlinked": 1}


async def test_what_is_no_event_is_broken_and_the_newest_line_may_be_unfinished(tmp_path: Path):
    text = "".join(json.dumps(event) + "\n" for event in events(2))
    (tmp_path / "a.jsonl").write_text(text + "\nnot json\n[1]\n" + '{"id": "e-')
    found = await row(tmp_path, chain=None)
    assert (found.events, faults(found)) == (2, {"broken": 2})
    assert found.broken_cause == "a.jsonl:4 is not JSON: expecting value at line 1, column 1"
    (tmp_path / "b.jsonl").write_text(text.replace("e-", "f-"))
    found = await row(tmp_path, chain=None, events="reports:*.jsonl")
    assert faults(found)["broken"] == 3


async def test_a_store_that_is_too_large_is_not_read_whole_and_says_so(tmp_path: Path):
    write(tmp_path / "a.jsonl", events(50))
    found = await row(tmp_path, most="1kB")
    assert found.cut is not None
    assert "was read up to line" in found.cut


@pytest.mark.parametrize(
    ("place", "missing"), [("gone.jsonl", "cannot be read"), ("*.log", "no file matches"), (".", "is no regular file")]
)
async def test_a_store_that_is_not_there_is_missing(tmp_path: Path, place: str, missing: str):
    found = await row(tmp_path, events=f"reports:{place}")
    assert found.missing is not None
    assert missing in found.missing


REPORT = {
    "generated_at": "2026-11-22T14:00:00Z",
    "killed": True,
    "written": 50,
    "read": 50,
    "written_sha256": "ab",
    "read_sha256": "ab",
}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, (True, 50, 50, True)),
        ({"read": 49, "read_sha256": "cd"}, (True, 50, 49, False)),
        ({"killed": "yes", "written": True, "read_sha256": None}, (None, None, 50, None)),
        ({"written_sha256": "", "read_sha256": ""}, (True, 50, 50, None)),
    ],
)
async def test_a_durability_report_says_what_survived(tmp_path: Path, change: Event, said: tuple[Any, ...]):
    write(tmp_path / "a.jsonl", events())
    (tmp_path / "durability.json").write_text(json.dumps(REPORT | change))
    evidence = await collected(tmp_path, durability="reports:durability.json")
    report = evidence.rows[1]
    assert isinstance(report, EventStoreRow)
    assert (report.killed, report.written, report.survived, report.same_hash) == said
    asked = check(durability="reports:durability.json")
    assert EventStoreCollector.rows_from(asked, evidence.captures) == evidence.rows


async def test_a_report_that_is_not_there_or_no_report_says_so(tmp_path: Path):
    write(tmp_path / "a.jsonl", events())
    gone = (await collected(tmp_path, durability="reports:gone.json")).rows[1]
    assert isinstance(gone, EventStoreRow)
    assert gone.missing == "does not exist"
    (tmp_path / "list.json").write_text("[]")
    other = (await collected(tmp_path, durability="reports:list.json")).rows[1]
    assert isinstance(other, EventStoreRow)
    assert other.unreadable == "is JSON, but no object"
