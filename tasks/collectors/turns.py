"""Turns: so many exchanges are busy at a time, and one that waits for an answer in vain lets another begin."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST = 512
"""Exchanges under way at a time, those that only wait among them: each holds a file descriptor, of 1,024 as a rule."""
_PATIENCE = 1.0
"""Seconds between two looks at whether an exchange waits in vain."""
_OVERTAKEN = 2
"""By how many times as many as there are turns an exchange has been overtaken when it is taken to wait in vain."""
_LATE = 0.25
"""Seconds by which a look may come late; beyond, this process has no time itself, and nobody else is to blame."""


class Turns:
    """Lets so many in at a time; whoever waits in vain stays, and gives the turn to the next.

    So a few that hang hold up nobody who would answer, and all that hang do so side by side. An exchange waits in vain
    if many that began later have ended, or if none has for a while. Where all are slow alike, since this machine has
    much to do, it is neither: more of them at once would only be slower still, and look like failures of others.
    """

    def __init__(self, busy: int) -> None:
        self.busy = busy
        self.ended = 0
        self.free = asyncio.Semaphore(busy)
        self._places = asyncio.Semaphore(max(busy, MOST))

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Waits for a turn, and holds it until the end or until it waits in vain."""
        async with self._places:
            await self.free.acquire()
            turn = _Turn(self)
            try:
                yield
            finally:
                self.ended += 1
                turn.give_up()


class _Turn:
    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._is_held = True
        self._ended_at_first = turns.ended
        self._look_later()

    def give_up(self) -> None:
        self._next_look.cancel()
        if self._is_held:
            self._is_held = False
            self._turns.free.release()

    def _look_later(self) -> None:
        self._ended_then = self._turns.ended
        self._next_look = asyncio.get_running_loop().call_later(_PATIENCE, self._look)

    def _look(self) -> None:
        late = asyncio.get_running_loop().time() - self._next_look.when()
        overtaken = self._turns.ended - self._ended_at_first >= _OVERTAKEN * self._turns.busy
        none_ended = self._turns.ended == self._ended_then
        if late < _LATE and (overtaken or none_ended):
            self.give_up()
        else:
            self._look_later()
