"""JSON and arrays in one hashable form: objects without order, numbers by value, true never 1."""

import json
import re
from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Any

_NULL = ("null",)
_BOUNDS = re.compile(r"((?:\[-?\d+:-?\d+\])+)=")
JSON_NULL = object()
"""A document that is JSON's null, as a raw value: `None` is SQL's."""


def document(raw: Any) -> Hashable:
    """The canonical form of a document given as Python values. JSON's null is not SQL's."""
    return freeze(raw)


def from_text(raw: Any) -> Hashable:
    """The canonical form of a document from a side that holds it as text."""
    return freeze(parsed(raw) if isinstance(raw, str) else raw)


def parsed(text: str) -> Any:
    """JSON text with numbers as decimals; of a repeated name the last value counts, as in jsonb."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)


def member_text(line: str, name: str) -> str | None:
    """A member of an object as text: what it says where it is text, else as JSON writes it, with every digit."""
    value = parsed(line).get(name)
    return value if value is None or isinstance(value, str) else shown(freeze(value))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def array(raw: Any) -> Hashable:
    """An array: a list, JSON text of one, or PostgreSQL's `[2:3]=` before that text where bounds do not start at 1."""
    if isinstance(raw, str):
        bounds = _BOUNDS.match(raw)
        return ("array", bounds[1] if bounds else "", freeze(parsed(raw[bounds.end() :] if bounds else raw)))
    return ("array", "", freeze(raw))


def freeze(value: Any) -> Hashable:
    """A hashable form that is equal exactly when the documents are."""
    if value is None or value is JSON_NULL:
        return _NULL
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | Decimal):
        return ("number", value)
    if isinstance(value, float):
        return ("number", Decimal(repr(value)))
    if isinstance(value, Mapping):
        return ("object", tuple(sorted((str(name), freeze(item)) for name, item in value.items())))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ("list", tuple(freeze(item) for item in value))
    return ("text", str(value))


def shown(value: Any) -> str:
    """A frozen document as compact JSON text."""
    if value[0] == "array":
        return f"{value[1]}={shown(value[2])}" if value[1] else shown(value[2])
    if value == _NULL:
        return "null"
    if value[0] == "object":
        inside = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{shown(item)}" for name, item in value[1])
        return f"{{{inside}}}"
    if value[0] == "list":
        return f"[{','.join(shown(item) for item in value[1])}]"
    if value[0] == "number":
        return f"{value[1]}"
    return json.dumps(value[1], ensure_ascii=False)
