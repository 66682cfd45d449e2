"""The freshness collector on files and URLs of every sad kind."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.kinds.freshness import FreshnessCheck, FreshnessRow
from tasks.collectors.freshness import FreshnessCollector
from tasks.collectors.newest import pattern_of
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import LIMIT, closed_port, named, now, sources

MADE = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def collect(document: str, *, url: str = "http://127.0.0.1:9", folder: Path = Path(), **given: Any) -> Evidence:
    expect = {"max_age": "10m", **given.pop("expect", {})}
    timeout = given.pop("timeout", 5)
    check = named(FreshnessCheck.model_validate({"document": document, "expect": expect, **given}))
    collector = FreshnessCollector(sources(url, folder, timeout=timeout), now)
    try:
        return await collector.collect(check)
    finally:
        await collector.aclose()


async def row(document: str, **given: Any) -> FreshnessRow:
    (found,) = (await collect(document, **given)).rows
    assert isinstance(found, FreshnessRow)
    return found


def write(path: Path, made: datetime = MADE, *, written: datetime | None = None, **more: object) -> Path:
    path.write_text(json.dumps({"generated_at": made.isoformat(), **more}))
    if written:
        os.utime(path, (written.timestamp(), written.timestamp()))
    return path


async def test_a_document_keeps_its_own_time_the_file_s_and_the_look_s(tmp_path: Path):
    write(tmp_path / "latest.json", written=MADE + timedelta(minutes=1), status="pass")
    found = await row("reports:latest.json", folder=tmp_path)
    assert (found.content_time, found.file_time) == (MADE, MADE + timedelta(minutes=1))
    assert abs(found.fetched_at - now()) < timedelta(minutes=1)
    assert found.status == "pass"


async def test_named_fields_are_read_by_their_paths(tmp_path: Path):
    write(tmp_path / "latest.json", counts={"missing": 0, "all": [1]})
    expect = {"equals": {"counts.missing": 0, "counts.all": 1}, "max": {"counts.none": 3}}
    found = await row("reports:latest.json", folder=tmp_path, expect=expect)
    assert found.fields == {"counts.missing": 0, "counts.all": "a JSON list", "counts.none": None}


@pytest.mark.parametrize(
    ("content", "field", "because"),
    [
        (b"", "unreadable", "is empty"),
        (b'{"generated_at": ', "unreadable", "is not JSON"),
        (b'{"generated_at": NaN}', "unreadable", "holds NaN"),
        (b'{"generated_at": 1, "generated_at": 2}', "unreadable", "names 'generated_at' twice"),
        (b"[]", "undated", "does not say when it was made"),
        (b'{"generated_at": "soon"}', "undated", "which is no instant"),
        (b" " * (LIMIT + 1), "missing", f"is larger than {LIMIT} bytes"),
    ],
)
async def test_each_way_of_being_no_dated_document_has_its_own_words(
    tmp_path: Path, content: bytes, field: str, because: str
):
    (tmp_path / "latest.json").write_bytes(content)
    found = (await row("reports:latest.json", folder=tmp_path)).model_dump()
    assert because in found[field]
    assert [name for name in ("missing", "unreadable", "undated") if found[name]] == [field]


async def test_a_missing_file_is_an_observation(tmp_path: Path):
    assert (await row("reports:latest.json", folder=tmp_path)).missing == "does not exist"


@pytest.mark.timeout(10)
async def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "latest.json")
    assert (await row("reports:latest.json", folder=tmp_path)).missing == "is no regular file"


async def test_a_link_to_itself_is_told(tmp_path: Path):
    (tmp_path / "latest.json").symlink_to("latest.json")
    assert (await row("reports:latest.json", folder=tmp_path)).missing == "is a link to itself"


@pytest.mark.parametrize("path", ["../outside.json", "link.json", "/etc/hostname"])
async def test_a_path_that_leaves_its_folder_is_refused(tmp_path: Path, path: str):
    inside = tmp_path / "inside"
    inside.mkdir()
    write(tmp_path / "outside.json")
    (inside / "link.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(CollectionError, match="leaves its folder"):
        await collect(f"reports:{path}", folder=inside)


async def test_without_its_folder_a_source_cannot_be_asked(tmp_path: Path):
    with pytest.raises(CollectionError, match="there is no folder"):
        await collect("reports:latest.json", folder=tmp_path / "gone")


async def test_a_star_stands_for_the_newest_by_what_the_files_say(tmp_path: Path):
    write(tmp_path / "integrity_1.json", MADE, written=MADE)
    write(tmp_path / "integrity_2.json", MADE - timedelta(days=1), written=MADE + timedelta(days=1))
    evidence = await collect("reports:integrity_*.json", folder=tmp_path)
    found = evidence.rows[0].model_dump()
    assert (found["where"], found["candidates"], found["linked"]) == ("integrity_1.json", 2, None)
    listed = json.loads(evidence.captures[1].body)
    assert {each["path"] for each in listed} == {"integrity_1.json", "integrity_2.json"}


async def test_a_newer_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path):
    write(tmp_path / "integrity_1.json", MADE, written=MADE)
    (tmp_path / "integrity_2.json").write_text('{"generated_at": "2026-')
    found = await row("reports:integrity_*.json", folder=tmp_path)
    assert found.where == "integrity_2.json"
    assert found.unreadable is not None


async def test_an_older_file_that_cannot_be_read_does_not_matter(tmp_path: Path):
    broken = tmp_path / "integrity_0.json"
    broken.write_text("{")
    os.utime(broken, (0, 0))
    write(tmp_path / "integrity_1.json", MADE, written=MADE)
    assert (await row("reports:integrity_*.json", folder=tmp_path)).where == "integrity_1.json"


async def test_a_dated_link_is_resolved_to_the_newest_of_its_kind(tmp_path: Path):
    write(tmp_path / "integrity_20261121.json", MADE - timedelta(days=1))
    write(tmp_path / "integrity_20261122.json", MADE)
    write(tmp_path / "integrity_summary.json", MADE + timedelta(days=1))
    found = await row("reports:integrity_20261121.json", folder=tmp_path)
    assert (found.where, found.linked) == ("integrity_20261122.json", "integrity_20261121.json")


async def test_a_search_that_finds_nothing_is_an_observation(tmp_path: Path):
    found = await row("reports:integrity_*.json", folder=tmp_path)
    assert found.missing == "does not exist: no file matches integrity_*.json"


async def test_only_a_folder_can_be_searched():
    with pytest.raises(CollectionError, match="only a folder can be searched"):
        await collect("api:/reports/*.json")


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("latest.json", None),
        ("v20/latest_12.json", None),
        ("day-2026-11-22/x.json", "day-[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/x.json"),
        ("a[1]_20261122.json", "a[[]1]_[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9].json"),
        ("id_202611221.json", None),
        ("*.json", "*.json"),
    ],
)
def test_a_date_in_a_path_is_known_by_its_form(path: str, pattern: str | None):
    assert pattern_of(path) == pattern


async def test_a_url_is_a_document_too(server: HostileServer):
    server.put("/latest.json", json.dumps({"ts": MADE.timestamp(), "status": "ok"}))
    found = await row("api:/latest.json", url=server.url)
    assert (found.content_time, found.status, found.where) == (MADE, "ok", f"{server.url}/latest.json")


@pytest.mark.parametrize(
    ("path", "because"),
    [
        ("/nothing-here", "was answered with HTTP 404"),
        ("/redirects", "was answered with HTTP 302"),
        ("/cut", "the connection was closed before its body ended"),
        ("/never-ends", "is larger than"),
        ("/gzip-bomb", "unpacks to more than"),
    ],
)
async def test_a_url_without_a_document_is_an_observation(server: HostileServer, path: str, because: str):
    found = await row(f"api:{path}", url=server.url)
    assert because in (found.missing or "")
    assert found.content_time is None


async def test_a_body_that_drips_is_given_up(server: HostileServer):
    assert (await row("api:/drips", url=server.url, timeout=0.4)).missing == "0.4 s passed before its body ended"


async def test_a_refused_connection_is_an_observation():
    found = await row("api:/latest.json", url=f"http://127.0.0.1:{closed_port()}")
    assert found.missing == "the connection was refused"
