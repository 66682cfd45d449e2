"""Finishes what must not stop halfway: cancelling waits until it is done."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")


async def to_the_end(work: Coroutine[object, object, T]) -> T:
    """The result of some work that is done whole; whoever is cancelled meanwhile is so afterwards.

    `asyncio.shield` alone lets go at once, and a loop that then closes would stop the work after all.
    """
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    if cancelled:
        raise asyncio.CancelledError from task.exception()
    return task.result()
