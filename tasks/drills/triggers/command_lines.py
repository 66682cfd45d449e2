"""Triggers that use a deployer's own command line: kubectl, its Argo Rollouts plugin, and argocd."""

import shlex
import time
from dataclasses import dataclass

from checks.kinds.drill import ArgoRollback, RolloutUndo
from tasks.collectors.sources import ProgramAccess
from tasks.drills.triggers.program import ProgramTrigger
from tasks.drills.triggers.trigger import Pulled


@dataclass(frozen=True, slots=True)
class CommandLines:
    """Commands one after the other, within one time limit: the first undoes, the second waits until that is done."""

    access: ProgramAccess
    lines: tuple[tuple[str, ...], ...]
    seconds: float

    @classmethod
    def of_rollout(cls, access: ProgramAccess, declared: RolloutUndo) -> "CommandLines":
        """`kubectl rollout undo` and `kubectl rollout status`, or the same of Argo Rollouts."""
        seconds = declared.within.total_seconds()
        context = (f"--context={declared.context}",) if declared.context else ()
        namespace = (f"--namespace={declared.namespace}",) if declared.namespace else ()
        verb = ("argo", "rollouts") if declared.argo else ("rollout",)
        revision = (f"--to-revision={declared.to_revision}",) if declared.to_revision else ()
        undo = (*verb, "undo", declared.rollout, *revision, *context, *namespace)
        status = (*verb, "status", declared.rollout, f"--timeout={seconds:.0f}s", *context, *namespace)
        return cls(access, (undo, status), seconds)

    @classmethod
    def of_application(cls, access: ProgramAccess, declared: ArgoRollback) -> "CommandLines":
        """`argocd app rollback` and `argocd app wait`."""
        seconds = declared.within.total_seconds()
        history = (str(declared.to_history),) if declared.to_history is not None else ()
        rollback = ("app", "rollback", declared.application, *history)
        wait = ("app", "wait", declared.application, "--health", "--operation", f"--timeout={seconds:.0f}")
        return cls(access, (rollback, wait), seconds)

    @property
    def shown(self) -> str:
        return "; then ".join(shlex.join((*self.access.command, *line)) for line in self.lines)

    async def pull(self) -> Pulled:
        """Stops at the first command that fails: waiting for what was never begun shows nothing."""
        deadline = time.monotonic() + self.seconds
        outputs: dict[str, bytes] = {}
        for number, line in enumerate(self.lines, start=1):
            left = max(deadline - time.monotonic(), 0.1)
            pulled = await ProgramTrigger(self.access, line, left).pull()
            outputs |= {f"{number}.{name}": body for name, body in pulled.outputs.items()}
            if not pulled.succeeded:
                return Pulled(
                    pulled.ended, succeeded=False, cause=f"{shlex.join(line)}: {pulled.cause}", outputs=outputs
                )
        return Pulled(ended=True, succeeded=True, outputs=outputs)
