"""Documents of settings: JSON, YAML, TOML, and lines of `NAME=value`; secrets hidden wherever they stand."""

import tomllib
from collections.abc import Mapping
from math import isfinite
from pathlib import PurePosixPath
from typing import Any

from checks.catalog import REFERENCE
from checks.kinds.fields import Json
from checks.secret_names import speaks_of_secrets
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.strict_json import Unreadable, parse
from tasks.collectors.yaml_reading import parse_yaml

_HIDDEN = "‹hidden›"
_DEEPEST = 50
_MOST_SETTINGS = 10_000


def read_settings(name: str, body: bytes) -> dict[str, Json]:
    """What a document sets, without secrets; `name` tells the form by its ending, JSON where it tells none."""
    ending = PurePosixPath(name.partition("?")[0]).suffix
    try:
        if ending in (".yaml", ".yml"):
            told: Any = parse_yaml(body)
        elif ending == ".toml":
            told = tomllib.loads(body.decode())
        elif ending in (".env", ".properties", ".conf") or name.endswith("/.env"):
            told = _lines(body.decode())
        else:
            told = parse(body)
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    except Unreadable:
        raise
    except (ValueError, RecursionError):  # TOML's own error is a ValueError, and not the only one
        raise Unreadable(f"is no {ending.removeprefix('.').upper()}") from None
    if not isinstance(told, dict) or not told:
        raise Unreadable("sets nothing by name")
    shown = _Shown()
    return {str(key): shown.of(str(key), value) for key, value in told.items()}


def _lines(text: str) -> dict[str, str | int | float]:
    """`NAME=value`, `export NAME="value"`; what follows `#` or `;` at the start of a line is a comment."""
    found: dict[str, str | int | float] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        name, equals, value = stripped.removeprefix("export ").partition("=")
        if not equals or not name.strip():
            raise Unreadable(f"has no NAME=value at line {number}")
        if name.strip() in found:
            raise Unreadable(f"sets {name.strip()} twice, again at line {number}")
        found[name.strip()] = _value(value.strip())
    return found


def _value(text: str) -> str | int | float:
    """A number where it is one, so that limits hold."""
    unquoted = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
    for form in (int, float):
        try:
            number = form(unquoted)
        except ValueError:
            continue
        return number if isinstance(number, int) or isfinite(number) else unquoted
    return unquoted


class _Shown:
    """Settings as evidence may show them; references inside a document must not make it grow without end."""

    def __init__(self) -> None:
        self._left = _MOST_SETTINGS

    def of(self, name: str, value: Any, depth: int = 0) -> Json:
        """A setting: under a name that speaks of secrets nothing but yes, no, nothing and references is shown."""
        self._left -= 1
        if self._left < 0 or depth > _DEEPEST:
            raise Unreadable("sets more than anybody could mean")
        if isinstance(value, Mapping):
            return {str(key): self.of(str(key), inner, depth + 1) for key, inner in value.items()}
        if isinstance(value, list | tuple | set):
            return [self.of(name, inner, depth + 1) for inner in value]
        if value is None or isinstance(value, bool):
            return value
        if speaks_of_secrets(name) and not (isinstance(value, str) and REFERENCE.fullmatch(value)):
            return _HIDDEN
        if isinstance(value, int) or (isinstance(value, float) and isfinite(value)):
            return value
        return hide_secrets(str(value)).text  # JSON has no word for what is not finite
