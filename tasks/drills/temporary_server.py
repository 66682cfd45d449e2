"""A new PostgreSQL server for one rehearsal: made in a folder of its own, reached by a socket in it, then removed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from checks.errors import CollectionError
from tasks.collectors.collector import Clock
from tasks.drills.held_folders import held_folder
from tasks.drills.programs import Programs, run
from tasks.drills.server_process import give_away, remove_leftovers, require_short, running, unprivileged
from tasks.drills.targets import Clearing, IsolatedDatabase, ServerTarget, TargetError

_ROLE = "readiness"
_MAKE_SECONDS = 120.0
_SETTINGS = {"wal_level": "minimal", "max_wal_senders": "0"}


@dataclass(frozen=True, slots=True)
class TemporaryServer:
    """A restore target that is isolated by construction: a new cluster that listens on no network address.

    `needed` is how many bytes must be free for what will be restored.
    """

    programs: Programs
    now: Clock = field(repr=False)
    needed: int = 0

    @asynccontextmanager
    async def database(self, clearing: Clearing) -> AsyncIterator[IsolatedDatabase]:
        """Starts the server, makes a database there as on any other target, and removes everything in the end."""
        removed = clearing.removed = await remove_leftovers(self.programs)
        with held_folder(clearing, needed=self.needed) as folder:
            require_short(folder)
            await self._make(folder)
            async with running(self.programs, folder, _ROLE, _SETTINGS) as address:
                target = ServerTarget(address, isolated=True, now=self.now)
                async with target.database(Clearing()) as made:
                    yield IsolatedDatabase(made.address, made.server_version, removed)

    async def _make(self, folder: Path) -> None:
        data = folder / "data"
        data.mkdir()
        give_away(data)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", f"--username={_ROLE}"]
        try:
            command = [*unprivileged(), self.programs.path("initdb"), f"--pgdata={data}", *options]
        except CollectionError as error:
            raise TargetError(f"no temporary server: {error}") from error
        made = await run(command, seconds=_MAKE_SECONDS)
        if not made.succeeded:
            raise TargetError(f"no temporary server: initdb: {made.complaint}")
