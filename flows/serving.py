"""Serving: a Prefect server, our schedules and a worker, for as long as this program runs."""

import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from filelock import FileLock, Timeout
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectAlreadyExists
from prefect.workers.process import ProcessWorker

from checks.errors import OperationError
from checks.slots import Cadence, Slot
from flows.automations import lay_down
from flows.belonging import own_store
from flows.clock import now
from flows.lost_runs import TAG, report_crashed, under_way
from flows.programs import Program
from flows.settings import Settings, environment
from flows.wiring import Wiring
from tasks.server import answer, refused_in_one_line

POOL = "readiness"
PREFECT_FILE = Path(__file__).parents[1] / "prefect.yaml"
_START_SECONDS = 300.0
_LOOK_SECONDS = 1.0
_PLAIN = ("PREFECT_", "PYTHON", "PATH", "HOME", "USER", "LANG", "LC_", "TZ", "TMPDIR", "SSL_", "VIRTUAL_ENV")
_SHOWN = 50
"""Runs whose states are followed, the newest ones."""
Tell = Callable[[str], None]
Asked = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Address:
    """Where Prefect's pages and its API are: on this machine, and reached from no other."""

    port: int
    host: ClassVar[str] = "127.0.0.1"

    @property
    def pages(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def api(self) -> str:
        return f"{self.pages}/api"

    def demand_free(self) -> None:
        """Refuses an address at which somebody else listens."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise OperationError(
                    f"port {self.port} on {self.host} cannot be had: {error.strerror}; name another with --port"
                ) from error


def serve(settings: Settings, address: Address, *, tell: Tell, stop: Asked) -> None:
    """Starts everything, runs at once what is owed now, tells what goes on, and ends it all when asked to stop.

    What an earlier server of this home knew is gone on with; runs that ended with it are reported as crashed.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(_alone(settings.home / "server"))
        tell("Prefect's server is starting; the first time takes up to a minute …")
        server = stack.enter_context(
            _program("server", folder, "start", "--host", address.host, "--port", address.port)
        )
        client = stack.enter_context(get_client(sync_client=True))
        if not _wait(lambda: client.api_healthcheck() is None, stop, server):
            return
        for run in under_way(client):
            report_crashed(client, run, "the server, the worker and this run ended together")
        _make_pool(client)
        worker = stack.enter_context(_program("worker", folder, "start", "--pool", POOL))
        tell("laying down the schedules …")
        if not _deploy(folder, stop):
            return
        with refused_in_one_line():
            lay_down(notify=None)
            run_what_is_owed(client, settings)
        tell(f"Prefect's pages: {address.pages}\nbundles and keys: {settings.evidence}\nlogs: {folder}")
        tell("Ctrl-C stops everything; `readiness status` says where each check stands.")
        following = Following(client)
        while not stop():
            server.demand_running()
            worker.demand_running()
            for line in following.changes():
                tell(line)
            time.sleep(_LOOK_SECONDS)
        tell("stopping …")


def run_what_is_owed(client: SyncPrefectClient, settings: Settings) -> None:
    """Starts a run of every cadence whose slot nobody filled yet, and pauses those on which no check is.

    A pulse is not started: the next one is minutes away, and looks through a slot from its beginning.
    """
    wiring = Wiring.of(settings)
    with own_store(settings, wiring.catalog) as store:
        for cadence in Cadence:
            deployment = client.read_deployment_by_name(f"{cadence}/{cadence}")
            if not wiring.catalog.on(cadence):
                client.pause_deployment(deployment.id)
                continue
            client.resume_deployment(deployment.id)
            if cadence is not Cadence.PULSE and not store.recorded(Slot.current(cadence, now())):
                client.create_flow_run_from_deployment(deployment.id, parameters={"owed_only": True})


@dataclass(slots=True)
class Following:
    """Follows the states of our runs, and tells each change once."""

    client: SyncPrefectClient
    known: dict[UUID, str] = field(default_factory=dict)

    def changes(self) -> Iterator[str]:
        """A line for each run whose state has changed since the last time that was asked; none while nobody answers."""
        for run in reversed(answer(self._newest) or []):
            state = run.state_name or ""
            if self.known.get(run.id) == state:
                continue
            self.known[run.id] = state
            if not _is_routine(run):
                yield f"{now():%H:%M:%SZ}  {run.name:<28} {state}{_because(run)}"

    def _newest(self) -> list[FlowRun]:
        begun = [one for one in StateType if one is not StateType.SCHEDULED]
        states = FlowRunFilterState(type=FlowRunFilterStateType(any_=begun))
        asked = FlowRunFilter(tags=FlowRunFilterTags(all_=[TAG]), state=states)
        return self.client.read_flow_runs(
            flow_run_filter=asked, sort=FlowRunSort.EXPECTED_START_TIME_DESC, limit=_SHOWN
        )


def _is_routine(run: FlowRun) -> bool:
    """Whether it is of no interest: a run that only looked for dead ones, or one that is about to begin."""
    fine = (StateType.PENDING, StateType.RUNNING, StateType.COMPLETED)
    return run.state_type is StateType.PENDING or ("lost-runs" in run.tags and run.state_type in fine)


def _because(run: FlowRun) -> str:
    bad = (StateType.FAILED, StateType.CRASHED, StateType.CANCELLED)
    return f": {run.state.message}" if run.state and run.state.type in bad and run.state.message else ""


@contextmanager
def _alone(folder: Path) -> Iterator[Path]:
    """The folder of the server, which serves one program at a time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield folder
    except Timeout:
        raise OperationError(
            f"{folder.parent} is being served already; stop that first, or set READINESS_HOME"
        ) from None


def _program(kind: str, folder: Path, *arguments: object) -> Program:
    command = [sys.executable, "-m", "prefect", kind, *map(str, arguments)]
    needed = environment() if kind == "worker" else _without_secrets(environment())
    return Program(f"Prefect's {kind}", command, log=folder / f"{kind}.log", environment=needed)


def _without_secrets(all_of_it: Mapping[str, str]) -> dict[str, str]:
    """What Prefect's own programs need: flows alone, which a worker runs, fill references from the environment."""
    return {name: value for name, value in all_of_it.items() if name.startswith(_PLAIN)}


def _wait(ready: Callable[[], bool], stop: Asked, *programs: Program) -> bool:
    """Waits until something is ready; false if it was asked to stop before."""
    ends = time.monotonic() + _START_SECONDS
    while not ready():
        for program in programs:
            program.demand_running()
        if stop():
            return False
        if time.monotonic() > ends:
            raise OperationError(f"Prefect was not ready after {_START_SECONDS:.0f} s; its logs say why")
        time.sleep(_LOOK_SECONDS)
    return True


def _make_pool(client: SyncPrefectClient) -> None:
    """Makes the worker's pool, if an earlier start has not."""
    template = ProcessWorker.get_default_base_job_template()
    with suppress(ObjectAlreadyExists):
        client.create_work_pool(WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template))


def _deploy(folder: Path, stop: Asked) -> bool:
    """Lays down everything in `prefect.yaml`; flows will run in the folder that this program was started in."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(PREFECT_FILE)]
    log, plain = folder / "deploy.log", _without_secrets(environment())
    with Program("the schedules", command, log=log, environment=plain) as deploying:
        while (code := deploying.ended) is None:
            if stop():
                return False
            time.sleep(_LOOK_SECONDS)
    if code:
        raise OperationError(f"the schedules could not be laid down; {folder / 'deploy.log'} says why")
    return True
