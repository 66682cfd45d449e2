"""Follows the relative links of a document: does each lead to a file, and to a section that is there?"""

import asyncio
import posixpath

from checks.errors import CollectionError
from checks.evidence.records import RawCapture, json_bytes
from checks.places import Place
from tasks.collectors.collector import Clock
from tasks.collectors.documents import DocumentReader, document_from
from tasks.collectors.http_client import HttpClient
from tasks.collectors.markdown_text import Link, Markdown, read_markdown
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Unreadable

LINKS = "links"
_MARKDOWN = (".md", ".markdown")
_MOST_LINKS = 2_000


class LinkFollower:
    """Looks where links lead, within the source that their document is from; each target is looked at once."""

    def __init__(self, sources: Sources, now: Clock, http: HttpClient) -> None:
        self._sources = sources
        self._documents = DocumentReader(sources, now, http=http)

    async def follow(self, text: Markdown, document: Place, subject: str, number: int) -> RawCapture:
        """What every link came to, as a capture: its line, its target, and why it leads nowhere where that is so."""
        if len(text.links) > _MOST_LINKS:
            raise CollectionError(f"{document} has {len(text.links)} links, more than {_MOST_LINKS}")
        known: dict[str, frozenset[str] | None] = {document.path: text.anchors}
        troubles = {link.target: await self._trouble(link, document, known) for link in text.links}
        listed = [{"line": link.line, "target": link.target, "trouble": troubles[link.target]} for link in text.links]
        return RawCapture(f"{LINKS}-{number}", json_bytes(listed), {"subject": subject})

    async def _trouble(self, link: Link, document: Place, known: dict[str, frozenset[str] | None]) -> str | None:
        if not link.path and not link.fragment:
            return "leads nowhere"
        path = _joined(document.path, link.path) if link.path else document.path
        try:
            found, anchors = await self._target(Place(document.source, path), known)
        except CollectionError:
            return "leaves the folder"
        if found is not None or not link.fragment or anchors is None:
            return found
        return None if link.fragment in anchors else f"has no section #{link.fragment}"

    async def _target(
        self, place: Place, known: dict[str, frozenset[str] | None]
    ) -> tuple[str | None, frozenset[str] | None]:
        """Why there is nothing at a place, or the sections of what is there; `None` for what is no markdown."""
        if place.path in known:
            return None, known[place.path]
        access = self._sources[place.source]
        if isinstance(access, FolderAccess):
            path = access.path(place.path)
            if await asyncio.to_thread(path.is_dir):
                return None, None
            if not place.path.lower().endswith(_MARKDOWN):
                there = await asyncio.to_thread(path.is_file)
                return (None if there else "does not exist"), None
        read = document_from(await self._documents.read(place, "target"))
        if read.missing is not None:
            return read.missing, None
        known[place.path] = _anchors(read.body) if place.path.lower().endswith(_MARKDOWN) else None
        return None, known[place.path]


def _joined(document: str, target: str) -> str:
    """Where a link of a document leads: one that begins with `/` is meant from the source's root."""
    start = "" if target.startswith("/") else posixpath.dirname(document)
    return posixpath.normpath(posixpath.join(start, target.lstrip("/"))) or "."


def _anchors(body: bytes) -> frozenset[str]:
    try:
        return read_markdown(body).anchors
    except Unreadable:
        return frozenset()
