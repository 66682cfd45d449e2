"""The documents collector on markdown of every sad kind, in folders, in a git repository and over HTTP."""

import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.kinds.documents import DocumentsCheck, DocumentsRow
from tasks.collectors.markdown import DocumentsCollector
from tasks.collectors.sources import FolderAccess, Sources
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import LIMIT, named, now, sources
from tests.tasks.sealing.desk import Desk

FRONT = "---\nreviewed: 2026-11-01 by Desk Ops\nversion: v0.2.0\n---\n"


async def collect(folder: Path, *documents: str, url: str = "http://127.0.0.1:9", **given: Any) -> Evidence:
    asked = {"documents": documents or ("reports:doc.md",), "expect": {"reviewed": "90d", **given.pop("expect", {})}}
    collector = DocumentsCollector(sources(url, folder), now)
    try:
        return await collector.collect(named(DocumentsCheck.model_validate({**asked, **given})))
    finally:
        await collector.aclose()


async def row(folder: Path, text: str | bytes | None = None, **given: Any) -> DocumentsRow:
    if text is not None:
        (folder / "doc.md").write_bytes(text if isinstance(text, bytes) else text.encode())
    (found,) = (await collect(folder, **given)).rows
    assert isinstance(found, DocumentsRow)
    return found


async def test_a_document_tells_its_words_its_digest_its_version_and_its_review(tmp_path: Path):
    found = await row(tmp_path, FRONT + "# Runbook\n\nStart it.\n")
    assert (found.words, found.version) == (3, "v0.2.0")
    assert found.digest is not None
    assert (found.reviewed_at, found.reviewed_by) == (datetime(2026, 11, 1, tzinfo=UTC), "Desk Ops")


async def test_a_broken_link_is_named_with_its_line(tmp_path: Path):
    (tmp_path / "there.md").write_text("# There\n\n## It is, again!\n")
    (tmp_path / "folder").mkdir()
    text = (
        'A [link](there.md) and\n[another](gone.md "title"),\n[a section](there.md#it-is-again), [none](there.md#no),\n'
        "[own](#here), [a folder](folder/), ![image](no.png), [far](https://example.test/x), [mail](mailto:a@x.test)"
        "\n\n<a href='lost.md'>x</a> [out](../../etc/passwd) [root](/there.md) [empty]()\n\n# Here\n"
    )
    found = await row(tmp_path, FRONT + text)
    assert found.broken_links == (
        "line 6: gone.md does not exist",
        "line 7: there.md#no has no section #no",
        "line 8: no.png does not exist",
        "line 10: lost.md does not exist",
        "line 10: ../../etc/passwd leaves the folder",
        "line 10:  leads nowhere",
    )
    assert found.links == 11


async def test_links_in_code_are_no_links(tmp_path: Path):
    found = await row(tmp_path, "`[a](b.md)`\n\n```\n[a](b.md)\n```\n\n    [a](b.md)\n")
    assert (found.links, found.broken_links) == (0, ())


async def test_links_are_left_alone_where_nobody_asks(tmp_path: Path):
    evidence = await collect(tmp_path, expect={"links": False})
    assert [capture.item for capture in evidence.captures] == ["1-reports-doc.md"]


async def test_sections_words_links_and_open_items_are_looked_for(tmp_path: Path):
    text = (
        "# Startup\n\nOnce only\n**at noon** [slo](./slo.md)\n\n- [x] done\n- [ ] open\n  1. [ ] inner\n- [ ]no item\n"
    )
    asked = {"headings": ["startup", "Shutdown"], "says": ["only at noon", "never"], "links_to": ["slo.md", "x.md"]}
    found = await row(tmp_path, text, expect=asked)
    assert found.headings_missing == ("Shutdown",)
    assert found.unlinked == ("x.md",)
    assert found.open_items == 2
    assert found.unsaid == ("never",)


TABLE = """# Objectives

| Objective | Note | Target |
| --- | --- | --- |
| Uptime | a \\| b | 99.9 % |
| Latency | `p95` | 1 s |
| Latency |  | 2 s |
| Extra |  |  |
"""


