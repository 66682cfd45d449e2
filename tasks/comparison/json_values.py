"""JSON and arrays in one hashable form: objects without order, numbers by value, true never 1."""

import json
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from tasks.comparison.errors import SideError
from tasks.comparison.numerals import plain

_NULL, _NULL_DOCUMENT = ("null",), ("null", "document")
_SIGNS = {"{": "[", "}": "]", ",": ","}
_PIECE = re.compile(r'[{},]|"(?:[^"\\]|\\.)*"|[^{},"\s\\][^{},"\\]*', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_BOUNDS = re.compile(r"((?:\[-?\d+:-?\d+\])+)=")
Read = Callable[[Any], Any]
_TOO_DEEP = "lists or objects stand too deep in one another to be compared"
JSON_NULL = object()
"""A document that is JSON's null, as a raw value, also in an array of documents: `None` is SQL's."""


def document(raw: Any) -> Hashable:
    """The canonical form of a document given as Python values. JSON's null is not SQL's."""
    return freeze(raw)


def from_text(raw: Any) -> Hashable:
    """The canonical form of a document from a side that holds it as text."""
    return freeze(parsed(raw) if isinstance(raw, str) else raw)


def from_array(raw: Any) -> Hashable:
    """The canonical form of an array, in JSON or as PostgreSQL writes one of documents, as a document."""
    is_written = isinstance(raw, str) and raw.startswith("{")
    return freeze(_each(_from_postgres(raw), parsed)) if is_written else from_text(raw)


def parsed(text: str) -> Any:
    """JSON text with numbers as decimals; of a repeated name the last value counts, as in jsonb.

    A `ValueError` says what is no JSON, or more than can be held.
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except InvalidOperation as error:
        raise ValueError("a number has too large an exponent") from error
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error


def loaded(text: str) -> Any:
    """JSON text as a raw value, in which a document that is null is told from no document."""
    document = parsed(text)
    return JSON_NULL if document is None else document


def member_text(line: str, name: str) -> str | None:
    """A member of an object as text: what it says where it is text, else as JSON writes it, with every digit."""
    value = parsed(line).get(name)
    return value if value is None or isinstance(value, str) else shown(freeze(value))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def array(raw: Any, element: Read | None = None, *, written: Read | None = None) -> Hashable:
    """An array: a list, its text in JSON or as PostgreSQL writes it, before which `[2:3]=` says where it begins.

    `element` says what an element is, and `written` what one is in PostgreSQL's text, which does not tell by itself.
    """
    if not isinstance(raw, str):
        return ("array", "", freeze(raw, element))
    bounds = _BOUNDS.match(raw)
    text = raw[bounds.end() :] if bounds else raw
    found = _each(_from_postgres(text), written) if written and text.startswith("{") else parsed(text)
    return ("array", bounds[1] if bounds else "", freeze(found, element))


def _from_postgres(text: str) -> Any:
    """An array in PostgreSQL's text, such as `{1,NULL,"a b"}`, through the JSON that it is near to."""
    if _PIECE.sub("", text):
        raise ValueError("no array")
    return json.loads(_PIECE.sub(_piece, text))


def _piece(found: re.Match[str]) -> str:
    piece = found[0]
    if piece in _SIGNS or piece == "NULL":
        return _SIGNS.get(piece, "null")
    return json.dumps(_ESCAPED.sub(r"\1", piece[1:-1]) if piece.startswith('"') else piece)


def _each(found: Any, written: Read) -> Any:
    if isinstance(found, list):
        return [_each(one, written) for one in found]
    return None if found is None else written(found)


def is_document(value: Any) -> bool:
    """Whether a raw value is one that only JSON has."""
    return value is JSON_NULL or isinstance(value, Mapping | list | tuple)


def freeze(value: Any, element: Read | None = None) -> Hashable:
    """A hashable form that is equal exactly when the documents are, or the lists of what an `element` is.

    One that is too deep for it is an error, and no `ValueError`: the value would then differ from every other.
    """
    try:
        return _frozen(value, element)
    except RecursionError as error:
        raise SideError(_TOO_DEEP) from error


def _frozen(value: Any, element: Read | None = None) -> Hashable:
    if value is None or value is JSON_NULL:
        return _NULL
    if element is not None and not isinstance(value, list):
        value = element(value)
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, int | Decimal):
        return ("number", value)
    if isinstance(value, float):
        return ("number", Decimal(repr(value)))
    if isinstance(value, Mapping):
        return ("object", tuple(sorted((str(name), _frozen(item)) for name, item in value.items())))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        items = (_NULL_DOCUMENT if item is JSON_NULL else _frozen(item, element) for item in value)
        return ("list", tuple(items))
    return ("text", str(value))


def shown(value: Any) -> str:
    """A frozen document as compact JSON text."""
    if value[0] == "array":
        return f"{value[1]}={shown(value[2])}" if value[1] else shown(value[2])
    if value[0] == "null":
        return "null" if value == _NULL else "json null"
    if value[0] == "object":
        inside = ",".join(f"{json.dumps(name, ensure_ascii=False)}:{shown(item)}" for name, item in value[1])
        return f"{{{inside}}}"
    if value[0] == "list":
        return f"[{','.join(shown(item) for item in value[1])}]"
    if value[0] == "number":
        return plain(value[1])
    return json.dumps(value[1], ensure_ascii=False)
