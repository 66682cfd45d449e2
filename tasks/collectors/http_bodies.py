"""What is wrong with the body of an answer: is it JSON, do its fields say what they should, has it the right shape?"""

from collections.abc import Callable, Mapping
from typing import Any

from jsonschema.exceptions import best_match
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from checks.kinds import fields
from checks.kinds.http_answers import Answer
from tasks.collectors.http_exchange import Exchange, printable
from tasks.collectors.http_words import Values, filled
from tasks.collectors.strict_json import Json, Unreadable, at, decoded, parse

WHOLE = "$"
_HEADER = "header "
_LONGEST = 300


def body_of(exchange: Exchange, limit: int) -> Json:
    """The JSON document in an answer; `Unreadable` says why there is none."""
    if exchange.no_answer or exchange.status is None:
        raise Unreadable("did not come whole")
    return parse(decoded(exchange.body, exchange.headers.get("content-encoding"), limit))


def wrong_fields(document: Json, expect: Answer, values: Values) -> str | None:
    """The fields that are not as asked, in words; an absent one is never as asked."""
    wrong = [f"{path} is absent" for path in expect.has if _said(document, path) is None]
    for path, template in expect.equals.items():
        said, expected = _said(document, path), filled(template, values)
        if not fields.same(said, expected):
            wrong.append(f"{path} is {_short(said)}, expected {_short(expected)}")
    wrong += _beyond(document, expect.max, fields.at_most, "at most")
    wrong += _beyond(document, expect.min, fields.at_least, "at least")
    return "; ".join(wrong) or None


def wrong_shape(document: Json, shape: dict[str, Any]) -> str | None:
    """Where a document is not of a shape; nothing is fetched that the shape may refer to."""
    validator = validator_for(shape, default=Draft202012Validator)(shape, registry=Registry())
    try:
        error = best_match(validator.iter_errors(document))
    except Unresolvable as missing:
        return f"the shape refers to {missing.ref!r}, which it does not hold"
    if error is None:
        return None
    where = ".".join(map(str, error.absolute_path))
    return printable(f"{where + ': ' if where else ''}{error.message}", _LONGEST)


def taken(exchange: Exchange, document: Json, take: Mapping[str, str]) -> tuple[dict[str, Json], str | None]:
    """The values that a step takes from an answer, and which of them it lacks."""
    found: dict[str, Json] = {}
    for word, where in take.items():
        if where.startswith(_HEADER):
            value: Json = exchange.headers.get(where.removeprefix(_HEADER).lower())
        else:
            value = _said(document, where)
        if value is not None:
            found[word] = value
    lacking = [where for word, where in take.items() if word not in found]
    return found, f"the answer has no {' and no '.join(lacking)}" if lacking else None


def _said(document: Json, path: str) -> Json:
    return document if path == WHOLE else at(document, path)


def _beyond(document: Json, limits: fields.Limits, met: Callable[[Json, float], bool], words: str) -> list[str]:
    return [
        f"{path} is {_short(_said(document, path))}, expected {words} {limit:g}"
        for path, limit in limits.items()
        if not met(_said(document, path), limit)
    ]


def _short(value: Json) -> str:
    return printable(fields.shown(value), _LONGEST)
