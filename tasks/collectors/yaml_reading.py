"""YAML as evidence has to be read: whatever is no YAML, however it is none, is said in one way."""

from collections.abc import Callable
from typing import Any

from checks.yaml_text import NotYamlError, read_yaml, read_yaml_as_text
from tasks.collectors.strict_json import Unreadable


def parse_yaml(body: bytes) -> Any:
    """The value of a document, with numbers, dates and the like."""
    return _parsed(body, read_yaml)


def parse_yaml_text(body: bytes) -> Any:
    """The value of a document, in which everything is text, a list or a mapping."""
    return _parsed(body, read_yaml_as_text)


def _parsed(body: bytes, read: Callable[[str], Any]) -> Any:
    try:
        return read(body.decode())
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    except NotYamlError as error:
        raise Unreadable("is no YAML" + (f" at line {error.line}" if error.line else "")) from None
