"""The sandbox as one thing: a context manager that starts every part of it, breaks it on demand, and stops it."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from examples.sandbox import database
from examples.sandbox.backups import Backups
from examples.sandbox.cache import Cache
from examples.sandbox.control import ControlPort
from examples.sandbox.database import AUDITOR, OWNER, REHEARSAL, SERVICE, Cluster
from examples.sandbox.deployment import Deployment
from examples.sandbox.doors import new_tokens
from examples.sandbox.durability import write_report
from examples.sandbox.faults import Faults
from examples.sandbox.folder import Folder, claimed
from examples.sandbox.ledger import Ledger, entries, write_events
from examples.sandbox.monitoring import Monitoring
from examples.sandbox.reports import Reports
from examples.sandbox.switch import Parts
from examples.sandbox.switches import Switchboard
from examples.sandbox.team.files import TeamFiles


def _now() -> datetime:
    return datetime.now(UTC)


class Sandbox:
    """A running system in a folder of its own.

    Nothing of it outlives the `with` block, nor the process that entered it, however that ends. What an earlier run
    left in the folder is cleared first; a folder that holds anything else is refused.
    """

    def __init__(self, folder: Path) -> None:
        self._root = folder
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = stack.enter_context(claimed(self._root))
            database.stop_leftover(folder)
            folder.clear()
            self._start(folder, stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        """How a stranger reaches the system: the variables that a catalogue's sources refer to."""
        return dict(self._environment)

    def switch(self, name: str, *, on: bool) -> None:
        """Breaks the system in one way, or mends that."""
        self._board.turn(name, on=on)

    def switches(self) -> dict[str, bool]:
        """Every switch by name, and whether it is on."""
        return self._board.states()

    def deploy(self, version: str) -> None:
        """Replaces the running release of the service by another one."""
        self._board.deploy(version)

    def mend(self) -> None:
        """Restores the good state: every switch off, the newest release deployed."""
        self._board.mend()

    def _start(self, folder: Folder, stack: ExitStack) -> None:
        started = _now()
        booked = entries(started)
        write_events(folder.events, booked)
        reports = Reports(folder, entries=len(booked), now=_now)
        reports.start()
        stack.callback(reports.stop)
        team = TeamFiles(folder, now=_now)
        team.write()
        cluster = Cluster(folder)
        stack.callback(cluster.stop)
        tokens = new_tokens()
        deployment = Deployment(folder, database_url=cluster.url(SERVICE, "ledger"), tokens=tokens)
        stack.callback(deployment.close)
        # The service takes its time to load, and lives without a database: the two start side by side.
        deployment.start()
        cache = Cache(folder.cache, log=folder.logs / "cache.log")
        stack.callback(cache.stop)
        cache.start()
        cache.fill()
        cluster.start()
        ledger = Ledger(cluster.url(OWNER, "ledger"), booked, folder.events)
        ledger.create(started)
        ledger.beat()
        backups = Backups(folder, cluster, now=_now)
        backups.make()
        write_report(folder.kept, folder.reports / "durability" / "latest.json")
        deployment.wait()
        monitoring = Monitoring(_now)
        stack.callback(monitoring.close)
        parts = Parts(deployment, Faults(folder), ledger, reports, backups, cache, team, monitoring)
        self._board = Switchboard(parts)
        control = ControlPort(self._board)
        stack.callback(control.close)
        self._environment = _environment(folder, cluster, service=deployment.url, control=control.url)
        self._environment |= {"SANDBOX_CACHE_URL": cache.url, "SANDBOX_METRICS_URL": monitoring.url, **tokens}
        self._announce(folder, stack)

    def _announce(self, folder: Folder, stack: ExitStack) -> None:
        """Leaves word in the folder, so that the command line of another process finds this sandbox."""
        draft = folder.state.with_suffix(".draft")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(self._environment, indent=2) + "\n", encoding="utf-8")
        draft.replace(folder.state)
        stack.callback(folder.state.unlink, missing_ok=True)


def _environment(folder: Folder, cluster: Cluster, *, service: str, control: str) -> dict[str, str]:
    return {
        "SANDBOX_URL": service,
        "SANDBOX_CONTROL_URL": control,
        "SANDBOX_LEDGER_URL": cluster.url(AUDITOR, "ledger"),
        "SANDBOX_OWNER_URL": cluster.url(OWNER, "ledger"),
        "SANDBOX_RESTORE_URL": cluster.url(REHEARSAL, "restore_target"),
        "SANDBOX_FOLDER": str(folder.root),
        "SANDBOX_POSTGRES_BIN": str(database.binaries()),
    }
