"""The course of one figure up to now: a small chart as coordinates, and the same in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.evidence.inputs import EarlierStanding
from checks.readiness.assessment import Assessment

WIDTH, HEIGHT, _MARGIN = 320, 56, 8


@dataclass(frozen=True, slots=True)
class Trend:
    """Points from left to right in proportion to time; `words` tells what they are for who cannot see them."""

    points: tuple[tuple[float, float], ...]
    words: str
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def line(self) -> str:
        """The points as SVG's `polyline` takes them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


def trend(now: Assessment, earlier: Sequence[EarlierStanding]) -> Trend | None:
    """The course of a model's figure; `None` where there is no earlier one to compare with."""
    if now.figure is None:
        return None
    course = [(one.as_of, one.figure, f"{one.ago} {one.figure_words}") for one in earlier if one.figure is not None]
    if not course:
        return None
    course.append((now.as_of, now.figure, f"now {now.figure_words}"))
    return Trend(_points([(at, figure) for at, figure, _ in course]), ", ".join(words for *_, words in course))


def _points(course: Sequence[tuple[datetime, float]]) -> tuple[tuple[float, float], ...]:
    first, last = course[0][0], course[-1][0]
    low, high = min(figure for _, figure in course), max(figure for _, figure in course)
    span, range_ = (last - first).total_seconds() or 1.0, (high - low) or 1.0

    def x(at: datetime) -> float:
        return round(_MARGIN + (at - first).total_seconds() / span * (WIDTH - 2 * _MARGIN), 1)

    def y(figure: float) -> float:
        level = 0.5 if high == low else (figure - low) / range_
        return round(HEIGHT - _MARGIN - level * (HEIGHT - 2 * _MARGIN), 1)

    return tuple((x(at), y(figure)) for at, figure in course)
