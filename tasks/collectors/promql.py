"""What Prometheus is asked: single series, as they were scraped, at an instant that is always named."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from checks.kinds.metrics import Series

RULES_PATH = "/api/v1/rules?type=alert"
"""Where Prometheus tells its alerts and their state as of now."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request: the path with its parameters, and what its answer is for."""

    role: str
    path: str


def selector(series: Series, *, suffix: str = "", le: Iterable[str] = ()) -> str:
    """The selector of all series of a metric with such labels; `le` are bounds as they are written in the labels."""
    matchers = [_matcher(label, value) for label, value in series.labels.items()]
    bounds = "|".join(map(re.escape, le))
    if bounds:
        matchers.append(f"le=~{_quoted(bounds)}")
    return f"{series.metric}{suffix}{{{','.join(matchers)}}}"


def samples_until(role: str, selected: str, *, end: int, length: int) -> Question:
    """Every sample of the last `length` (ms) up to an instant (ms)."""
    return _question(role, "query", query=f"{selected}[{_open(length)}]", time=_seconds(end))


def samples_by_step(role: str, selected: str, *, start: int, end: int, step: int) -> Question:
    """The last sample in each step (ms) up to an instant; a step in which nothing was scraped has none."""
    query = f"last_over_time({selected}[{_open(step)}])"
    return _question(role, "query_range", query=query, start=_seconds(start), end=_seconds(end), step=_seconds(step))


def bounds_of(role: str, selected: str, *, start: int, end: int) -> Question:
    """Every upper bound that a histogram's buckets had within a time."""
    return _question(role, "label/le/values", **{"match[]": selected}, start=_seconds(start), end=_seconds(end))


def formatted(expression: str) -> str:
    """The path at which Prometheus writes an expression in its own form."""
    return f"/api/v1/format_query?{urlencode({'query': expression})}"


def _question(role: str, endpoint: str, **parameters: str) -> Question:
    return Question(role, f"/api/v1/{endpoint}?{urlencode(parameters)}")


def _open(length: int) -> str:
    """A range without its beginning: Prometheus 2 takes that into it, version 3 does not."""
    return f"{length - 1}ms"


def _seconds(milliseconds: int) -> str:
    """Exactly, as Prometheus reads it."""
    whole, rest = divmod(milliseconds, 1000)
    return f"{whole}.{rest:03d}" if rest else str(whole)


def _matcher(label: str, value: str) -> str:
    """`*` stands for anything, and the label has to be there."""
    if "*" not in value:
        return f"{label}={_quoted(value)}"
    pattern = ".+" if value == "*" else ".*".join(map(re.escape, value.split("*")))
    return f"{label}=~{_quoted(pattern)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
