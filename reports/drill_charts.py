"""Charts of drills as coordinates: a template draws them as SVG that needs neither script nor font nor colour."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from checks.readiness.measures import Measure, seconds_words

WIDTH = 640
_LABELS, _VALUES = 120, 70
_PLOT = WIDTH - _LABELS - _VALUES
_ROW, _TOP = 24, 20
_TREND_WIDTH, _TREND_HEIGHT, _MARGIN = 440, 60, 6
_TREND_PLOT = 320
"""What is left of it for the course itself; beside it stand the newest value and the limit in words."""
_LINE_APART, _WORDS_BELOW = 14, 4


_RUNS_FROM = {
    "RTO": "detect",
    "rollback": "back",
    "end of the service": "stop",
    "delivery": "fire",
    "experiment": "experiment",
}
"""From the beginning of which span a measured duration runs; others (RPO) are no stretch of the drill's own time."""


class Spanned(Protocol):
    """What a chart of spans is made of."""

    @property
    def name(self) -> str: ...

    @property
    def began(self) -> float: ...

    @property
    def seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Bar:
    """One span, in the drawing's own units."""

    name: str
    words: str
    x: float
    y: float
    width: float


@dataclass(frozen=True, slots=True)
class LimitLine:
    """Where a limit stands on the axis."""

    words: str
    x: float


@dataclass(frozen=True, slots=True)
class SpanChart:
    """Spans one below the other along one axis of time; `limits` only where they fit on it."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    limits: tuple[LimitLine, ...]
    left: int
    words: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    """One measured duration over the runs, oldest first, and its limit.

    `newest_y` and `limit_words_y` are where their words stand, apart even where the lines meet.
    """

    name: str
    width: int
    height: int
    plot: int
    points: tuple[tuple[float, float], ...]
    limit_y: float
    limit_words_y: float
    newest_y: float
    newest: Measure
    words: str

    @property
    def line(self) -> str:
        """The points as SVG's `polyline` takes them."""
        return " ".join(f"{x:g},{y:g}" for x, y in self.points)


def span_chart(spans: Sequence[Spanned], measures: Sequence[Measure]) -> SpanChart:
    """A chart whose axis ends with the last span, or with a limit that is not far beyond."""
    end = max((span.began + span.seconds for span in spans), default=0.0) or 1.0
    began = {span.name: span.began for span in spans}
    ends = [(one, began[start] + one.limit) for one in measures if (start := _RUNS_FROM.get(one.name)) in began]
    near = [(one, at) for one, at in ends if at <= 2 * end]
    scale = _PLOT / max([end, *(at for _, at in near)])
    bars = tuple(
        Bar(span.name, seconds_words(span.seconds), round(_LABELS + span.began * scale, 1), _TOP + _ROW * place, width)
        for place, span in enumerate(spans)
        for width in (max(round(span.seconds * scale, 1), 1.0),)
    )
    limits = tuple(
        LimitLine(f"{one.name}: at most {one.limit_words}", round(_LABELS + at * scale, 1)) for one, at in near
    )
    told = ", ".join(f"{span.name} {seconds_words(span.seconds)}" for span in spans)
    return SpanChart(WIDTH, _TOP + _ROW * len(spans) + 4, bars, limits, _LABELS, told)


def trend_chart(name: str, course: Sequence[Measure]) -> TrendChart:
    """A course from left to right; the axis ends at the largest value or limit."""
    top = max(max(one.seconds, one.limit) for one in course) or 1.0
    step = (_TREND_PLOT - 2 * _MARGIN) / max(len(course) - 1, 1)

    def height(seconds: float) -> float:
        return round(_TREND_HEIGHT - _MARGIN - max(seconds, 0) / top * (_TREND_HEIGHT - 2 * _MARGIN), 1)

    points = tuple((round(_MARGIN + step * place, 1), height(one.seconds)) for place, one in enumerate(course))
    told = f"{name}, oldest first: {', '.join(one.words for one in course)}; at most {course[-1].limit_words}"
    limit, newest = height(course[-1].limit), points[-1][1]
    apart = _LINE_APART if newest >= limit else -_LINE_APART
    words = limit + apart if abs(newest - limit) < _LINE_APART else newest
    return TrendChart(
        name=name,
        width=_TREND_WIDTH,
        height=_TREND_HEIGHT,
        plot=_TREND_PLOT,
        points=points,
        limit_y=limit,
        limit_words_y=limit + _WORDS_BELOW,
        newest_y=words + _WORDS_BELOW,
        newest=course[-1],
        words=told,
    )
