"""Words in braces: fills what earlier steps have taken into a later request, and asks whether that may go out."""

import json
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qsl, quote, unquote

from checks.kinds.http_steps import NONCE, PLACEHOLDER
from tasks.collectors.strict_json import Json

Values = Mapping[str, Json]


def filled(value: Json, values: Values) -> Json:
    """A value with its words filled in; a text that is one word and nothing else becomes the very value."""
    if isinstance(value, str):
        whole = PLACEHOLDER.fullmatch(value)
        return values[whole[1]] if whole else filled_text(value, values)
    if isinstance(value, dict):
        return {name: filled(inner, values) for name, inner in value.items()}
    return [filled(inner, values) for inner in value] if isinstance(value, list) else value


def filled_text(text: str, values: Values) -> str:
    """A text with its words filled in."""
    return PLACEHOLDER.sub(lambda match: _text(values[match[1]]), text)


def filled_path(path: str, values: Values) -> str:
    """A path with its words filled in, each so that it stays one part of the path."""
    return PLACEHOLDER.sub(lambda match: quote(_text(values[match[1]]), safe=""), path)


def no_leave(path: str, sent: Json, values: Values, may_change: Sequence[str]) -> str | None:
    """Why a request that changes something may not go out; `None` if it may.

    Every part of the path that an earlier answer decided must be one of the allowed subjects, and something in the
    request must be one at all: a part of the path, or a value in its query or its body.
    """
    for part in path.partition("?")[0].split("/"):
        if {*PLACEHOLDER.findall(part)} - {NONCE}:
            told = unquote(filled_path(part, values))
            if not _allowed(told, may_change):
                return f"{told!r} is not among what may be changed: {', '.join(may_change)}"
    whole, _, query = filled_path(path, values).partition("?")
    named = [*map(unquote, whole.split("/")), *(value for _, value in parse_qsl(query)), *_texts(filled(sent, values))]
    if not any(_allowed(each, may_change) for each in named):
        return f"nothing in the request is among what may be changed: {', '.join(may_change)}"
    return None


def _allowed(text: str, may_change: Iterable[str]) -> bool:
    return any(
        text.startswith(subject[:-1]) and text != subject[:-1] if subject.endswith("*") else text == subject
        for subject in may_change
    )


def _texts(value: Json) -> list[str]:
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _texts(inner)]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []


def _text(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
