"""Recovers a copy of a base backup in isolation: a server of its own replays the log, and says how far it came."""

import asyncio
import shlex
import shutil
import tarfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from checks.errors import CollectionError
from tasks.drills.backup_folder import size_of
from tasks.drills.base_backups import tablespaces, tar_file, unpack
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.finishing import to_the_end
from tasks.drills.held_folders import held_folder, why_no_copy
from tasks.drills.inspecting import Questions
from tasks.drills.packing import DAMAGED
from tasks.drills.programs import Programs
from tasks.drills.restore import Rehearsal, RehearsalFacts, is_full, question
from tasks.drills.server_process import TOO_EARLY, give_away, remove_leftovers, require_short, running
from tasks.drills.targets import Clearing, IsolatedDatabase, TargetError
from tasks.drills.timeline import Timeline
from tasks.drills.versions import major
from tasks.drills.wal_gathering import gather, is_packed

_LOG_KEPT = 200_000
_SPACES = "pg_tblspc"
# What a copy must not do: archive, follow a primary, wait for standbys, load what is installed at home alone.
_QUIET = {
    "archive_mode": "off",
    "archive_cleanup_command": "",
    "recovery_end_command": "",
    "primary_conninfo": "",
    "primary_slot_name": "",
    "synchronous_standby_names": "",
    "shared_preload_libraries": "",
    "ssl": "off",
    "hot_standby": "off",
    "max_prepared_transactions": "200",
    "restore_command": "false",  # recovery insists on one; without an archive the backup's own log must do
    "recovery_target_action": "promote",
    "recovery_target_timeline": "latest",
}
_LEFT_OUT = ("backup_manifest", "tablespace_map", "postmaster.pid", "postmaster.opts", "standby.signal")
_CONFIGURATION = {
    "postgresql.conf": "",
    "postgresql.auto.conf": "",
    "pg_hba.conf": "local all all trust\n",
    "pg_ident.conf": "",
    "recovery.signal": "",
}


