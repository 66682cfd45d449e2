"""The queries that OpenSLO documents carry for Prometheus: which series they count, where that can be told."""

import re
from dataclasses import dataclass, field

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_SELECTOR = re.compile(rf"({_NAME})(?:\{{(.*?)\}})?", re.DOTALL)
_COUNTED = re.compile(r"(?:rate|increase)\((.+)\[[^\]]+\]\)", re.DOTALL)
_GROUPED = re.compile(r"\s*(?:by|without)\s*\([^)]*\)\s*")
_QUANTILE = re.compile(r"histogram_quantile\( ?(0?\.\d+) ?, ?(.+)\)", re.DOTALL)
_MATCHER = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_CLASS = re.compile(r"\^?([1-5])(?:\.\.|\.[*+]|\\d\\d|\\d\{2\}|\[0-9\]\{2\}|\[0-9\]\[0-9\])\$?")
_PLAIN = re.compile(r"[\w./-]*")


class NotRead(ValueError):  # noqa: N818 (it says what the query is)
    """A query that says more than which series it counts; the message says what, in words that follow `the query`."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A metric with its labels; `without` are labels that the series must not have, as they stand in a query."""

    metric: str
    labels: dict[str, str] = field(default_factory=dict)
    without: dict[str, str] = field(default_factory=dict)

    @property
    def series(self) -> dict[str, object]:
        """As a catalogue states it."""
        return {"metric": self.metric, **({"labels": self.labels} if self.labels else {})}


def counted(query: str) -> Selected:
    """The series that a query counts: `sum(rate(name{…}[5m]))` and what it is made of."""
    text = " ".join(query.split())
    text = _without_sum(text)
    if (rated := _COUNTED.fullmatch(text)) is not None:
        text = rated[1].strip()
    return _selected(text)


def quantile(query: str) -> tuple[str, Selected] | None:
    """The quantile and the histogram of `histogram_quantile(0.95, sum(rate(name_bucket{…}[5m])) by (le))`."""
    match = _QUANTILE.fullmatch(" ".join(query.split()))
    if match is None:
        return None
    found = counted(match[2].strip())
    if not found.metric.endswith("_bucket") or found.without:
        raise NotRead("takes a quantile of something that is no plain histogram")
    return match[1], Selected(found.metric.removesuffix("_bucket"), found.labels)


def _without_sum(text: str) -> str:
    """What a `sum` is over, whatever it is grouped by, before its argument or after it; other texts as they are."""
    if not re.match(r"sum\b", text):
        return text
    rest = text.removeprefix("sum").strip()
    if (grouped := _GROUPED.match(rest)) is not None:
        rest = rest[grouped.end() :]
    depth = 0
    for place, char in enumerate(rest):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            after = rest[place + 1 :]
            return rest[1:place].strip() if not after or _GROUPED.fullmatch(after) else text
    return text


def _selected(text: str) -> Selected:
    match = _SELECTOR.fullmatch(text)
    if match is None:
        raise NotRead("does more than count series of one metric")
    labels, without, place = dict[str, str](), dict[str, str](), 0
    inside = match[2] or ""
    while place < len(inside.rstrip()):
        matcher = _MATCHER.match(inside, place)
        if matcher is None:
            raise NotRead("has matchers that cannot be read")
        label, how, value = matcher[1], matcher[2], matcher[3]
        (without if how.startswith("!") else labels)[label] = _value(value, by_pattern=how.endswith("~"))
        place = matcher.end()
    return Selected(match[1], labels, without)


def _value(text: str, *, by_pattern: bool) -> str:
    """A label's value as a catalogue writes it: of patterns only classes of status codes have a word there."""
    if by_pattern and (code := _CLASS.fullmatch(text.replace("\\\\", "\\"))) is not None:
        return f"{code[1]}*"
    if not _PLAIN.fullmatch(text):
        raise NotRead(f"matches {text!r}, which a catalogue has no word for")
    return text
