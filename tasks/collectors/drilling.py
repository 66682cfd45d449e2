"""Where drills are carried out: one at a time, each with a course, a watcher and a journal of its own."""

import asyncio
from collections.abc import Callable

from checks.kinds.drill import Drill
from tasks.collectors.collector import Clock
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import Sources
from tasks.drills.course import Course
from tasks.drills.journal import held_journal
from tasks.drills.rehearsal import Acts, Stage, rehearse
from tasks.drills.triggers.opening import Triggers
from tasks.drills.watching import Watcher


class DrillRoom:
    """What every collector of drills works with."""

    def __init__(self, sources: Sources, now: Clock, http: HttpClient | None = None) -> None:
        self.sources = sources
        self.now = now
        self.http = http or HttpClient(now)
        self.triggers = Triggers(sources, self.http)
        self._turn = asyncio.Semaphore(1)

    async def carry_out(self, check: Drill, declared: tuple[str, ...], acts: Callable[[Stage], Acts]) -> Stage:
        """Holds the system for one drill and carries it out, from clean-up to the last measurement."""
        async with self._turn, held_journal(self.sources.drills, self.sources.system, check.id) as journal:
            course = Course(check, self.sources.environment, declared, self.now)
            stage = Stage(course, Watcher(check, self.sources, self.http, course.elapsed), journal)
            await rehearse(acts(stage), stage)
            return stage

    async def aclose(self) -> None:
        await self.http.aclose()
