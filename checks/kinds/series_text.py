"""Series as Prometheus writes them: `http_requests_total{code="200",method="get"}`, and back."""

import re
from collections.abc import Iterable, Mapping

_LABEL = re.compile(r'([^\s{}=,"]+)="((?:[^"\\]|\\.)*)"')
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n"}
_ESCAPED = {escaped: plain for plain, escaped in _ESCAPES.items()}


def series_text(metric: str, labels: Iterable[tuple[str, str]]) -> str:
    """A series' name; labels in the order of their names, so that one series is always written the same."""
    inside = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels))
    return f"{metric}{{{inside}}}" if inside else metric


def read_series(text: str) -> tuple[str, Mapping[str, str]]:
    """The metric and the labels of a series that `series_text` wrote."""
    metric, brace, inside = text.partition("{")
    found = dict(_LABEL.findall(inside)) if brace else {}
    return metric, {name: _unescaped(value) for name, value in found.items()}


def _escaped(value: str) -> str:
    return "".join(_ESCAPES.get(char, char) for char in value)


def _unescaped(value: str) -> str:
    return re.sub(r"\\.", lambda match: _ESCAPED.get(match[0], match[0]), value, flags=re.DOTALL)
