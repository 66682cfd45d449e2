"""Interruption: a signal that asks the program to end lets every drill undo itself first."""

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(slots=True)
class Interruptible:
    """A drill's task; `by` names the signal once one has come. While it is `undoing`, nothing cancels it."""

    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[Any]
    by: str | None = None
    undoing: bool = False

    def interrupt(self, number: int) -> None:
        """Notes the signal, and cancels what can still be broken off."""
        self.by = signal.Signals(number).name
        if not self.undoing:
            self.loop.call_soon_threadsafe(self.task.cancel)


_under_way: list[Interruptible] = []


@contextmanager
def interruptible() -> Iterator[Interruptible]:
    """While inside, a signal cancels this task, which then finds its name in `by`."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 (only coroutines come here)
    entered = Interruptible(asyncio.get_running_loop(), task)
    _under_way.append(entered)
    try:
        yield entered
    finally:
        _under_way.remove(entered)


@contextmanager
def heeding_signals(tell: Callable[[str], None]) -> Iterator[None]:
    """Holds signals back from drills under way until these have undone themselves; without one they pass at once.

    The signal that came is raised again at the end. Python delivers signals to the main thread alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []

    def heed(number: int, frame: FrameType | None) -> None:
        if noted:
            tell("the drill is undoing itself; that is not to be interrupted")
        elif _under_way:
            noted.append(number)
            _break_off(number, tell)
        else:
            _pass_on(before[number], number, frame)

    before: dict[int, Any] = {number: signal.signal(number, heed) for number in SIGNALS}
    try:
        with _heard_at_once(tell):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if noted:
            signal.raise_signal(noted[0])


def _break_off(number: int, tell: Callable[[str], None]) -> None:
    under_way = [one for one in _under_way if one.by is None]
    for one in under_way:
        one.interrupt(number)
    if under_way:
        tell(f"{signal.Signals(number).name}: the drill breaks off and undoes itself")


@contextmanager
def _heard_at_once(tell: Callable[[str], None]) -> Iterator[None]:
    """Lets a thread hear of signals by a pipe: the main one sleeps on where the system wakes another thread."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    before = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)

    def listen() -> None:
        while number := int.from_bytes(os.read(reading, 1), "big"):
            if number in SIGNALS:
                _break_off(number, tell)

    listener = threading.Thread(target=listen, name="drill-signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(writing)
        listener.join()
        os.close(reading)


def _pass_on(handler: Any, number: int, frame: FrameType | None) -> None:
    if callable(handler):
        handler(number, frame)
    elif handler is signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Runs to its end whatever cancels the caller meanwhile; the cancellation comes after it."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    if cancelled is not None:
        raise cancelled
    return task.result()