async def test_a_table_that_drifts_from_the_catalogue_is_told_cell_by_cell(tmp_path: Path):
    rows = [["Uptime", "99.9 %"], ["Latency", "< 1 s"], ["Errors", "1 %"]]
    asked = {"under": "objectives", "columns": ["Objective", "Target"], "rows": rows}
    found = await row(tmp_path, TABLE, expect={"tables": [asked]})
    assert set(found.drift) == {
        "Errors is not in the document",
        "Extra is not in the catalogue",
        "Latency stands in 2 rows",
        "Latency: Target is '1 s', expected '< 1 s'",
    }


async def test_a_pipe_in_a_cell_is_one_cell(tmp_path: Path):
    asked = {"under": "Objectives", "columns": ["Note"], "rows": [["a | b"], ["p95"], [""]]}
    found = await row(tmp_path, TABLE, expect={"tables": [asked]})
    assert found.drift == (" stands in 2 rows",)


@pytest.mark.parametrize(
    ("under", "columns", "because"),
    [
        ("Elsewhere", ["Objective"], "there is no table under 'Elsewhere'"),
        ("Objectives", ["Owner"], "the table under 'Objectives' has no column Owner"),
    ],
)
async def test_a_table_that_cannot_be_compared_is_drift(tmp_path: Path, under: str, columns: list[str], because: str):
    found = await row(tmp_path, TABLE, expect={"tables": [{"under": under, "columns": columns, "rows": []}]})
    assert found.drift == (because,)


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("# No front matter\n", "is missing"),
        ("---\ntitle: x\n---\nText\n", "is missing"),
        ("---\nreviewed: soon by Jo\n---\nText\n", "is not known: its front matter says reviewed: 'soon by Jo'"),
        ("---\nreviewed: 2026-13-45 by Jo\n---\nText\n", "2026-13-45 is no date"),
        ("---\nreviewed: 2026-11-01\n---\nText\n", "is nobody's"),
        ("---\nreviewed: [2026-11-01]\n---\nText\n", "is not known"),
    ],
)
async def test_a_review_that_nobody_can_date_or_name_is_none(tmp_path: Path, text: str, because: str):
    found = await row(tmp_path, text)
    assert (found.reviewed_at, found.reviewed_by) == (None, None)
    assert because in str(found.unreviewed)


@pytest.mark.parametrize(
    ("body", "field", "because"),
    [
        (b"\xff\xfe", "unreadable", "is not UTF-8 text"),
        (b"---\na: [\n---\n", "unreadable", "front matter that is not YAML"),
        (b"---\n- a\n---\n", "unreadable", "front matter that is no mapping"),
        (b"a" * 200_001, "missing", "is larger than"),
    ],
)
async def test_what_is_no_document_says_why(tmp_path: Path, body: bytes, field: str, because: str):
    found = (await row(tmp_path, body)).model_dump()
    assert because in found[field]
    assert found["words"] is None


async def test_an_empty_document_has_no_words(tmp_path: Path):
    assert (await row(tmp_path, FRONT)).words == 0


async def test_a_missing_document_is_an_observation_beside_others(tmp_path: Path):
    (tmp_path / "doc.md").write_text("Text")
    gone, there = (await collect(tmp_path, "reports:gone.md", "reports:doc.md")).rows
    assert gone.model_dump()["missing"] == "does not exist"
    assert there.model_dump()["words"] == 1


async def test_a_star_stands_for_the_document_that_was_reviewed_last(tmp_path: Path):
    for day, name in ((1, "b"), (9, "a"), (5, "c")):
        (tmp_path / f"{name}.md").write_text(f"---\nreviewed: 2026-11-{day:02} by Jo\n---\n{name}\n")
    (found,) = (await collect(tmp_path, "reports:*.md")).rows
    assert found.model_dump()["where"] == "a.md"


