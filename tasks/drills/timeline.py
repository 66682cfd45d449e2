"""How long the parts of a drill took: an instant at which it was declared, and spans on a monotonic clock."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from checks.evidence.records import Instant, Record

SpanName = Literal["detect", "decide", "fetch", "restore", "verify", "smoke", "teardown"]


class Span(Record):
    """One part of a drill; seconds, the beginning counted from the declared instant."""

    name: SpanName
    began: float
    seconds: float


class Spans(Record):
    """Every part of one drill, in the order in which they began; `recovered` is declared → last smoke answer."""

    declared_at: Instant
    spans: tuple[Span, ...]
    recovered: float | None = None

    def seconds(self, name: SpanName) -> float | None:
        """How long one part took, all its pieces together; `None` where it was not reached."""
        found = [span.seconds for span in self.spans if span.name == name]
        return sum(found) if found else None


class Timeline:
    """Runs from the moment it is made, which is when the disaster counts as declared."""

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self.declared_at = now().astimezone(UTC)
        self._monotonic = monotonic
        self._zero = monotonic()
        self._spans: list[Span] = []
        self._recovered: float | None = None

    @contextmanager
    def span(self, name: SpanName) -> Iterator[None]:
        """Times a part, also when it ends in an error."""
        began = self._elapsed()
        try:
            yield
        finally:
            self._spans.append(Span(name=name, began=began, seconds=self._elapsed() - began))

    def recovered(self) -> None:
        """Notes that the copy has just answered the application's last question."""
        self._recovered = self._elapsed()

    def spans(self) -> Spans:
        """Everything so far."""
        ordered = sorted(self._spans, key=lambda span: span.began)
        return Spans(declared_at=self.declared_at, spans=tuple(ordered), recovered=self._recovered)

    def _elapsed(self) -> float:
        return self._monotonic() - self._zero
