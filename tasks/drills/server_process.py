"""A PostgreSQL server of one rehearsal's own: reached by a socket in its folder, and ended with the rehearsal."""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psycopg

from tasks.drills.connecting import DatabaseAddress, said
from tasks.drills.finishing import to_the_end
from tasks.drills.held_folders import abandoned_folders, remove_leftover
from tasks.drills.programs import Programs, run, start
from tasks.drills.targets import TargetError

NOBODY = 65534
TOO_EARLY = "the database system is "
"""How the refusals of a server begin that starts, recovers or ends."""

_START_SECONDS, _STOP_SECONDS = 60.0, 30.0
_SOCKET, _LONGEST_SOCKET = ".s.PGSQL.5432", 107
"""The name of a server's socket in its folder, and how many bytes the path of a socket may have."""
# Nothing here outlives the rehearsal, so nothing has to survive a power cut; nobody but this process gets in, and since
# no network address is listened on, no port has to be free.
_SETTINGS = {
    "listen_addresses": "",
    "timezone": "UTC",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


async def remove_leftovers(programs: Programs) -> tuple[str, ...]:
    """Stops and removes the servers of killed rehearsals: those whose folder nobody holds any more."""
    removed = []
    for folder in abandoned_folders():
        if (folder / "data").is_dir():
            # Where the server died too, there is nothing to stop, and pg_ctl says so.
            stop = [programs.path("pg_ctl"), "stop", "--mode=immediate", "--wait", f"--pgdata={folder / 'data'}"]
            await run([*unprivileged(), *stop], seconds=_STOP_SECONDS)
        removed.append(remove_leftover(folder))
    return tuple(removed)


def require_short(folder: Path) -> None:
    """Raises `TargetError` where no server could make its socket in that folder, whose path is too long for one."""
    length = len(os.fsencode(folder / _SOCKET))
    if length > _LONGEST_SOCKET:
        raise TargetError(
            f"no temporary server: the path of its socket in {folder} has {length} bytes, and "
            f"{_LONGEST_SOCKET} are possible; set TMPDIR to a shorter one"
        )


def unprivileged() -> list[str]:
    """What goes before a server program where this process is root, as which PostgreSQL refuses to run.

    It runs as nobody with the one capability that lets it reach its programs and its folder wherever they lie.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise TargetError("no temporary server: as root it needs setpriv (util-linux); or run as another user")
    who = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return [setpriv, *who, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def give_away(data: Path) -> None:
    """Makes a data folder and all in it the server's own, which PostgreSQL insists on."""
    data.chmod(0o700)
    if os.geteuid() == 0:
        for path in (data, *data.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)


@asynccontextmanager
async def running(
    programs: Programs, folder: Path, role: str, settings: Mapping[str, str], *, seconds: float = _START_SECONDS
) -> AsyncIterator[DatabaseAddress]:
    """The server's address while it runs on `folder/data`; stopped in PostgreSQL's fast way, killed if it will not.

    Its log is `folder/log`. Raises `TargetError` where it does not answer within so many seconds.
    """
    own = {**_SETTINGS, **settings, "unix_socket_directories": str(folder)}
    options = [f"--{name}={value}" for name, value in own.items()]
    command = [*unprivileged(), programs.path("postgres"), "-D", str(folder / "data"), *options]
    log = os.open(folder / "log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    plain = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
    try:
        server = await start(command, environment=plain, output=log)
    finally:
        os.close(log)
    address = DatabaseAddress("a temporary server", {"host": str(folder), "user": role, "dbname": "postgres"})
    try:
        await _wait(address, server, folder / "log", seconds)
        yield address
    finally:
        await to_the_end(_stop(server))


async def _wait(address: DatabaseAddress, server: asyncio.subprocess.Process, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            await (await address.connect()).close()
        except psycopg.OperationalError as error:
            # Whatever else it refuses than to be asked too early, it will refuse again: a role that is not there, say.
            refused = "FATAL:" in str(error) and TOO_EARLY not in str(error)
            if refused or server.returncode is not None or time.monotonic() > deadline:
                raise TargetError(f"no temporary server: {_last_words(log) or said(error)}") from error
            await asyncio.sleep(0.05)
        else:
            return


def _last_words(log: Path) -> str:
    return " ".join(log.read_text(errors="replace")[-300:].split())


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
