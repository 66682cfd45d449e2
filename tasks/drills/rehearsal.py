"""The one course behind every drill that changes the running system: clean up, measure, act, undo, measure again."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from checks.evidence.records import RawCapture
from tasks.drills.course import Course, StepFacts, executor
from tasks.drills.interruption import Interruptible, interruptible, to_the_end
from tasks.drills.journal import Entry, Journal
from tasks.drills.triggers.trigger import Trigger
from tasks.drills.watching import AbortError, Watcher

CLEAN_UP, BEFORE, RESTORED = "clean-up", "before", "restored"


class Acts(Protocol):
    """What one kind of drill does between two steady states."""

    async def act(self, version: str | None) -> None:
        """Changes the running system, which runs that version, and sees what becomes of it."""
        ...

    async def undo(self, version: str | None) -> str | None:
        """Brings the system back to that version from wherever it stands; returns why that failed."""
        ...


@dataclass(slots=True)
class Stage:
    """Everything a drill works with, and what it leaves."""

    course: Course
    watcher: Watcher
    journal: Journal
    outputs: list[RawCapture] = field(default_factory=list)

    async def pull(self, name: str, trigger: Trigger) -> StepFacts:
        """Sets something going and waits for its end; its output is kept under the step's name."""
        began = self.course.elapsed()
        try:
            pulled = await trigger.pull()
        except asyncio.CancelledError:
            seconds = self.course.elapsed() - began
            self._note(name, trigger, began, (seconds, False, False, "the drill broke off meanwhile"))
            raise
        seconds = self.course.elapsed() - began
        for suffix, body in pulled.outputs.items():
            self.outputs.append(RawCapture(f"{name}.{len(self.outputs)}.{suffix}", body))
        return self._note(name, trigger, began, (seconds, pulled.ended, pulled.succeeded, pulled.cause))

    def _note(self, name: str, trigger: Trigger, began: float, how: tuple[float, bool, bool, str | None]) -> StepFacts:
        seconds, ended, succeeded, cause = how
        step = StepFacts(
            name=name, shown=trigger.shown, began=began, seconds=seconds, ended=ended, succeeded=succeeded, cause=cause
        )
        self.course.steps.append(step)
        return step


async def rehearse(acts: Acts, stage: Stage) -> None:
    """Carries a drill out; whatever ends it, what it changed is undone.

    It does not begin where an earlier run's change cannot be undone, nor where the system is not well to begin with.
    """
    with interruptible() as watched:
        if not await to_the_end(_clean_up(acts, stage)):
            return
        with stage.course.part(BEFORE):
            before = await stage.watcher.steady(BEFORE)
        if not before.met:
            return
        entry = Entry(
            check=stage.course.check.id,
            began_at=stage.course.declared_at,
            executor=executor(),
            version_before=before.version,
        )
        stage.journal.write(entry)
        try:
            await _act(acts, stage, before.version, watched)
        finally:
            watched.undoing = True
            await to_the_end(_undo(acts, stage, entry, watched))


async def _clean_up(acts: Acts, stage: Stage) -> bool:
    """Undoes what a killed run left; whether the drill may begin."""
    left = stage.journal.read()
    if left is None:
        return True
    stage.course.leftovers = left.sentence
    if not left.undone:
        with stage.course.part(CLEAN_UP):
            stage.course.leftovers_cause = await acts.undo(left.version_before)
        stage.watcher.relabel(CLEAN_UP)
        stage.course.relabel(CLEAN_UP)
    if stage.course.leftovers_cause is None:
        stage.journal.clear()
    return stage.course.leftovers_cause is None


async def _act(acts: Acts, stage: Stage, version: str | None, watched: Interruptible) -> None:
    """Acts until it is done, the abort condition fires, or a signal comes; only a caller's own cancelling goes on."""
    course, limit = stage.course, stage.course.check.abort.after.total_seconds()
    try:
        async with asyncio.timeout(limit) as whole:
            await acts.act(version)
    except TimeoutError:
        if not whole.expired():
            raise
        course.aborted = f"{limit:g} s had passed in all"
    except AbortError as error:
        course.aborted = str(error)
    except asyncio.CancelledError:
        course.interrupted = watched.by or "its caller"
        if watched.by is None:
            raise
        watched.task.uncancel()


async def _undo(acts: Acts, stage: Stage, entry: Entry, watched: Interruptible) -> None:
    failure = await acts.undo(entry.version_before)
    with stage.course.part(RESTORED):
        await stage.watcher.steady(RESTORED)
    stage.course.interrupted = stage.course.interrupted or watched.by
    if failure is not None:
        return  # the journal stays: the next run tries again
    if stage.course.interrupted:
        stage.journal.write(entry.model_copy(update={"undone": True, "interrupted": stage.course.interrupted}))
    else:
        stage.journal.clear()
