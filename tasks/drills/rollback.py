"""The rollback drill: back to the release before, and forward again."""

import asyncio
from dataclasses import dataclass

from checks.kinds.rollback import RollbackCheck
from tasks.drills.rehearsal import Stage
from tasks.drills.triggers.trigger import Trigger

BACK, AFTER, FORWARD = "back", "after", "forward"
_PATIENCE = 2
"""How many times its limit a rollback is waited for, so that one that is merely slow is measured."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """Pulls one trigger to go back and another to go forward, and watches which version answers."""

    check: RollbackCheck
    stage: Stage
    back: Trigger
    forward: Trigger

    async def act(self, version: str | None) -> None:
        with self.stage.course.part(BACK):
            reached = await self._go_back(version)
        if reached:
            with self.stage.course.part(AFTER):
                await self.stage.watcher.steady(AFTER)

    async def undo(self, version: str | None) -> str | None:
        with self.stage.course.part(FORWARD):
            step = await self.stage.pull(FORWARD, self.forward)
            late = await self.stage.watcher.recovered(FORWARD, version, seconds=self._patience)
        return late and f"{step.cause or 'it said that it succeeded'}; {late}"

    async def _go_back(self, version: str | None) -> bool:
        """Watches while the trigger is pulled: the old version may answer before the command ends."""
        deadline = self.stage.course.elapsed() + self._patience
        pulling = asyncio.create_task(self.stage.pull(BACK, self.back))

        def meant(said: str) -> bool:
            return said == self.check.to if self.check.to else said != version

        def done() -> bool:
            failed = pulling.done() and not pulling.result().succeeded
            return failed or (pulling.done() and self.stage.course.elapsed() > deadline)

        try:
            reached = await self.stage.watcher.until(BACK, meant, done=done)
            step = await pulling
        finally:
            pulling.cancel()
            await asyncio.wait({pulling})
        return reached is not None and step.succeeded

    @property
    def _patience(self) -> float:
        return _PATIENCE * self.check.expect.within.total_seconds()
