"""Task runners by setting: threads of this process, or a Dask cluster; and the sign that tells their tasks to stop."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Protocol
from uuid import uuid4

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from checks.errors import CatalogError, CollectionError
from tasks.comparison import Progress

THREADS, DASK = "threads", "dask"
DESERTED_SECONDS = 60.0
"""How long a cluster without a single worker is waited for."""
_LOOK_SECONDS = 1.0
Asked = Callable[[], bool]


class Sign(Protocol):
    """What the submitter raises and every task looks at, wherever it runs."""

    def put_up(self) -> None:
        """Tells every task to stop."""

    def heard(self) -> Asked:
        """Called within a task: the question to ask again and again, also from other threads."""

    def tell(self, number: int, progress: Progress) -> None:
        """Called within a task: how far it is, where the submitter can hear it."""

    def told(self) -> dict[int, Progress]:
        """How far the tasks are, by number, as far as is known."""


@dataclass(frozen=True, slots=True)
class ThreadSign:
    """For tasks in this process."""

    event: threading.Event = field(default_factory=threading.Event)
    progress: dict[int, Progress] = field(default_factory=dict)

    def put_up(self) -> None:
        self.event.set()

    def heard(self) -> Asked:
        return self.event.is_set

    def tell(self, number: int, progress: Progress) -> None:
        self.progress[number] = progress

    def told(self) -> dict[int, Progress]:
        return dict(self.progress)


class DaskSign:
    """For tasks on a cluster: an event that its scheduler keeps. Progress is known only when a task is done."""

    def __init__(self, client: Any) -> None:
        self.name = f"readiness-{uuid4().hex}"
        self._event = _distributed().Event(self.name, client=client)

    def __getstate__(self) -> dict[str, Any]:
        """Only the name travels; the event is found again by it."""
        return {"name": self.name}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.name = state["name"]

    def put_up(self) -> None:
        self._event.set()

    def heard(self) -> Asked:
        event = _distributed().Event(self.name, client=_distributed().get_client())
        return lambda: bool(event.is_set())

    def tell(self, number: int, progress: Progress) -> None:
        """Nothing: the way back is for results."""

    def told(self) -> dict[int, Progress]:
        """Nothing is known before a task is done."""
        return {}


class Attendance:
    """Watches whether a cluster has workers: a task whose worker died waits for another, however long none comes."""

    def __init__(self, runner: TaskRunner[Any]) -> None:
        self._client: Any = getattr(runner, "client", None)
        self._since: float | None = None

    def demand(self) -> None:
        """Fails with a `CollectionError` once there has been no worker for too long; on threads there always is one."""
        if self._client is None or self._client.scheduler_info()["workers"]:
            self._since = None
            return
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since > DESERTED_SECONDS:
            raise CollectionError(f"the Dask cluster has had no worker for {DESERTED_SECONDS:g} s; start one")


def result_of(future: Any, attendance: Attendance) -> Any:
    """What a task on a cluster brought; a `CollectionError` if the cluster lost it.

    One whose worker died is given to another by the cluster itself, three times over.
    """
    while not future.wrapped_future.done():
        attendance.demand()
        future.wait(_LOOK_SECONDS)
    try:
        return future.result()
    except CancelledError:
        raise CollectionError("the Dask cluster was lost while it was asked; look at its scheduler") from None
    except _distributed().KilledWorker as error:
        raise CollectionError(f"the Dask cluster lost a worker over it again and again: {error}") from error


@contextmanager
def task_runner(setting: str, *, workers: int) -> Iterator[tuple[TaskRunner[Any], Sign]]:
    """A started runner for so many tasks at once: `threads`, `dask` (a cluster of this machine), `dask:tcp://…`."""
    kind, _, address = setting.partition(":")
    if kind == THREADS and not address:
        threads: TaskRunner[Any] = ThreadPoolTaskRunner(max_workers=workers)
        with threads:
            yield threads, ThreadSign()
    elif kind == DASK:
        with _dask(address, workers) as cluster:
            yield cluster, DaskSign(cluster.client)
    else:
        raise CatalogError(
            f"no task runner is called {setting}; READINESS_TASK_RUNNER is threads, dask or dask:tcp://…"
        )


def _dask(address: str, workers: int) -> Any:
    try:
        runner = import_module("prefect_dask").DaskTaskRunner
    except ImportError:
        raise CatalogError("READINESS_TASK_RUNNER=dask needs prefect-dask; install it beside this program") from None
    if address:
        return runner(address=address)
    cluster = {"n_workers": workers, "threads_per_worker": 1, "host": "127.0.0.1", "dashboard_address": None}
    # Without a dashboard it would still serve its figures on port 8787, which two clusters cannot share.
    figures = {"dashboard_address": "127.0.0.1:0"}
    return runner(cluster_kwargs={**cluster, "scheduler_kwargs": figures})


def _distributed() -> Any:
    """Dask's own module, imported only where Dask is the task runner: it is no dependency of this program."""
    return import_module("distributed")
