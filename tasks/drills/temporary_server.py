"""A PostgreSQL server for one rehearsal: made in a folder of its own, reached by a socket in it, then removed."""

import asyncio
import fcntl
import os
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from checks.errors import CollectionError
from tasks.collectors.collector import Clock
from tasks.drills.connecting import DatabaseAddress, said
from tasks.drills.finishing import to_the_end
from tasks.drills.programs import Programs, run, start
from tasks.drills.targets import Clearing, IsolatedDatabase, ServerTarget, TargetError

PREFIX = "readiness-restore-"
_ROLE = "readiness"
_NOBODY = "65534"
_START_SECONDS, _STOP_SECONDS, _MAKE_SECONDS = 60.0, 30.0, 120.0
# Nothing here outlives the rehearsal, so nothing has to survive a power cut; nobody but this process gets in.
_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


@dataclass(frozen=True, slots=True)
class TemporaryServer:
    """A restore target that is isolated by construction: a new cluster that listens on no network address."""

    programs: Programs
    now: Clock = field(repr=False)

    @asynccontextmanager
    async def database(self, clearing: Clearing) -> AsyncIterator[IsolatedDatabase]:
        """Starts the server, makes a database there as on any other target, and removes everything in the end."""
        removed = await remove_leftovers(self.programs)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = _lock(folder)
        try:
            await self._make(folder)
            async with _running(self.programs, folder) as address:
                target = ServerTarget(address, isolated=True, now=self.now)
                async with target.database(Clearing()) as made:
                    yield IsolatedDatabase(made.address, made.server_version, removed)
        finally:
            clearing.left = _remove(folder)
            clearing.gone = clearing.left is None
            os.close(lock)

    async def _make(self, folder: Path) -> None:
        data = folder / "data"
        data.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(data, int(_NOBODY), int(_NOBODY))
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", f"--username={_ROLE}"]
        try:
            command = [*_unprivileged(), self.programs.path("initdb"), f"--pgdata={data}", *options]
        except CollectionError as error:
            raise TargetError(f"no temporary server: {error}") from error
        made = await run(command, seconds=_MAKE_SECONDS)
        if not made.succeeded:
            raise TargetError(f"no temporary server: initdb: {made.complaint}")


async def remove_leftovers(programs: Programs) -> tuple[str, ...]:
    """Stops and removes the servers of killed rehearsals: those whose folder nobody holds any more."""
    removed = []
    for folder in _used():
        try:
            lock = _lock(folder)
        except BlockingIOError:
            continue
        # Where the server died too, there is nothing to stop, and pg_ctl says so.
        stop = [programs.path("pg_ctl"), "stop", "--mode=immediate", "--wait", f"--pgdata={folder / 'data'}"]
        await run([*_unprivileged(), *stop], seconds=_STOP_SECONDS)
        _remove(folder)
        os.close(lock)
        removed.append(folder.name)
    return tuple(removed)


def _used() -> list[Path]:
    """The folders of this user's rehearsals, living or killed; one without data is only just being made."""
    found = sorted(Path(tempfile.gettempdir()).glob(f"{PREFIX}*"))
    own = [folder for folder in found if not folder.is_symlink() and folder.stat().st_uid == os.geteuid()]
    return [folder for folder in own if (folder / "data").is_dir()]


def _remove(folder: Path) -> str | None:
    """Removes a folder; returns why that failed."""
    shutil.rmtree(folder, ignore_errors=True)
    return f"the folder {folder} could not be removed" if folder.exists() else None


def _last_words(log: Path) -> str:
    return " ".join(log.read_text(errors="replace")[-300:].split())


def _lock(folder: Path) -> int:
    """Holds a folder for as long as this process lives; raises `BlockingIOError` where another one does."""
    descriptor = os.open(folder / "held", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise
    return descriptor


def _unprivileged() -> list[str]:
    """What goes before a server program where this process is root, as which PostgreSQL refuses to run.

    It runs as nobody with the one capability that lets it reach its programs and its folder wherever they lie.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise TargetError("no temporary server: as root it needs setpriv (util-linux); or run as another user")
    who = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return [setpriv, *who, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


@asynccontextmanager
async def _running(programs: Programs, folder: Path) -> AsyncIterator[DatabaseAddress]:
    """The server's address while it runs; stopped in PostgreSQL's fast way, killed if it will not."""
    settings = [f"--{name}={value}" for name, value in {**_SETTINGS, "unix_socket_directories": str(folder)}.items()]
    command = [*_unprivileged(), programs.path("postgres"), "-D", str(folder / "data"), *settings]
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    plain = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    try:
        server = await start(command, environment=plain, output=log)
    finally:
        os.close(log)
    address = DatabaseAddress("a temporary server", {"host": str(folder), "user": _ROLE, "dbname": "postgres"})
    try:
        await _wait(address, server, folder / "log")
        yield address
    finally:
        await to_the_end(_stop(server))


async def _wait(address: DatabaseAddress, server: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            await (await address.connect()).close()
        except psycopg.OperationalError as error:
            if server.returncode is not None or time.monotonic() > deadline:
                raise TargetError(f"no temporary server: {_last_words(log) or said(error)}") from error
            await asyncio.sleep(0.05)
        else:
            return


async def _stop(server: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError):
        server.send_signal(signal.SIGINT)
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await server.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            server.kill()
        await server.wait()
