"""Charts of objectives as coordinates: the share that was bad over the window, and the share that may be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.objectives.words import percent
from checks.readiness.objective_view import ObjectiveView
from checks.timespans import instant_words

WIDTH, HEIGHT = 640, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 8, 16, 20
_PLOT_WIDTH, _PLOT_HEIGHT = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _BOTTOM
_LEAST_OVER = 2.0
_MOST_OVER = 12.0
"""Times the limit that the axis reaches at most: what lies beyond is cut off and marked, or the limit would vanish."""


@dataclass(frozen=True, slots=True)
class Column:
    """What one stretch of the window shows: certainly bad from the ground up, possibly bad above that."""

    x: float
    width: float
    y: float
    height: float
    doubt_y: float
    doubt_height: float
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Shade:
    """A stretch that counts for nothing, or that nobody observed."""

    x: float
    width: float
    words: str


@dataclass(frozen=True, slots=True)
class ObjectiveChart:
    """Columns over time, a line for the limit, and shades; `words` tells it to who cannot see it."""

    columns: tuple[Column, ...]
    gaps: tuple[Shade, ...]
    excluded: tuple[Shade, ...]
    limit_y: float
    limit_words: str
    top_words: str
    begins: str
    ends: str
    words: str
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    ground: int = HEIGHT - _BOTTOM
    width: int = WIDTH
    height: int = HEIGHT


def objective_chart(view: ObjectiveView) -> ObjectiveChart:
    """The chart of one objective; the axis ends with the worst stretch, within reason."""
    worst = max((point.high for point in view.course if point.high is not None), default=0.0)
    allowed = view.allowed
    top = max(min(worst, allowed * _MOST_OVER), allowed * _LEAST_OVER) if allowed else worst or 1.0
    shares = [point.high for point in view.course if point.high is not None]
    over = sum(share > allowed for share in shares)
    gaps = _shades(view, [(since, to, "nothing was observed") for since, to in view.gaps])
    excluded = _shades(view, view.excluded)
    return ObjectiveChart(
        columns=tuple(_columns(view, top)),
        gaps=gaps,
        excluded=excluded,
        limit_y=_height(allowed, top),
        limit_words=f"{percent(allowed)} may be bad",
        top_words=percent(top),
        begins=instant_words(view.start),
        ends=instant_words(view.end),
        words=(
            f"The share that was bad in {len(view.course)} stretches: {percent(worst)} at worst, over the limit of "
            f"{percent(allowed)} in {over}, nothing counted in {len(view.course) - len(shares)}; {len(gaps)} gaps, "
            f"{len(excluded)} excluded windows"
        ),
    )


def _columns(view: ObjectiveView, top: float) -> Iterator[Column]:
    width = _PLOT_WIDTH / max(len(view.course), 1)
    for number, point in enumerate(view.course):
        if point.low is None or point.high is None or point.high == 0:
            continue
        y, doubt_y = _height(point.low, top), _height(point.high, top)
        yield Column(
            x=round(_LEFT + number * width, 1),
            width=round(max(width - 0.5, 0.5), 1),
            y=y,
            height=round(HEIGHT - _BOTTOM - y, 1),
            doubt_y=doubt_y,
            doubt_height=round(y - doubt_y, 1),
            is_cut=point.high > top,
        )


def _height(share: float, top: float) -> float:
    return round(_TOP + (1 - min(share / top, 1)) * _PLOT_HEIGHT, 1)


def _shades(view: ObjectiveView, windows: Sequence[tuple[datetime, datetime, str]]) -> tuple[Shade, ...]:
    length = (view.end - view.start).total_seconds() or 1.0

    def x(at: datetime) -> float:
        share = (min(max(at, view.start), view.end) - view.start).total_seconds() / length
        return round(_LEFT + share * _PLOT_WIDTH, 1)

    return tuple(
        Shade(x(since), round(max(x(to) - x(since), 1.0), 1), f"{instant_words(since)} to {instant_words(to)}: {why}")
        for since, to, why in windows
        if to > view.start and since < view.end
    )
