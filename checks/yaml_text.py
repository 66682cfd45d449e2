"""YAML of the outside world as plain values: safe loaders alone, in bounded depth, and one error however it is none.

The loader in C follows nested values by recursion without a limit, and a few thousand brackets end the whole process:
so a text's events, which need no recursion, are looked through first.
"""

from collections.abc import Callable
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 100
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)
_BROKEN = (yaml.YAMLError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What leaves the loaders beside their own errors: a date that is none, a number of no digits, a key that is a list."""


class NotYamlError(ValueError):
    """A text is no YAML that anybody should read; `line` counts from 1 where it is known."""

    def __init__(self, because: str, line: int | None = None) -> None:
        super().__init__(because)
        self.line = line


def read_yaml(text: str) -> Any:
    """The value of a document, with numbers, dates and the like; what aliases stand for is there once."""
    return _read(text, lambda: yaml.load(text, Loader=_LOADER))  # noqa: S506 (a safe loader, in C if there is one)


def read_yaml_as_text(text: str) -> Any:
    """The value of a document, in which everything is text, a list or a mapping."""
    return _read(text, lambda: yaml.load(text, Loader=yaml.BaseLoader))  # noqa: S506 (it makes nothing else)


def read_yaml_documents(text: str) -> list[Any]:
    """The values of all documents of a text."""
    documents: list[Any] = _read(text, lambda: list(yaml.load_all(text, Loader=_LOADER)))
    return documents


def _read(text: str, load: Callable[[], Any]) -> Any:
    try:
        _demand_shallow(text)
        return load()
    except NotYamlError:
        raise
    except _BROKEN as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        because = getattr(error, "problem", None) or " ".join(str(error).split())
        raise NotYamlError(because, None if line is None else line + 1) from None


def _demand_shallow(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
        if depth > _DEEPEST:
            raise NotYamlError("it is nested too deeply", event.start_mark.line + 1 if event.start_mark else None)
