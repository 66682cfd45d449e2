"""The geometry of a bar chart: how far each bar reaches from its zero line, in the units of the drawing."""

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, LABEL, ROW, BAR, VALUE = 720, 200, 26, 14, 120
"""Of the drawing, of the room for labels on its left, of a row, of a bar in it, of the room for values on its right."""
LONGEST_LABEL = 28


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its label, its value in words, and where it is drawn."""

    label: str
    value: str
    x: float
    y: int
    width: float
    below_zero: bool

    @property
    def middle(self) -> int:
        """Where text stands beside it."""
        return self.y + BAR - 3


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars beside a zero line; `title` says what they show, for who cannot see them."""

    title: str
    bars: tuple[Bar, ...]
    zero: float
    width: int
    height: int


def chart(title: str, rows: Iterable[tuple[str, str, float]]) -> Chart | None:
    """A bar for each (label, value in words, value), to the right of zero or to its left; `None` over nothing."""
    listed = list(rows)
    if not listed:
        return None
    least, most = min(0.0, *(value for *_, value in listed)), max(0.0, *(value for *_, value in listed))
    room = WIDTH - LABEL - VALUE
    scale = room / (most - least) if most > least else 0.0
    zero = LABEL - least * scale
    bars = tuple(
        Bar(
            label=label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…",
            value=said,
            x=round(zero + min(value, 0.0) * scale, 1),
            y=place * ROW + (ROW - BAR) // 2,
            width=round(max(abs(value) * scale, 1.0), 1),
            below_zero=value < 0,
        )
        for place, (label, said, value) in enumerate(listed)
    )
    return Chart(title, bars, round(zero, 1), WIDTH, len(listed) * ROW)
