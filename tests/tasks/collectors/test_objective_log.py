"""Objectives out of logs: counted like the lines one by one, each way of being bad with an outcome of its own."""

import asyncio
import gzip
import json
import os
import random
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.evidence.records import Evidence
from checks.findings import Verdict
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.outcome import Outcome
from tasks.collectors.objective import ObjectiveCollector
from tests.tasks.collectors.asking import sources
from tests.tasks.collectors.objectives import DAY, END, ID, NOON, WINDOW, judged_together, objective, unmet

Line = dict[str, Any]
EVERY = range(END - WINDOW - 1_800, END + 1, 300)
LOG = {"log": "reports:access.jsonl*", "time": "ts", "interval": "5m"}
BAD = {"metric": "lines", "labels": {"status": "5*"}}
SECONDS = {"threshold_metric": {"histogram": "took.seconds"}, "value": "500ms", "target": "95%"}
QUIET = {"burn": None}


def line(at: float, status: Any = 200, **given: Any) -> Line:
    stamp = datetime.fromtimestamp(at, UTC).isoformat()
    return {"ts": stamp, "status": status, "took": {"seconds": 0.1}, "tenant": "aurora", **given}


def lines(times: Iterable[int] = EVERY, bad: int = 40, **given: Any) -> list[Line]:
    """Five requests in five minutes, of which now and then one is bad."""
    return [
        line(at + one, 503 if one == 0 and not number % bad else 200, **given)
        for number, at in enumerate(times)
        for one in range(-4, 1)
    ]


def text(given: Iterable[Line]) -> bytes:
    return "".join(f"{json.dumps(one)}\n" for one in given).encode()


def by_log(**given: Any) -> ObjectiveCheck:
    return objective(
        **{"history": LOG, "ratio_metric": {"bad": BAD, "total": {"metric": "lines"}}, "expect": QUIET, **given}
    )


async def counted(folder: Path, check: ObjectiveCheck, files: Mapping[str, bytes]) -> Evidence:
    """The evidence that files give, written one after the other; the first one last of all."""
    for age, (name, body) in enumerate(files.items()):
        (folder / name).write_bytes(body)
        os.utime(folder / name, (END - age, END - age))
    evidence = await ObjectiveCollector(sources(folder=folder), lambda: NOON).collect(check)
    assert ObjectiveCollector.rows_from(check, evidence.captures) == evidence.rows
    return evidence


def first(evidence: Evidence) -> ObjectiveRow:
    row = evidence.rows[0]
    assert isinstance(row, ObjectiveRow)
    return row


@dataclass(frozen=True, slots=True)
class Case:
    """The files of a log, what a check makes of them, and why."""

    files: Mapping[str, bytes]
    expected: tuple[Outcome, str]
    asks: Mapping[str, Any] = field(default_factory=dict)


def one(*parts: bytes) -> dict[str, bytes]:
    return {"access.jsonl": b"".join(parts)}


