"""Durations and sizes as people write them in a catalogue: `10m`, `24h`, `5MB`."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d|w)")
_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZE = re.compile(r"(\d+)(B|kB|MB|GB)")
_BYTES = {"B": 1, "kB": 1000, "MB": 1000**2, "GB": 1000**3}


def parse_duration(text: object) -> timedelta:
    """Reads `10m`; a number without a unit is refused, since nobody knows whether it means seconds."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if isinstance(text, timedelta):
        return text
    if match is None:
        raise ValueError(f"{text!r} is no duration; write a number and a unit: 500ms, 30s, 10m, 24h, 7d or 2w")
    try:
        return timedelta(seconds=float(match[1]) * _SECONDS[match[2]])
    except OverflowError:
        raise ValueError(f"{str(text)[:40]!r} is longer than anybody could mean") from None


def parse_size(text: object) -> int:
    """Reads `5MB` (decimal units) as a number of bytes."""
    match = _SIZE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"{text!r} is no size; write a whole number and a unit: 500B, 64kB, 5MB or 1GB")
    return int(match[1]) * _BYTES[match[2]]


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(timedelta.total_seconds),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["10m"]}),
]
Size = Annotated[
    int,
    BeforeValidator(parse_size),
    Field(gt=0),
    WithJsonSchema({"type": "string", "pattern": f"^{_SIZE.pattern}$", "examples": ["5MB"]}),
]
