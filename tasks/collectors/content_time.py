"""When a document says that it was made, and what it says apart from that."""

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from math import isfinite

from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, at

_MILLISECONDS_FROM = 1e11  # as seconds this is the year 5138, as milliseconds 1973


class Undated(ValueError):  # noqa: N818 (it says what the document is)
    """Nobody can tell when the document was made; the message says why in words that follow `the document`."""


def content_time(document: Json, paths: Sequence[str]) -> datetime:
    """The document's own timestamp in UTC: RFC 3339 text with a zone, or seconds or milliseconds since 1970."""
    path = _standing(document, paths)
    return instant_of(path, at(document, path))


def instant_of(path: str, value: Json) -> datetime:
    """The instant that a value at a path is; the path is for the words of what is none."""
    try:
        if isinstance(value, str):
            return _of_text(path, value)
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS_FROM else value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        if isinstance(error, Undated):
            raise
    raise Undated(f"dates itself {path} = {printable(json.dumps(value), 60)}, which is no instant")


def digest_without(document: Json, paths: Sequence[str]) -> str:
    """A digest of everything the document says but when it was made."""
    try:
        path = _standing(document, paths)
    except Undated:
        path = ""
    rest = _without(document, path)
    return hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=True).encode()).hexdigest()


def _standing(document: Json, paths: Sequence[str]) -> str:
    found = next((path for path in paths if at(document, path) is not None), None)
    if found is None:
        raise Undated(f"does not say when it was made: it has no {' or '.join(paths)}")
    return found


def _of_text(path: str, text: str) -> datetime:
    """RFC 3339 allows a space for the T; a date alone or an instant without a zone could mean many instants."""
    instant = datetime.fromisoformat(text.strip())
    if len(text.strip()) <= len("2026-11-22"):
        raise Undated(f"dates itself {path} = {printable(text, 60)!r}, a day and no instant")
    if instant.tzinfo is None:
        raise Undated(f"dates itself {path} = {printable(text, 60)!r}, which has no zone; end it in Z")
    return instant.astimezone(UTC)


def _without(document: Json, path: str) -> Json:
    if not isinstance(document, dict):
        return document
    if path in document:
        return {name: value for name, value in document.items() if name != path}
    first, dot, rest = path.partition(".")
    if not dot or first not in document:
        return document
    return {**document, first: _without(document[first], rest)}
