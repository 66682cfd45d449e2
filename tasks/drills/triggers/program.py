"""Triggers that run a program: no shell, a time limit, an environment with nothing in it that was not named."""

import shlex
from dataclasses import dataclass

from checks.kinds.drill import RunProgram
from tasks.collectors.sources import ProgramAccess
from tasks.drills.programs import ProgramRun, run
from tasks.drills.triggers.trigger import Pulled

_HIDDEN = b"***"
_SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class ProgramTrigger:
    """A program source with its arguments; exit code 0 is success, and running past `seconds` is none."""

    access: ProgramAccess
    arguments: tuple[str, ...]
    seconds: float

    @classmethod
    def of(cls, access: ProgramAccess, trigger: RunProgram) -> "ProgramTrigger":
        return cls(access, trigger.arguments, trigger.within.total_seconds())

    @property
    def shown(self) -> str:
        return shlex.join((*self.access.command, *self.arguments))

    async def pull(self) -> Pulled:
        command = (*self.access.command, *self.arguments)
        try:
            ran = await run(
                command, seconds=self.seconds, environment=self.access.environment, folder=self.access.folder
            )
        except OSError as error:
            return Pulled(ended=True, succeeded=False, cause=f"{command[0]} cannot be run: {error.strerror}")
        return Pulled(not ran.timed_out, ran.succeeded, _cause(ran), self._outputs(ran))

    def _outputs(self, ran: ProgramRun) -> dict[str, bytes]:
        told = {"stdout.txt": ran.stdout, "stderr.txt": ran.stderr}
        return {name: without_secrets(output, self.access) for name, output in told.items()}


def _cause(ran: ProgramRun) -> str | None:
    if ran.succeeded:
        return None
    return ran.complaint if ran.timed_out else f"exit code {ran.exit_code}: {ran.complaint}"


def without_secrets(output: bytes, access: ProgramAccess) -> bytes:
    """Output as evidence may show it: nothing of what came from the environment."""
    for secret in access.environment.values():
        if len(secret) >= _SHORTEST_SECRET:
            output = output.replace(secret.encode(), _HIDDEN)
    return output
