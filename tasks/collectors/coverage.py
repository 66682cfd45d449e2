"""Coverage reports: Cobertura XML, and the JSON of coverage.py."""

from dataclasses import dataclass
from datetime import datetime

from tasks.collectors.content_time import Undated, instant_of
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, Unreadable, at, parse
from tasks.collectors.xml_reading import parse_xml


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many lines there were and how many were reached, and when that was, as the report has it."""

    lines: int
    reached: int
    stamp: Json

    @property
    def rate(self) -> float | None:
        """The share that was reached; `None` where there was nothing to reach."""
        return self.reached / self.lines if self.lines else None


def read_coverage(body: bytes) -> Coverage:
    """The totals of a report, whichever of the two forms it has."""
    if body.lstrip()[:1] == b"<":
        return _of_xml(body)
    report = parse(body)
    lines, reached = at(report, "totals.num_statements"), at(report, "totals.covered_lines")
    return _consistent(lines, reached, at(report, "meta.timestamp"))


def covered_at(coverage: Coverage) -> datetime:
    """When the report was made."""
    if coverage.stamp is None:
        raise Undated("does not say when it was made")
    return instant_of("timestamp", coverage.stamp)


def _of_xml(body: bytes) -> Coverage:
    root = parse_xml(body)
    if root.tag != "coverage":
        raise Unreadable(f"is no coverage report: its outermost element is {printable(root.tag, 60)}")
    stamp = root.get("timestamp")
    numbers = [_whole(root.get(name)) for name in ("lines-valid", "lines-covered")]
    return _consistent(numbers[0], numbers[1], _number(stamp) if stamp else None)


def _consistent(lines: Json, reached: Json, stamp: Json) -> Coverage:
    if not (type(lines) is int and type(reached) is int and 0 <= reached <= lines):
        raise Unreadable("is no coverage report: its numbers of lines are not there or contradict each other")
    return Coverage(lines, reached, stamp)


def _whole(text: str | None) -> int | None:
    return int(text[:12]) if text and text.isascii() and text.isdigit() else None


def _number(stamp: str) -> Json:
    """Cobertura has milliseconds since 1970, some of its writers seconds, others text."""
    return int(stamp) if stamp.isascii() and stamp.isdigit() else stamp
