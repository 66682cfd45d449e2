"""Drills: what every rehearsal declares before it touches anything, and how it is set going and undone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from checks.catalog import Check, Name, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.dated import VersionPlace as VersionPlace
from checks.places import Place
from checks.slots import Cadence

HttpStatus = Annotated[int, Field(ge=100, le=599)]
Argument = Annotated[str, Field(max_length=2000)]


class DrillKind(StrEnum):
    """What can be rehearsed; `restore` is what a backup check does that restores."""

    RESTORE = "restore"
    ROLLBACK = "rollback"
    RESTART = "restart"
    ALERT = "alert"
    CHAOS = "chaos"


class SteadyState(Record):
    """How the system looks when it is well: every endpoint answers with one of `http`.

    Where an answer is a JSON document with a `status`, that has to be one of the words in `status`.
    """

    endpoints: tuple[Place, ...] = Field(min_length=1)
    http: tuple[HttpStatus, ...] = Field(default=(200,), min_length=1)
    status: tuple[Text, ...] = Field(default=("pass", "ok", "up", "healthy"), min_length=1)


class Abort(Record):
    """When a drill breaks off and undoes itself: after so long without one healthy answer, or so long in all."""

    unhealthy_for: Duration = parse_duration("30s")
    after: Duration = parse_duration("5m")


class RunProgram(Record):
    """Runs a program source with further arguments; exit code 0 is success."""

    run: Name
    arguments: tuple[Argument, ...] = ()
    within: Duration = parse_duration("60s")


class CallHttp(Record):
    """Makes one HTTP request with a JSON body; an answer with one of `http` is success."""

    call: Place
    method: Literal["POST", "PUT", "PATCH", "DELETE"] = "POST"
    send: dict[str, Any] = Field(default_factory=dict)
    http: tuple[HttpStatus, ...] = (200, 201, 202, 204)
    within: Duration = parse_duration("60s")


class RunWorkflow(Record):
    """Starts a GitHub Actions workflow by `workflow_dispatch` and waits for the run; its conclusion must be success.

    `github` names the HTTP source of the API, with its token among the headers.
    """

    workflow: Text
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")]
    github: Name
    ref: Text = "main"
    inputs: dict[str, str] = Field(default_factory=dict)
    ask_every: Duration = parse_duration("5s")
    within: Duration = parse_duration("15m")


class RolloutUndo(Record):
    """Takes a Kubernetes workload back to an earlier revision by `kubectl rollout undo`, and waits for its status.

    `rollout` is TYPE/NAME. Without `to_revision` it is the one before. `kubectl` names the program source; with
    `argo: true` it needs the Argo Rollouts plugin, and `rollout` is the name alone.
    """

    rollout: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]*$")]
    kubectl: Name
    namespace: Name | None = None
    context: Text | None = None
    to_revision: Annotated[int, Field(ge=1)] | None = None
    argo: bool = False
    within: Duration = parse_duration("5m")


class ArgoRollback(Record):
    """Takes an Argo CD application back by `argocd app rollback`, and waits until it is healthy."""

    application: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9./-]*$")]
    argocd: Name
    to_history: Annotated[int, Field(ge=0)] | None = None
    within: Duration = parse_duration("5m")


class SendSignal(Record):
    """Sends a signal to a process on this machine, whose id stands in the file `process`, and waits for its end."""

    process: Place
    signal: Literal["TERM", "INT", "HUP", "QUIT", "KILL"] = "TERM"
    within: Duration = parse_duration("60s")


_TRIGGERS: Mapping[str, type[Record]] = {
    "run": RunProgram,
    "call": CallHttp,
    "workflow": RunWorkflow,
    "rollout": RolloutUndo,
    "application": ArgoRollback,
    "process": SendSignal,
}


def _trigger_tag(value: Any) -> str | None:
    """Which trigger it is shows by what it names first."""
    if isinstance(value, Mapping):
        return next((key for key in _TRIGGERS if key in value), None)
    return next((key for key, model in _TRIGGERS.items() if isinstance(value, model)), None)


Trigger = Annotated[
    Annotated[RunProgram, Tag("run")]
    | Annotated[CallHttp, Tag("call")]
    | Annotated[RunWorkflow, Tag("workflow")]
    | Annotated[RolloutUndo, Tag("rollout")]
    | Annotated[ArgoRollback, Tag("application")]
    | Annotated[SendSignal, Tag("process")],
    Discriminator(
        _trigger_tag,
        custom_error_type="trigger_kind",
        custom_error_message="does not say what to do; give it one of " + ", ".join(_TRIGGERS),
    ),
]


def trigger_source(trigger: Record) -> str:
    """The name of the source that a trigger needs."""
    match trigger:
        case RunProgram():
            return trigger.run
        case CallHttp():
            return trigger.call.source
        case RunWorkflow():
            return trigger.github
        case RolloutUndo():
            return trigger.kubectl
        case ArgoRollback():
            return trigger.argocd
        case SendSignal():
            return trigger.process.source
    raise TypeError(type(trigger).__name__)


class Drill(Check):
    """A rehearsal on the running system: it changes something and changes it back.

    It starts only from the steady state, asks every `poll`, and gives up under `abort`.
    """

    every: Cadence = Cadence.WEEKLY
    steady: SteadyState
    version: VersionPlace
    abort: Abort = Abort()
    poll: Annotated[Duration, Field(gt=parse_duration("0s"))] = parse_duration("500ms")
    consecutive: Annotated[int, Field(ge=1, le=100)] = 3

    @property
    def triggers(self) -> tuple[Record, ...]:
        """Everything it may set going."""
        return ()

    @property
    def sources(self) -> tuple[str, ...]:
        asked = (*(place.source for place in self.steady.endpoints), self.version.at.source)
        return tuple(dict.fromkeys((*asked, *map(trigger_source, self.triggers))))

    @property
    def changes(self) -> bool:
        return True


class DrillRow(EvidenceRow):
    """What every drill's first row says (`part` is `drill`), or how long one of its spans took (`part` is `span`).

    Durations are seconds on a monotonic clock, `began` counted from the declared instant. Columns that end in `cause`
    say why something came out as it did; `observer_cause` is trouble of the observer's own. `steady` columns are `None`
    where the state was not measured.
    """

    part: Literal["drill", "span"] = "drill"
    span: str | None = None
    began: float | None = None
    seconds: float | None = None
    dry_run: bool | None = None
    environment: str | None = None
    executor: str | None = None
    declared_at: Instant | None = None
    abort_condition: str | None = None
    aborted: str | None = None
    interrupted: str | None = None
    observer_cause: str | None = None
    leftovers: str | None = None
    leftovers_cause: str | None = None
    steps_declared: int | None = None
    steps_run: int | None = None
    steady_before: bool | None = None
    steady_before_cause: str | None = None
    steady_after: bool | None = None
    steady_after_cause: str | None = None
    steady_restored: bool | None = None
    steady_restored_cause: str | None = None
    version_before: str | None = None
    version_during: str | None = None
    version_after: str | None = None