async def test_the_candidate_s_version_is_asked_for_where_it_is_said(tmp_path: Path, server: HostileServer):
    server.put("/version", '{"build": {"tag": "v0.3.0"}}')
    candidate = {"at": "api:/version", "field": "build.tag"}
    found = await row(tmp_path, FRONT + "Text", url=server.url, candidate=candidate)
    assert (found.version, found.candidate) == ("v0.2.0", "v0.3.0")
    unsaid = await row(tmp_path, url=server.url, candidate={"at": "api:/gone"})
    assert (unsaid.candidate, unsaid.candidate_missing) == (None, "was answered with HTTP 404")


async def test_documents_over_http_have_their_links_asked_for(server: HostileServer):
    server.put("/docs/a.md", "[b](b.md#top) [c](gone.md)", "text/markdown")
    server.put("/docs/b.md", "# Top", "text/markdown")
    (found,) = (await collect(Path(), "api:/docs/a.md", url=server.url)).rows
    assert found.model_dump()["broken_links"] == ("line 1: gone.md was answered with HTTP 404",)


Commit = Callable[..., None]


@pytest.fixture
def commit(tmp_path: Path) -> Commit:
    """Commits a document to a repository of its own."""

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=Jo", "-c", "user.email=jo@example.test", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")

    def once(text: str, message: str) -> None:
        (tmp_path / "doc.md").write_text(text)
        git("add", ".")
        git("commit", "-q", "-m", message)

    return once


async def test_a_commit_s_trailer_is_a_review(tmp_path: Path, commit: Commit):
    commit("One", "Writes it\n\nReviewed-by: Jo <jo@example.test>\nReviewed-by: Sam <sam@example.test>")
    found = await row(tmp_path, review="history")
    assert found.reviewed_by == "Sam <sam@example.test>"
    assert found.reviewed_at is not None
    assert abs((now() - found.reviewed_at).total_seconds()) < 60


async def test_a_change_that_nobody_else_reviewed_undoes_an_earlier_review(tmp_path: Path, commit: Commit):
    commit("One", "Writes it\n\nReviewed-by: Sam <sam@example.test>")
    commit("Two", "Changes it\n\nReviewed-by: Jo <jo@example.test>")
    found = await row(tmp_path, review="history")
    assert found.reviewed_by is None
    assert "nobody but its author reviewed the newest change" in str(found.unreviewed)


async def test_what_is_not_committed_is_not_reviewed(tmp_path: Path, commit: Commit):
    commit("One", "Writes it\n\nReviewed-by: Sam <sam@example.test>")
    found = await row(tmp_path, "Two", review="history")
    assert "changes that nobody has committed" in str(found.unreviewed)


async def test_without_a_repository_the_history_is_not_known(tmp_path: Path):
    found = await row(tmp_path, "Text", review="history")
    assert "is not known: fatal: not a git repository" in str(found.unreviewed)


async def test_the_log_reviews_the_very_bytes_that_somebody_put_on_record(tmp_path: Path):
    desk, text = Desk(tmp_path), "# Threat model\n"
    (tmp_path / "doc.md").write_text(text)
    given: dict[str, Any] = {"documents": ["reports:doc.md"], "expect": {"reviewed": "9999d"}, "review": "log"}
    given["log"] = "log"
    folders = {"reports": tmp_path, "log": desk.root}
    where = Sources({name: FolderAccess(name, folder, LIMIT) for name, folder in folders.items()})

    async def found() -> tuple[str | None, str | None]:
        collector = DocumentsCollector(where, now)
        (shown,) = (await collector.collect(named(DocumentsCheck.model_validate(given)))).rows
        await collector.aclose()
        return shown.reviewed_by, shown.unreviewed

    assert await found() == (None, "is missing: nobody put these very bytes on record")
    record = desk.evidence(artifact=text.encode())
    assert await found() == (None, "is missing: nobody but who put it on record has looked at it")
    desk.review(record)
    assert await found() == ("reviewer", None)
    desk.review(record, by="auditor", accepted=False, minutes=40)
    assert await found() == (None, "did not accept it: so says auditor")
    (tmp_path / "doc.md").write_text(text + "Changed.\n")
    assert await found() == (None, "is missing: nobody put these very bytes on record")


async def test_only_a_folder_can_be_searched():
    with pytest.raises(CollectionError, match="only a folder can be searched"):
        await collect(Path(), "api:/docs/*.md")
