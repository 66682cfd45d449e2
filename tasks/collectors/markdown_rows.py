"""Reads a document's row from what was captured of it."""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from checks.evidence.people import PersonsEvidence
from checks.evidence.people import Review as LogReview
from checks.evidence.records import RawCapture
from checks.kinds.documents import DocumentsCheck, DocumentsExpectation, DocumentsRow, TableExpectation
from tasks.collectors.documents import document_from
from tasks.collectors.http_exchange import printable
from tasks.collectors.log_records import read_log, review_of
from tasks.collectors.markdown_history import HISTORY, Review, review_in
from tasks.collectors.markdown_links import LINKS
from tasks.collectors.markdown_text import Markdown, Table, read_markdown
from tasks.collectors.places import captures_of, found_facts, version_facts
from tasks.collectors.strict_json import Unreadable

_REVIEWED = re.compile(r"(?P<date>\d{4}-\d\d-\d\d)(?:\s+by\s+(?P<name>\S.*))?")


def document_row(check: DocumentsCheck, subject: str, captures: Sequence[RawCapture]) -> DocumentsRow:
    """What one document shows."""
    own = [one for one in captures if one.meta.get("subject") == subject]
    (capture,) = captures_of(own, subject)
    facts = found_facts(subject, capture)
    document = document_from(capture)
    if document.missing is not None:
        return DocumentsRow(**facts, **version_facts(check, captures))
    facts["digest"] = hashlib.sha256(document.body).hexdigest()
    try:
        text = read_markdown(document.body)
    except Unreadable as error:
        return DocumentsRow(**facts, **version_facts(check, captures), unreadable=printable(str(error), 300))
    version = text.front.get("version")
    facts |= version_facts(check, captures, printable(version, 200) if isinstance(version, str) else None)
    links = next((one for one in own if one.item.startswith(f"{LINKS}-")), None)
    listed = json.loads(links.body) if links else []
    review = _review(check, text, document.body, [*own, *captures])
    return DocumentsRow(**facts, **_said(check.expect, text, listed), **review)


def own_review(text: Markdown) -> Review:
    """What a document says of its own review."""
    said = text.front.get("reviewed")
    if said is None:
        return Review(trouble="is missing: its front matter has no `reviewed: DATE by NAME`")
    found = _REVIEWED.fullmatch(said.strip()) if isinstance(said, str) else None
    if found is None:
        return Review(trouble=f"is not known: its front matter says reviewed: {printable(str(said), 60)!r}")
    name = found["name"] or text.front.get("reviewed_by")
    if not isinstance(name, str) or not name.strip():
        return Review(trouble="is nobody's: its front matter does not say by whom")
    try:
        return Review(datetime.fromisoformat(found["date"]).replace(tzinfo=UTC), printable(name.strip(), 200))
    except ValueError:
        return Review(trouble=f"is not known: {found['date']} is no date")


def logged_review(body: bytes, captures: Sequence[RawCapture]) -> Review:
    """What people put on record of these very bytes: the newest review of them by somebody else, if it accepts them."""
    records, digest = read_log(captures), hashlib.sha256(body).hexdigest()
    own = [one for one in records if isinstance(one.record, PersonsEvidence) and one.record.artifact_digest == digest]
    if not own:
        return Review(trouble="is missing: nobody put these very bytes on record")
    reviews = [found.record for one in own if (found := review_of(one, records)) is not None]
    newest = max((one for one in reviews if isinstance(one, LogReview)), key=lambda one: one.at, default=None)
    if newest is None:
        return Review(trouble="is missing: nobody but who put it on record has looked at it")
    if not newest.accepted:
        return Review(trouble=f"did not accept it: so says {newest.by}")
    return Review(newest.at, newest.by)


def _review(check: DocumentsCheck, text: Markdown, body: bytes, captures: Sequence[RawCapture]) -> dict[str, Any]:
    if check.expect.reviewed is None:
        return {}
    match check.review:
        case "document":
            review = own_review(text)
        case "history":
            review = review_in(next(one for one in captures if one.item.startswith(f"{HISTORY}-")), body)
        case "log":
            review = logged_review(body, captures)
    return {"reviewed_at": review.at, "reviewed_by": review.by, "unreviewed": review.trouble or None}


def _said(expect: DocumentsExpectation, text: Markdown, links: Sequence[Any]) -> dict[str, Any]:
    headings = {heading.casefold() for heading in text.headings}
    linked = {link.path.removeprefix("./") for link in text.links}
    return {
        "words": text.words,
        "links": len(text.links),
        "broken_links": tuple(_broken(links)),
        "headings_missing": tuple(one for one in expect.headings if one.casefold() not in headings),
        "unsaid": tuple(words for words in expect.says if " ".join(words.split()) not in text.prose),
        "unlinked": tuple(path for path in expect.links_to if path not in linked),
        "open_items": text.open_items,
        "drift": tuple(line for table in expect.tables for line in _drift(table, text.tables)),
    }


def _broken(links: Sequence[Any]) -> Iterator[str]:
    for link in links:
        if link["trouble"] is not None:
            yield f"line {link['line']}: {printable(link['target'], 200)} {printable(link['trouble'], 200)}"


def _drift(expect: TableExpectation, tables: Sequence[Table]) -> Iterator[str]:
    """How a table differs from the rows that it must hold, row by row and cell by cell."""
    table = next((one for one in tables if one.under.casefold() == expect.under.casefold()), None)
    if table is None:
        yield f"there is no table under {expect.under!r}"
        return
    missing = [name for name in expect.columns if name not in table.columns]
    if missing:
        yield f"the table under {expect.under!r} has no column {', '.join(missing)}"
        return
    places = [table.columns.index(name) for name in expect.columns]
    found: dict[str, list[tuple[str, ...]]] = {}
    for row in table.rows:
        cells = tuple(printable(row[place], 200) for place in places)
        found.setdefault(cells[0], []).append(cells)
    wanted = {row[0]: row for row in expect.rows}
    yield from (f"{key} is not in the document" for key in wanted if key not in found)
    yield from (f"{key} is not in the catalogue" for key in found if key not in wanted)
    for key, rows in found.items():
        if len(rows) > 1:
            yield f"{key} stands in {len(rows)} rows"
        if key in wanted:
            yield from _differing(key, expect.columns, wanted[key], rows[0])


def _differing(key: str, columns: Sequence[str], wanted: Sequence[str], found: Sequence[str]) -> Iterator[str]:
    for column, expected, cell in zip(columns, wanted, found, strict=True):
        if expected != cell:
            yield f"{key}: {column} is {cell!r}, expected {expected!r}"
