"""Looks for secrets in files: what it keeps is where one stands and of which form it is, never the secret."""

import asyncio
from collections.abc import Iterator
from typing import Any

from checks.errors import CollectionError
from checks.evidence.records import RawCapture, json_bytes, rfc3339
from checks.places import Place
from tasks.collectors.collector import Clock
from tasks.collectors.documents import DocumentReader, document_from
from tasks.collectors.files import FileRead, read_file
from tasks.collectors.http_exchange import printable
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.newest import matching
from tasks.collectors.sources import FolderAccess, Sources

_MOST_FILES = 5_000
_MOST_KEPT = 200


async def scan(place: Place, item: str, sources: Sources, documents: DocumentReader, now: Clock) -> RawCapture:
    """What the files at a place give away; a path with `*` means every file that matches."""
    access, read_at = sources[place.source], now()
    if isinstance(access, FolderAccess):
        names = await asyncio.to_thread(matching, access, place.path) if "*" in place.path else [place.path]
        if len(names) > _MOST_FILES:
            raise CollectionError(f"{place}: {len(names)} files match, more than {_MOST_FILES}; name a narrower path")
        found = await asyncio.to_thread(_scanned, access, names)
    else:
        document = document_from(await documents.read(place, item))
        body = FileRead(document.where, document.body, trouble=document.missing)
        found = _told([body])
    meta = {"subject": str(place), "path": place.path, "read_at": rfc3339(read_at), "file_time": None, "trouble": None}
    return RawCapture(item, json_bytes(found), meta)


def _scanned(access: FolderAccess, names: list[str]) -> dict[str, Any]:
    return _told([read_file(access, name) for name in names])


def _told(files: list[FileRead]) -> dict[str, Any]:
    exposed = [line for file in files if file.trouble is None for line in _exposed(file)]
    unscanned = [f"{file.relative} {file.trouble}" for file in files if file.trouble is not None]
    return {
        "files": len(files) - len(unscanned),
        "exposures": len(exposed),
        "exposed": exposed[:_MOST_KEPT],
        "unscanned": unscanned[:_MOST_KEPT],
    }


def _exposed(file: FileRead) -> Iterator[str]:
    for number, line in enumerate(file.body.decode("utf-8", errors="replace").splitlines(), start=1):
        for form in hide_secrets(line).found:
            yield f"{printable(file.relative, 200)} line {number}: {form}"
