"""JSON as evidence has to be read: one value for each name, no NaN, whole characters only, in bounded depth."""

import json
import re
import zlib
from collections.abc import Mapping
from typing import NoReturn

from checks.kinds.fields import Json as Json

_PLACE = re.compile(r"[0-9]{1,9}")


class Unreadable(ValueError):  # noqa: N818 (it says what the document is)
    """A body that is no document; the message says why in words that follow `the document`."""


def parse(body: bytes) -> Json:
    """The document in a body; anything doubtful is refused."""
    if not body.strip():
        raise Unreadable("is empty")
    try:
        text = body.decode("utf-8-sig")
        value: Json = json.loads(text, object_pairs_hook=_once, parse_constant=_refused, parse_float=_finite)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise Unreadable("is not UTF-8 text") from None
    except RecursionError:
        raise Unreadable("is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Unreadable(f"is not JSON: {error.msg.lower()} at line {error.lineno}, column {error.colno}") from None
    except Unreadable:
        raise
    except ValueError as error:
        raise Unreadable(f"is not JSON: {error}") from None
    return value


def parse_object(body: bytes) -> dict[str, Json]:
    """The object in a body; any other document is refused too."""
    document = parse(body)
    if not isinstance(document, dict):
        raise Unreadable("is JSON, but no object")
    return document


def decoded(body: bytes, encoding: str | None, limit: int) -> bytes:
    """A body without the content encoding that a server put on it unasked; it may not grow over the limit."""
    if encoding in (None, "", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise Unreadable(f"came with the content encoding {encoding!r}, which was not asked for")
    unpacking = zlib.decompressobj(wbits=47)
    try:
        unpacked = unpacking.decompress(body, limit + 1)
    except zlib.error:
        raise Unreadable(f"is no valid {encoding}") from None
    if len(unpacked) > limit:
        raise Unreadable(f"unpacks to more than {limit} bytes")
    if not unpacking.eof:
        raise Unreadable(f"is {encoding} that was cut off")
    return unpacked


def at(document: Json, path: str) -> Json:
    """The value at a dotted path, `None` where there is none; a name that holds dots is found whole first.

    A whole number in the path leads into a list, counted from 0.
    """
    if isinstance(document, Mapping) and path in document:
        return document[path]
    first, dot, rest = path.partition(".")
    if isinstance(document, list):
        inner = document[int(first)] if _PLACE.fullmatch(first) and int(first) < len(document) else None
        return at(inner, rest) if dot else inner
    return at(document.get(first), rest) if dot and isinstance(document, Mapping) else None


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"names {twice!r} twice")
    return found


def _refused(word: str) -> NoReturn:
    raise Unreadable(f"holds {word}, which is not JSON")


def _finite(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise Unreadable(f"holds {digits[:40]}, which is too large a number")
    return value
