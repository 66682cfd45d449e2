"""Opens the trigger that a catalogue declares, on the sources that it names."""

from dataclasses import dataclass

from checks.evidence.records import Record
from checks.kinds.drill import ArgoRollback, CallHttp, RolloutUndo, RunProgram, RunWorkflow, SendSignal
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import Sources
from tasks.drills.triggers.command_lines import CommandLines
from tasks.drills.triggers.http_call import HttpTrigger
from tasks.drills.triggers.program import ProgramTrigger
from tasks.drills.triggers.signalling import SignalTrigger
from tasks.drills.triggers.trigger import Trigger
from tasks.drills.triggers.workflow import WorkflowTrigger


@dataclass(frozen=True, slots=True)
class Triggers:
    """Makes triggers of what a catalogue declares."""

    sources: Sources
    http: HttpClient

    def open(self, declared: Record) -> Trigger:
        """The trigger that was declared; a source of the wrong kind is an error."""
        match declared:
            case RunProgram():
                return ProgramTrigger.of(self.sources.program(declared.run), declared)
            case CallHttp():
                return HttpTrigger(self.sources.http(declared.call.source), declared, self.http)
            case RunWorkflow():
                return WorkflowTrigger(self.sources.http(declared.github), declared, self.http)
            case RolloutUndo():
                return CommandLines.of_rollout(self.sources.program(declared.kubectl), declared)
            case ArgoRollback():
                return CommandLines.of_application(self.sources.program(declared.argocd), declared)
            case SendSignal():
                return SignalTrigger(self.sources.folder(declared.process.source), declared)
        raise TypeError(type(declared).__name__)
