"""The restart drill: a service is ended under load and started again."""

import asyncio
from dataclasses import dataclass, field

from checks.evidence.records import Record
from checks.kinds.restart import RestartCheck
from tasks.collectors.sources import Sources
from tasks.drills.load import IdleConnection, Traffic
from tasks.drills.rehearsal import Stage
from tasks.drills.service_database import SessionFacts, WriteFacts, count_writes, open_sessions, sessions_closed
from tasks.drills.triggers.trigger import Trigger

_MOMENT_SECONDS = 2
"""How long such a moment is waited for at most: many servers close what is idle after five seconds."""
LOAD, STOP, START, BACK, AFTER, UNDO = "load", "stop", "start", "back", "after", "undo"


class RestartFacts(Record):
    """What was seen beside the load itself; `stopped_at` is when the service was asked to end."""

    stopped_at: float | None = None
    back_at: float | None = None
    idle_closed: bool | None = None
    idle_cause: str | None = None
    sessions: SessionFacts | None = None
    writes: WriteFacts | None = None


@dataclass(slots=True)
class Restart:
    """Puts load on a service, ends it, looks at what it leaves, starts it, and repeats every write."""

    check: RestartCheck
    stage: Stage
    sources: Sources
    stop: Trigger
    start: Trigger | None
    traffic: Traffic
    facts: RestartFacts = field(default_factory=RestartFacts)

    async def act(self, version: str | None) -> None:
        idle = IdleConnection(self.sources.http(self.check.version.at.source), self.check.version.at)
        try:
            with self.stage.course.part(LOAD):
                await self._put_load(idle)
            with self.stage.course.part(STOP):
                ended = await self._end(idle)
            if ended:
                with self.stage.course.part(BACK):
                    await self._come_back(version)
                with self.stage.course.part(AFTER):
                    await self._settle()
        finally:
            await idle.close()
            await self.traffic.stop()

    async def undo(self, version: str | None) -> str | None:
        """Starts the service where it does not answer; a second start of one that runs could do harm."""
        with self.stage.course.part(UNDO):
            if self.start and not (await self.stage.watcher.steady(UNDO)).met:
                step = await self.stage.pull(START, self.start)
                late = await self.stage.watcher.recovered(f"{UNDO} again", version, seconds=self._patience)
                return late and f"{step.cause or 'it was started'}; {late}"
            return await self.stage.watcher.recovered(f"{UNDO} again", version, seconds=self._patience)

    async def _put_load(self, idle: IdleConnection) -> None:
        self.traffic.start(self.check.load, self.check.writes)
        if self.check.sessions:
            access = self.sources.database(self.check.sessions.database)
            self._note(sessions=await open_sessions(access, self.check.sessions.application))
        await asyncio.sleep(self.check.load.before.total_seconds())
        await idle.open()

    async def _end(self, idle: IdleConnection) -> bool:
        """Asks the service to end, and sees what it lets go of before anything starts it again.

        It is asked at a moment at which enough requests are in flight, if there is one; the rows say whether there was.
        """
        await self.traffic.in_flight(self.check.expect.in_flight, within=_MOMENT_SECONDS)
        self._note(stopped_at=self.stage.course.elapsed())
        limit = self.check.expect.within.total_seconds()
        closing = asyncio.create_task(idle.closed_within(limit))
        try:
            step = await self.stage.pull(STOP, self.stop)
            self._note(idle_closed=await closing, idle_cause=idle.cause)
        finally:
            closing.cancel()
        if self.check.sessions and self.facts.sessions:
            access = self.sources.database(self.check.sessions.database)
            name = self.check.sessions.application
            self._note(sessions=await sessions_closed(access, name, self.facts.sessions, seconds=limit))
        return step.succeeded

    async def _come_back(self, version: str | None) -> None:
        if self.start:
            await self.stage.pull(START, self.start)
        first = await self.stage.watcher.until(BACK, lambda said: said == version, done=lambda: False)
        self._note(back_at=first.ended if first else None)

    async def _settle(self) -> None:
        await self.stage.watcher.steady(AFTER)
        await self.traffic.settle(self.check.writes, seconds=self._patience)
        if self.check.writes:
            access = self.sources.database(self.check.writes.database)
            self._note(writes=await count_writes(access, self.check.writes.counted, self.traffic.run))

    def _note(self, **seen: object) -> None:
        self.facts = self.facts.model_copy(update=seen)

    @property
    def _patience(self) -> float:
        return max(self.check.expect.within.total_seconds(), 1.0)
