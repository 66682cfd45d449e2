"""Runs a Chaos Toolkit experiment, watches the system meanwhile, and keeps its journal."""

import asyncio
import os
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from checks.kinds.chaos import ChaosCheck
from tasks.collectors.sources import ProgramAccess
from tasks.drills.interruption import to_the_end
from tasks.drills.rehearsal import Stage
from tasks.drills.triggers.program import without_secrets
from tasks.drills.triggers.trigger import Pulled

EXPERIMENT, AFTER, UNDO = "experiment", "after", "undo"
_ROLLBACK_SECONDS = 60.0
"""How long an experiment that is broken off may take for its own rollbacks, before it is killed."""


@dataclass(slots=True)
class Experiment:
    """An experiment as a trigger; broken off, it plays its rollbacks first."""

    access: ProgramAccess
    path: Path
    journal: bytes | None = field(default=None, init=False)

    @property
    def shown(self) -> str:
        return f"{self.access.command[0]} run {self.path.name}"

    async def pull(self) -> Pulled:
        with tempfile.TemporaryDirectory(prefix="readiness-chaos-") as folder:
            try:
                return await self._run(Path(folder))
            finally:
                written = Path(folder) / "journal.json"
                self.journal = written.read_bytes() if written.exists() else None

    async def _run(self, folder: Path) -> Pulled:
        options = ["--no-version-check", "--log-file", str(folder / "log")]
        run = ["run", "--rollback-strategy", "always", "--journal-path", str(folder / "journal.json"), str(self.path)]
        environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC", **self.access.environment}
        try:
            program = await asyncio.create_subprocess_exec(
                *self.access.command,
                *options,
                *run,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env=environment,
                cwd=self.access.folder or folder,
                start_new_session=True,
            )
        except OSError as error:
            return Pulled(ended=True, succeeded=False, cause=f"{self.access.command[0]}: {error.strerror}")
        return await self._end_of(program)

    async def _end_of(self, program: asyncio.subprocess.Process) -> Pulled:
        listening = asyncio.create_task(program.communicate())
        try:
            output, _ = await asyncio.shield(listening)
        except asyncio.CancelledError:
            await to_the_end(_break_off(program, listening))
            raise
        outputs: Mapping[str, bytes] = {"output.txt": without_secrets(output, self.access)}
        ended = program.returncode == 0
        cause = None if ended else f"exit code {program.returncode}"
        return Pulled(ended=True, succeeded=ended, cause=cause, outputs=outputs)


async def _break_off(program: asyncio.subprocess.Process, listening: "asyncio.Task[tuple[bytes, bytes]]") -> None:
    """Asks Chaos Toolkit to end, which plays the rollbacks; kills it and all it started where it does not."""
    with suppress(ProcessLookupError):
        program.send_signal(signal.SIGINT)
    done, _ = await asyncio.wait({listening}, timeout=_ROLLBACK_SECONDS)
    if not done:
        with suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        await listening


@dataclass(frozen=True, slots=True)
class Chaos:
    """The experiment is the drill; what it changes it changes back itself."""

    check: ChaosCheck
    stage: Stage
    experiment: Experiment

    async def act(self, version: str | None) -> None:  # noqa: ARG002 (what runs is the experiment's own business)
        running = asyncio.create_task(self.stage.pull(EXPERIMENT, self.experiment))
        try:
            with self.stage.course.part(EXPERIMENT):
                await self.stage.watcher.until(EXPERIMENT, lambda _: False, done=running.done)
        finally:
            running.cancel()
            await to_the_end(_over(running))
        with self.stage.course.part(AFTER):
            await self.stage.watcher.steady(AFTER)

    async def undo(self, version: str | None) -> str | None:
        """Nothing of ours is left to undo; the system gets the time of its abort condition to be well again."""
        with self.stage.course.part(UNDO):
            limit = self.check.abort.unhealthy_for.total_seconds()
            return await self.stage.watcher.recovered(UNDO, version, seconds=limit)


async def _over(running: "asyncio.Task[object]") -> None:
    await asyncio.wait({running})
