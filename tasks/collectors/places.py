"""Places as collectors read them: one document, or the newest of many where a path has `*` or a date in it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from checks.errors import CollectionError
from checks.evidence.records import RawCapture, Scalar, json_bytes
from checks.kinds.dated import DatedCheck, VersionedCheck, VersionPlace
from checks.places import Place
from tasks.collectors.collector import Clock
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.documents import Document, DocumentReader, document_from, file_capture, shown_request
from tasks.collectors.files import FileRead, read_file
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.newest import DateOf, matching, newest, pattern_of
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Json, Unreadable, at, parse

_CANDIDATE = "candidate"
_VERSION = "version"
_MOST_FILES = 2_000


class PlaceReader:
    """Reads what stands at places; a path that is searched for leaves a list of every file that was considered."""

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def read(self, place: Place, item: str, *, date_of: DateOf) -> tuple[RawCapture, ...]:
        """The document at a place, the newest where many match, and then the list of those that were considered."""
        access, pattern = self._sources[place.source], pattern_of(place.path)
        if not isinstance(access, FolderAccess):
            if "*" in place.path:
                raise CollectionError(f"{place}: only a folder can be searched; name the address itself")
            return (await self._documents.read(place, item),)
        if pattern is None:
            return (await self._documents.read(place, item),)
        chosen, candidates = await asyncio.to_thread(newest, access, pattern, date_of)
        found = chosen or FileRead(place.path, trouble=f"does not exist: no file matches {pattern}")
        linked = place.path if "*" not in place.path else None
        how: dict[str, Any] = {"linked": linked, "pattern": pattern, "candidates": len(candidates)}
        listed = json_bytes([each.listed for each in candidates])
        document = file_capture(found, item, str(place), self._now(), **how)
        return document, RawCapture(f"candidates-{item}"[:80], listed, {"subject": str(place)})

    async def read_every(self, place: Place, number: int, *, date_of: DateOf) -> tuple[RawCapture, ...]:
        """Every file that a path with `*` matches, or what `read` gives for another path."""
        access = self._sources[place.source]
        if "*" not in place.path or not isinstance(access, FolderAccess):
            return await self.read(place, item_name(number, str(place)), date_of=date_of)
        names = await asyncio.to_thread(matching, access, place.path)
        if len(names) > _MOST_FILES:
            raise CollectionError(f"{place}: {len(names)} files match, more than {_MOST_FILES}; name a narrower path")
        if not names:
            gone = FileRead(place.path, trouble=f"does not exist: no file matches {place.path}")
            return (file_capture(gone, item_name(number, str(place)), str(place), self._now()),)
        found = await asyncio.to_thread(lambda: [read_file(access, name) for name in names])
        return tuple(
            file_capture(one, item_name(number, f"{index}-{one.relative}"), str(place), self._now())
            for index, one in enumerate(found, start=1)
        )

    async def versions(self, check: VersionedCheck) -> list[RawCapture]:
        """What says the candidate's version, and that of the evidence, where neither catalogue nor evidence does."""
        asked = {_CANDIDATE: check.candidate, _VERSION: check.version_at}
        return [await self.shared(one.at, item) for item, one in asked.items() if isinstance(one, VersionPlace)]

    async def shared(self, place: Place, item: str) -> RawCapture:
        """A document that is about every subject."""
        capture = await self._documents.read(place, item)
        return RawCapture(
            item, capture.body, {name: value for name, value in capture.meta.items() if name != "subject"}
        )

    async def aclose(self) -> None:
        await self._documents.aclose()


def captures_of(captures: Sequence[RawCapture], subject: str) -> list[RawCapture]:
    """The documents that were captured of one subject, without what they were chosen from."""
    return [one for one in captures if one.meta.get("subject") == subject and {"path", "url"} & one.meta.keys()]


def requests(captures: Sequence[RawCapture]) -> str:
    """Everything that was asked for, as provenance tells it."""
    return "; ".join(shown_request(one) for one in captures if {"path", "url"} & one.meta.keys())


def found_facts(subject: str, capture: RawCapture) -> dict[str, Any]:
    """What a row says of how its document was found."""
    document = document_from(capture)
    return {
        "subject": subject,
        "where": document.where,
        "linked": capture.meta.get("linked"),
        "candidates": capture.meta.get("candidates"),
        "fetched_at": document.fetched_at,
        "file_time": document.file_time,
        "body_bytes": document.body_bytes,
        "missing": document.missing,
    }


def version_facts(
    check: VersionedCheck, captures: Sequence[RawCapture], said: str | None = None
) -> dict[str, str | None]:
    """What a row says of the version that its evidence is of (by its own word: `said`), and has to be of."""
    version = said
    if check.version_at is not None:
        version, _ = said_at(check.version_at, _VERSION, captures)
    if not isinstance(check.candidate, VersionPlace):
        return {"version": version, "candidate": check.candidate}
    candidate, missing = said_at(check.candidate, _CANDIDATE, captures)
    return {"version": version, "candidate": candidate, "candidate_missing": missing}


def said_at(asked: VersionPlace, item: str, captures: Sequence[RawCapture]) -> tuple[str | None, str | None]:
    """The version that the captured document of this name says, and why it says none."""
    document = document_from(next(one for one in captures if one.item == item))
    if document.missing is not None:
        return None, document.missing
    try:
        said = at(parse(document.body), asked.field)
    except Unreadable as error:
        return None, printable(str(error), 300)
    return (printable(said, 200), None) if isinstance(said, str) else (None, f"says no {asked.field}")


def scalar(value: Json) -> Scalar:
    """A single value as it is; a list or an object as what it is called, since no check can name its equal."""
    if isinstance(value, list | dict):
        return f"a JSON {'list' if isinstance(value, list) else 'object'}"
    return printable(value, 200) if isinstance(value, str) else value


def json_dated(timestamps: Sequence[str]) -> DateOf:
    """How JSON files that name their own time are dated."""
    return lambda found: content_time(parse(found.body), timestamps)


def dated_as(check: DatedCheck, content: DateOf) -> DateOf:
    """How a check's documents are dated: by their content, or by their files where the catalogue says so."""
    return _file_dated if check.dated_by == "file" else content


def date_facts(check: DatedCheck, document: Document, content: Callable[[], datetime]) -> dict[str, Any]:
    """What a row says of when its document was made; `content` may raise `Undated`."""
    if check.dated_by == "file":
        undated = None if document.file_time else "came with no time of its own"
        return {"content_time": document.file_time, "undated": undated}
    try:
        return {"content_time": content()}
    except Undated as error:
        return {"undated": str(error)}


def _file_dated(found: FileRead) -> datetime:
    if found.file_time is None:
        raise Undated("has no time of its own")
    return found.file_time
