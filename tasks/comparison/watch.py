"""Watches a running comparison: tells progress, and ends the queries of both sides when somebody asks to stop."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from tasks.comparison.duck.session import Duck
from tasks.comparison.errors import ComparisonCancelledError
from tasks.comparison.progress import Asked, Progress, Report
from tasks.comparison.side import Side

POLL_SECONDS = 0.1


class Watch:
    """A context in which `cancelled` is asked again and again, on a thread of its own.

    When it says yes, both sides are cancelled until the context ends, so that a query started in between ends too.
    """

    def __init__(
        self, sides: Sequence[Side], *, progress: Report | None = None, cancelled: Asked | None = None
    ) -> None:
        self._sides = sides
        self._progress = progress
        self._asked = cancelled
        self._ended = threading.Event()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._poll, name="comparison-watch", daemon=True)

    def __enter__(self) -> Self:
        if self._asked is not None:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if error is not None and isinstance(error, Exception) and self._stopped.is_set():
            raise ComparisonCancelledError("the comparison was cancelled; its queries were ended") from error

    def _poll(self) -> None:
        assert self._asked is not None  # noqa: S101 — the thread is only started with one
        while not self._ended.wait(POLL_SECONDS):
            if self._stopped.is_set() or self._asked():
                self._stopped.set()
                for side in self._sides:
                    side.cancel()

    def check(self) -> None:
        """Raises when the comparison was cancelled: for loops that wait for no server."""
        if self._stopped.is_set():
            raise ComparisonCancelledError("the comparison was cancelled")

    def sleep(self, seconds: float) -> None:
        """Waits, unless cancelled."""
        self._stopped.wait(seconds)
        self.check()

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens, so that an estimate is worth looking for."""
        return self._progress is not None

    @contextmanager
    def reading(self, duck: Duck, phase: str, of: int | None) -> Iterator[None]:
        """Tells how far what is asked of a DuckDB meanwhile is, as a share of so many rows."""
        if not self.is_heard:
            yield
            return
        most = 0

        def heard(share: float) -> None:
            nonlocal most
            most = max(most, int(share * (of or 0)))
            self.tell(phase, most, of)

        self.tell(phase, 0, of)
        with duck.telling(heard):
            yield

    def tell(self, phase: str, rows: int, of: int | None) -> None:
        """Tells how far the comparison is."""
        self.check()
        if self._progress is not None:
            self._progress(Progress(phase, rows, of))