PASS = (Outcome.PASS, "")
ERROR, MISSING, UNSURE, FAIL = Outcome.ERROR, Outcome.MISSING, Outcome.INCONCLUSIVE, Outcome.FAIL
GOOD = text(lines())
OLD, NEW = text(lines(EVERY[:300])), text(lines(EVERY[300:]))
SLOW = [line(at + n, took={"seconds": 0.5 if n else 0.5001}) for at in EVERY for n in range(-9, 1)]
CASES: dict[str, Case] = {
    "a good log": Case(one(GOOD), PASS),
    "one that is bad too often": Case(one(text(lines(bad=10))), (FAIL, "good: 97.98")),
    "good lines instead of bad ones": Case(
        one(GOOD.replace(b"200,", b"200.0,")), PASS,
        {"ratio_metric": {"good": {**BAD, "labels": {"status": "200"}},
                          "total": {"metric": "lines"}}}
    ),
    "a share that is within its limit": Case(one(GOOD), PASS, SECONDS),
    "a limit that is still kept": Case(one(text(SLOW)), (FAIL, "good: 90 %"), {**SECONDS, "target": "95%"}),
    "a limit that has to be undercut": Case(one(text(SLOW)), (FAIL, "good: 0 %"), {**SECONDS, "op": "lt"}),
    "requests in each quarter of an hour": Case(
        one(GOOD),
        PASS,
        {"threshold_metric": {"counter": "lines"}, "op": "gte", "value": 15, "time_slice_window": "15m",
         "target": "90%"},
    ),
    "too few in some of them": Case(
        one(text([each for at in EVERY for each in lines([at]) if at % 7_200 or each["ts"][-8] == "x"])),
        (FAIL, "good: 87.5 %"),
        {"threshold_metric": {"counter": "lines"}, "op": "gte", "value": 15, "time_slice_window": "15m",
         "target": "90%"},
    ),
    "a line that is no JSON": Case(one(GOOD, b"Error\n"), (UNSURE, "are no whole JSON objects: 1 (access.jsonl:2916 ")),
    "a line that is no object": Case(one(GOOD, b"[1]\n[2]\n"), (UNSURE, "are no whole JSON objects: 2 (")),
    "a line without a time": Case(one(GOOD, text([{"status": 200}])), (UNSURE, "do not say when they were written: 1")),
    "a time without a zone": Case(
        one(GOOD, text([{"ts": "2026-11-22T11:00:00"}])), (UNSURE, "do not say when they were written: 1")
    ),
    "lines without a status": Case(
        one(GOOD, text([line(END, None), line(END, ""), line(END, ["a"])])),
        (UNSURE, "told with a warning: lines that lack what is counted: 3 (access.jsonl:2916 has no status)"),
    ),
    "lines without a number": Case(
        one(GOOD, text([line(END, took={"seconds": said}) for said in ("0.1", None, True, -1)])),
        (UNSURE, "lines that lack what is counted: 4 (access.jsonl:2916 has no number from 0 on as its took.seconds)"),
        SECONDS,
    ),
    "bad lines that are not of the total": Case(
        one(GOOD, text([line(END, 500, path="/b")])),
        (UNSURE, "lines that are good or bad and not of the total: 1"),
        {"ratio_metric": {"bad": BAD, "total": {"metric": "lines", "labels": {"tenant": "aurora", "path": "/a"}}}},
    ),
    "no line in the window": Case(
        one(text(lines(range(END - 3 * DAY - 600, END - 3 * DAY, 300)))),
        (UNSURE, "nothing was counted: no traffic is neither good nor bad"),
    ),
    "an empty log": Case(one(), (UNSURE, "nothing was counted: no traffic is neither good nor bad")),
    "lines of others only": Case(
        one(GOOD),
        (UNSURE, "nothing was counted: no traffic is neither good nor bad"),
        {"ratio_metric": {"bad": {"metric": "lines", "labels": {"status": "5*", "tenant": "b"}},
                          "total": {"metric": "lines", "labels": {"tenant": "b"}}}},
    ),
    "too few lines": Case(
        one(text([line(at) for at in EVERY[::2]])),
        (UNSURE, "cannot show 99 %"),
        {"history": {**LOG, "interval": "10m"}},
    ),
    "a line from the future": Case(
        one(GOOD, text([line(END + 61)])),
        (UNSURE, "lines that are from the future: 1 (access.jsonl:2916 is of 2026-11-22T12:01:01"),
    ),
    "a line that was written while it was read": Case(one(GOOD, text([line(END + 2, 500)] * 60)), PASS),
    "a log that begins late": Case(
        one(text(lines(range(END - DAY, END + 1, 300)))), (UNSURE, "50 % of 2 d was observed (longest gap: 23 h")
    ),
    "a log with a gap": Case(
        one(text(each for each in lines() if not "2026-11-21T18" <= each["ts"] < "2026-11-21T20")),
        (UNSURE, "of 2 d was observed (longest gap: 2 h"),
    ),
    "a log that ended": Case(one(text(lines(EVERY[:-5]))), (Outcome.STALE, "its newest sample is 1500 s old")),
    "a log that was rotated": Case({"access.jsonl": NEW, "access.jsonl.1": OLD}, PASS),
    "one that was packed too": Case({"access.jsonl": NEW, "access.jsonl.1.gz": gzip.compress(OLD)}, PASS),
    "no log": Case({}, (MISSING, "reports:access.jsonl* does not exist")),
    "no such file": Case({}, (MISSING, "reports:a.log does not exist"), {"history": {**LOG, "log": "reports:a.log"}}),
    "a packed one that is cut": Case(
        {"access.jsonl": NEW, "access.jsonl.1.gz": gzip.compress(OLD)[:-20]},
        (ERROR, "reports:access.jsonl.1.gz is damaged: what is in it is no whole gzip"),
    ),
    "a packed one that is none": Case({"access.jsonl.gz": GOOD}, (ERROR, "reports:access.jsonl.gz is damaged")),
    "a log that was rotated by copying": Case(
        {"access.jsonl": GOOD, "access.jsonl.1.gz": gzip.compress(GOOD)},
        (UNSURE, "access.jsonl.1.gz holds the same as access.jsonl"),
    ),
    "a line that is still being written": Case(one(GOOD, b'{"ts": "2026'), PASS),
    "a line in an older file that has no end": Case(
        {"access.jsonl": NEW, "access.jsonl.1": OLD[:-9]}, (UNSURE, "are no whole JSON objects: 1 (access.jsonl.1:1500")
    ),
    "a log that is too large": Case(
        one(GOOD), (UNSURE, "the log has more than 100000 bytes"), {"history": {**LOG, "most": "100kB"}}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapping[str, Verdict]]:
    """Every case collected, and all of them judged in one validation."""
    found = [
        (check, asyncio.run(counted(tmp_path_factory.mktemp("log"), check, case.files)))
        for case in CASES.values()
        for check in [by_log(**case.asks)]
    ]
    return dict(zip(CASES, judged_together(found), strict=True))


@pytest.mark.parametrize("name", CASES)
def test_a_log_comes_to_its_outcome(verdicts: dict[str, Mapping[str, Verdict]], name: str):
    expected, because = CASES[name].expected
    verdict = verdicts[name][ID]
    assert verdict.outcome is expected, [one.because for one in verdict.findings]
    if expected is not Outcome.PASS:
        assert because in unmet(verdict).because


async def test_every_window_counts_its_lines_and_no_others(tmp_path: Path):
    luck = random.Random(7)
    times = sorted(round(END - luck.random() * (WINDOW + 7_200), 3) for _ in range(4_000))
    edges = [END - WINDOW, END - WINDOW + 0.001, END - 3_600, END - 3_600 + 0.001, END - 300, END, END + 0.001]
    given = [line(at, luck.choice((200, 404, 500.0, "503"))) for at in [*times, *edges]]
    luck.shuffle(given)
    found = (await counted(tmp_path, by_log(expect={}), {"access.jsonl": text(given)})).rows
    for row in found:
        assert isinstance(row, ObjectiveRow)
        inside = [one for one in given if row.start < datetime.fromisoformat(one["ts"]) <= row.end]
        assert row.total == len(inside)
        assert row.low == row.high == sum(not str(one["status"]).startswith("5") for one in inside)
    assert len(found) > 1
    assert first(await counted(tmp_path, by_log(expect={}), {"access.jsonl": text(given)})).newest == NOON


async def test_a_line_from_before_the_window_says_how_long_it_was_silent_at_its_beginning(tmp_path: Path):
    begins = END - WINDOW
    row = first(await counted(tmp_path, by_log(), one(text(lines([begins - 300, *range(begins + 504, END, 300)])))))
    assert row.longest_gap == 504  # a minute is known by its newest line


async def test_each_tenant_has_its_own_verdict_beside_the_one_over_all(tmp_path: Path):
    check = by_log(each={"label": "tenant", "values": ["aurora", "borealis"]}, expect=QUIET)
    files = one(GOOD, text(lines(tenant="cascade", bad=2)))
    (found,) = judged_together([(check, await counted(tmp_path, check, files))])
    assert {subject: verdict.outcome for subject, verdict in found.items()} == {
        ID: Outcome.FAIL,
        "tenant=aurora": Outcome.PASS,
        "tenant=borealis": Outcome.MISSING,  # it is owed, and nothing was counted of it
        "tenant=cascade": Outcome.FAIL,
    }


async def test_a_label_with_too_many_values_is_refused(tmp_path: Path):
    many = text(line(END, tenant=f"t{number}") for number in range(300))
    row = first(await counted(tmp_path, by_log(each={"label": "tenant"}, time_window="90d"), one(many)))
    assert row.unanswered == "reports:access.jsonl has too many values of tenant to count for each minute of the window"


async def test_the_log_itself_is_not_kept_but_what_it_was(tmp_path: Path):
    (capture,) = (
        await counted(tmp_path, by_log(), {"access.jsonl": NEW, "access.jsonl.1.gz": gzip.compress(OLD)})
    ).captures
    told = json.loads(capture.body)
    assert [(each["name"], each["bytes"]) for each in told["files"]] == [
        ("access.jsonl", len(NEW)),
        ("access.jsonl.1.gz", len(OLD)),
    ]
    assert b"aurora" not in capture.body
    assert len(capture.body) < 20_000


async def test_files_that_were_rotated_meanwhile_decide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rotated: list[Callable[[], object]] = [lambda: (tmp_path / "access.jsonl").rename(tmp_path / "access.jsonl.1")]
    read = gzip.GzipFile.readline

    def meanwhile(self: gzip.GzipFile, size: int | None = -1) -> bytes:
        if rotated:
            rotated.pop()()
        return read(self, size)

    monkeypatch.setattr(gzip.GzipFile, "readline", meanwhile)
    files = {"access.jsonl": NEW, "access.jsonl.2.gz": gzip.compress(OLD)}
    row = first(await counted(tmp_path, by_log(), files))
    assert row.warned == "its files were rotated while they were read"


async def test_memory_does_not_grow_with_the_lines(tmp_path: Path):
    async def peak(times: int) -> int:
        files = one(text(line(END - 60)) * times)
        tracemalloc.start()
        await counted(tmp_path, by_log(), files)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert await peak(4_000) < await peak(200) + 200_000


async def test_a_file_that_may_not_be_read_is_an_error_of_the_observer(tmp_path: Path):
    (tmp_path / "access.jsonl").symlink_to(tmp_path / "access.jsonl")
    check = by_log(history={**LOG, "log": "reports:access.jsonl"})
    row = first(await ObjectiveCollector(sources(folder=tmp_path), lambda: NOON).collect(check))
    assert row.unanswered == "reports:access.jsonl is a link to itself"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"threshold_metric": {"gauge": "lines"}, "value": 1}, "a ratio, a histogram or a counter, and nothing else"),
        ({"ratio_metric": {"bad": BAD, "total": {"metric": "requests"}}}, "the one metric of a log is lines"),
        ({"history": {**LOG, "step": "5m"}}, "Extra inputs are not permitted"),
        ({"history": {"log": "access.jsonl"}}, "is no place; write source:path"),
    ],
)
def test_what_a_log_cannot_tell_is_not_asked_of_it(given: dict[str, Any], said: str):
    with pytest.raises(ValidationError, match=said):
        by_log(**given)


def test_its_source_is_that_of_the_log():
    assert by_log().sources == ("reports",)
    assert by_log().looks_at == ()
