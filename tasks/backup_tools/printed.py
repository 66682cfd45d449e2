"""Reads what programs print as JSON: what is needed must be there and of its type, and nothing may be doubtful."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tasks.collectors.strict_json import Unreadable, parse

T = TypeVar("T")
LATEST = 10**11
"""Seconds since 1970 before which every instant lies that a program may print: the year 5138."""


class Printed(BaseModel):
    """Some of what a program prints; what it prints beside that is its own affair, and grows with its versions."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


def read_printed(model: type[T], body: bytes) -> T:
    """The value in what was printed; raises `Unreadable`, which names the first thing that is wrong and its path."""
    parse(body)
    try:
        return TypeAdapter(model).validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, first["loc"])) or "its top"
        raise Unreadable(f"is not what the tool prints: at {path}, {first['msg'].lower()}") from None
