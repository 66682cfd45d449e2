"""Runs work that must be told to stop: Ctrl-C and SIGTERM ask it to end, a second one ends the program at once."""

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
LOOK_SECONDS = 0.1


def interruptible(work: Callable[[Callable[[], bool]], T]) -> T:
    """What `work` returns; it is handed a question to ask again and again: shall I stop?

    The work runs on a thread of its own, since a signal reaches only the main thread, and there only between two steps
    of Python.
    """
    stop = threading.Event()
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work(stop.is_set))
        except BaseException as error:  # noqa: BLE001 (raised again to the caller, whatever it is)
            done.set_exception(error)

    with _signals(stop):
        thread = threading.Thread(target=run, name="interruptible", daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(LOOK_SECONDS)
    return done.result()


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Turns the first signal into a request to stop."""

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (as signals call it)
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before: dict[int, Any] = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