@dataclass(frozen=True, slots=True)
class RecoveryPlan:
    """From where (the backup, and the archive of its log) to when, and what to ask of the copy as whom.

    Without `until` everything in the log is replayed. `version` is the major version the backup is of, `first` the
    name of the first segment that it needs.
    """

    programs: Programs
    backup: Path
    archive: Path | None
    version: str
    first: str
    until: datetime | None
    database: str
    role: str
    questions: Questions
    seconds: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a rehearsal came to, with the server's log, and the end of the last transaction that was replayed.

    `replayed_at` is `None` where the log held no transaction to replay.
    """

    rehearsal: Rehearsal
    replayed_at: datetime | None = None


async def recover(plan: RecoveryPlan, timeline: Timeline) -> Recovery:
    """Copies the backup, recovers the copy, questions it, and removes it however that went.

    Where nothing could be tried, the facts say why; a copy that does not recover is the backup's own failure.
    """
    clearing = Clearing()
    removed: tuple[str, ...] = ()
    try:
        await _require_version(plan)
        removed = await remove_leftovers(plan.programs)
        needed = await asyncio.to_thread(size_of, plan.backup)
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(held_folder(clearing, needed=needed))
            require_short(folder)
            recovery = await _recover(plan, folder, timeline, RehearsalFacts(removed=removed), stack)
            with timeline.span("teardown"):
                await stack.aclose()
    except CollectionError as error:
        return Recovery(Rehearsal(RehearsalFacts(target_cause=str(error), removed=removed)))
    facts = recovery.rehearsal.facts.model_copy(update={"left": clearing.left})
    return Recovery(Rehearsal(facts, recovery.rehearsal.stderr), recovery.replayed_at)


async def _recover(
    plan: RecoveryPlan, folder: Path, timeline: Timeline, facts: RehearsalFacts, stack: AsyncExitStack
) -> Recovery:
    """Leaves the server running on the stack, whose end is the teardown."""
    with timeline.span("restore"):
        log = await to_the_end(asyncio.to_thread(_lay_out, plan, folder))
        server = running(plan.programs, folder, plan.role, _settings(plan, log), seconds=plan.seconds)
        try:
            address = await stack.enter_async_context(server)
        except TargetError:
            return Recovery(_broken_off(folder, facts))
        replayed_at = await _replayed_at(address)
    copy = IsolatedDatabase(address.at(plan.database), plan.version, facts.removed)
    facts = await question(facts.model_copy(update={"exit_code": 0}), copy, plan.questions, timeline)
    return Recovery(Rehearsal(facts, _log(folder)), replayed_at)


async def _require_version(plan: RecoveryPlan) -> None:
    """PostgreSQL starts on data of its own major version alone."""
    version = await plan.programs.version("postgres")
    if major(version) != major(plan.version):
        raise TargetError(
            f"postgres {version} cannot run a cluster of PostgreSQL {plan.version}; "
            f"point `programs` at PostgreSQL {major(plan.version)}"
        )


async def _replayed_at(address: DatabaseAddress) -> datetime | None:
    """The end of the last transaction that was replayed; it stays known after recovery."""
    async with await address.connect() as session:
        row = await (await session.execute("select pg_last_xact_replay_timestamp()")).fetchone()
    return row[0].astimezone(UTC) if row and row[0] else None


def _broken_off(folder: Path, facts: RehearsalFacts) -> Rehearsal:
    """A server that ended before it answered; a full disk is no failure of the backup."""
    log = _log(folder)
    told = [line.partition("FATAL:")[2].strip() for line in log.decode(errors="replace").splitlines()]
    fatal = [words for words in told if words and not words.startswith(TOO_EARLY)]
    complaint = fatal[-1] if fatal else "the server did not come up in time"
    if is_full(log):
        return Rehearsal(facts.model_copy(update={"target_cause": f"no free disk: {complaint}"}), log)
    return Rehearsal(facts.model_copy(update={"exit_code": 1, "complaint": complaint}), log)


def _log(folder: Path) -> bytes:
    with (folder / "log").open("rb") as log:
        log.seek(max((folder / "log").stat().st_size - _LOG_KEPT, 0))
        return log.read()


def _settings(plan: RecoveryPlan, log: Path | None) -> dict[str, str]:
    """The server's settings; `log` is where it finds its archived log."""
    settings = dict(_QUIET)
    if log is not None:
        archive = shlex.quote(str(log)).replace("%", "%%")
        settings["restore_command"] = f'cp {archive}/%f "%p"'
    if plan.until is not None:
        settings["recovery_target_time"] = plan.until.astimezone(UTC).isoformat(" ")
    return settings


def _lay_out(plan: RecoveryPlan, folder: Path) -> Path | None:
    """The data folder as a server finds it that is to recover: the backup's files, and none of its configuration.

    Links are followed: a copy whose tablespaces or log lay elsewhere would write there. Returns where the server finds
    the archived log: in its archive or, where something is packed there, in the same folder, unpacked.
    """
    data = folder / "data"
    try:
        if tar_file(plan.backup, "base") is None:
            shutil.copytree(plan.backup, data)
        else:
            _unpack(plan.backup, data)
        for name in _LEFT_OUT:
            (data / name).unlink(missing_ok=True)
        for name in ("pg_wal", _SPACES):
            (data / name).mkdir(exist_ok=True)
        for name, text in _CONFIGURATION.items():
            (data / name).write_text(text)
        _link_tablespaces(data / _SPACES, folder / "spaces")
        log = plan.archive
        if log is not None and is_packed(log):
            log = gather(folder / "log-archive", None, log, plan.first).folder
    except (shutil.Error, tarfile.TarError, *DAMAGED) as error:
        raise TargetError(why_no_copy(error)) from error
    give_away(data)
    return log


def _link_tablespaces(links: Path, spaces: Path) -> None:
    """Puts the tablespaces beside the data folder, with links to them as a server expects."""
    spaces.mkdir()
    for space in list(links.iterdir()):
        (links / space.name).replace(spaces / space.name)
        (links / space.name).symlink_to(spaces / space.name)
    give_away(spaces)


def _unpack(backup: Path, data: Path) -> None:
    parts = {tar_file(backup, "base"): data, tar_file(backup, "pg_wal"): data / "pg_wal"}
    parts |= {tar: data / _SPACES / tar.name.partition(".")[0] for tar in tablespaces(backup)}
    for tar, place in parts.items():
        if tar is not None:
            unpack(tar, place)
