"""Records: how values lie on disk and go over the wire."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, PlainSerializer, StringConstraints

Scalar = str | int | float | bool | None
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


def rfc3339(instant: datetime) -> str:
    """An instant in UTC as RFC 3339, `2026-11-22T14:00:00Z`; microseconds only where there are any."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def in_utc(instant: datetime) -> datetime:
    """The instant in UTC; `ValueError` where that has no year."""
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("it lies outside the years that there are") from None


Instant = Annotated[
    AwareDatetime,
    AfterValidator(in_utc),
    PlainSerializer(rfc3339, when_used="json"),
]


class Record(BaseModel):
    """What lies on disk or goes over the wire: frozen, and no field that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


def json_bytes(value: object) -> bytes:
    """JSON as this product writes it: UTF-8, keys in order, a newline at the end; NaN is refused.

    A key of the outermost object has a line of its own, and so has each item of a list there: a person can read it and
    `diff` can compare it, while the inner values go through the fast encoder, which knows no indentation. Records may
    stand anywhere in the value; each is turned into plain values only while it is being written.
    """
    if not isinstance(value, dict):
        return (_compact(value) + "\n").encode()
    written = BytesIO()  # piece by piece: the verdicts of thousands of checks are not held twice
    for piece in _pieces(value):
        written.write(piece.encode())
    return written.getvalue()


def _pieces(value: dict[str, object]) -> Iterator[str]:
    yield "{\n"
    for number, key in enumerate(sorted(value)):
        yield (",\n " if number else " ") + _compact(key) + ": "
        yield from _by_line(value[key])
    yield "\n}\n"


def _by_line(value: object) -> Iterator[str]:
    if not isinstance(value, list | tuple) or not value:
        yield _compact(value)
        return
    for number, item in enumerate(value):
        yield (",\n  " if number else "[\n  ") + _compact(item)
    yield "\n ]"


def _plain(value: object) -> object:
    """By way of pydantic's own JSON, which spells out what JSON has no number for (`"NaN"`)."""
    if isinstance(value, Record):
        return json.loads(value.model_dump_json())
    raise TypeError(f"{type(value).__name__} is no JSON")


_compact = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, allow_nan=False, separators=(", ", ": "), default=_plain
).encode
