"""The restore drill's mechanics: an archive into an isolated database, verified, questioned, and cleared away."""

import asyncio
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from checks.evidence.records import Record
from tasks.collectors.http_failures import NO_PORT
from tasks.drills.connecting import lacks_port
from tasks.drills.inspecting import Answer, DatabaseFacts, Questions, ask_all, inspect
from tasks.drills.plain_dumps import read_plain_dump
from tasks.drills.programs import ProgramRun, Programs, run
from tasks.drills.settled import SettledFacts, compare_settled
from tasks.drills.targets import Clearing, IsolatedDatabase, TargetError
from tasks.drills.timeline import Timeline
from tasks.drills.versions import major

_WORDS_OF_A_CUT = ("end of file", "possibly corrupt archive")
_PARALLEL = ("custom", "directory")
_WORDS_OF_A_FULL_DISK = ("No space left on device", "Check free disk space")


class RestoreTarget(Protocol):
    """Where a database can be made for one rehearsal: a declared server, or one started for the purpose."""

    def database(self, clearing: Clearing) -> AbstractAsyncContextManager[IsolatedDatabase]:
        """A new, empty database, gone when the context ends; raises `TargetError` where there cannot be one."""
        ...


@dataclass(frozen=True, slots=True)
class Archive:
    """The backup to restore, and the server version it was taken of where it says so."""

    path: Path
    format: str
    dumped_from: str | None = None


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """How to restore (with which programs, how many jobs, how many seconds at most) and what to ask of the copy."""

    programs: Programs
    questions: Questions
    jobs: int = 2
    seconds: float = 3600


class RehearsalFacts(Record):
    """What a rehearsal came to, apart from what the restoring program said.

    `refused` says why nothing was restored although a target was there; `removed` names databases that killed
    rehearsals had left, `left` one that this rehearsal could not drop.
    """

    target_cause: str | None = None
    server_version: str | None = None
    removed: tuple[str, ...] = ()
    refused: str | None = None
    exit_code: int | None = None
    timed_out: bool = False
    complaint: str | None = None
    copy_facts: DatabaseFacts | None = None
    canary: Answer | None = None
    smoke: tuple[Answer, ...] = ()
    settled: tuple[SettledFacts, ...] = ()
    left: str | None = None

    @property
    def restored(self) -> bool | None:
        """Whether the archive came back whole; `None` where it was not tried."""
        if self.refused:
            return False
        return None if self.exit_code is None else self.exit_code == 0 and not self.timed_out


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The facts of one rehearsal, and what the restoring program said on standard error."""

    facts: RehearsalFacts
    stderr: bytes = b""


async def rehearse(archive: Archive, target: RestoreTarget, plan: RestorePlan, timeline: Timeline) -> Rehearsal:
    """Restores into a new database, verifies and questions it, and drops it however that went.

    A target that cannot be used is an observation: the facts say why, and nothing was restored.
    """
    clearing = Clearing()
    async with AsyncExitStack() as stack:
        with timeline.span("restore"):
            try:
                copy = await stack.enter_async_context(target.database(clearing))
            except TargetError as error:
                return Rehearsal(RehearsalFacts(target_cause=str(error), removed=clearing.removed))
            rehearsal = await _restore(archive, copy, plan)
        if rehearsal.facts.restored:
            rehearsal = Rehearsal(await question(rehearsal.facts, copy, plan.questions, timeline), rehearsal.stderr)
        with timeline.span("teardown"):
            await stack.aclose()
    return Rehearsal(rehearsal.facts.model_copy(update={"left": clearing.left}), rehearsal.stderr)


async def _restore(archive: Archive, copy: IsolatedDatabase, plan: RestorePlan) -> Rehearsal:
    facts = RehearsalFacts(server_version=copy.server_version, removed=copy.removed)
    if archive.dumped_from and major(archive.dumped_from) > major(copy.server_version):
        older = f"its server is {copy.server_version}, older than {archive.dumped_from}, of which the backup was taken"
        return Rehearsal(facts.model_copy(update={"target_cause": older}))
    if refused := await asyncio.to_thread(_why_refused, archive):
        return Rehearsal(facts.model_copy(update={"refused": refused}))
    ended = await run(_command(archive, copy, plan), seconds=plan.seconds, environment=copy.address.environment())
    if not ended.succeeded and (cause := _not_the_archives(ended)):
        return Rehearsal(facts.model_copy(update={"target_cause": cause}), ended.stderr)
    return Rehearsal(facts.model_copy(update=_ending(ended)), ended.stderr)


def _command(archive: Archive, copy: IsolatedDatabase, plan: RestorePlan) -> list[str]:
    """The restoring program: it stops at the first error, asks for no password, and makes no other database."""
    into = f"--dbname={copy.address.database}"
    if archive.format == "plain":
        psql = [plan.programs.path("psql"), "--no-psqlrc", "--quiet", "--no-password", into]
        return [*psql, "--set=ON_ERROR_STOP=1", f"--file={archive.path}"]
    restore = [plan.programs.path("pg_restore"), "--exit-on-error", "--no-owner", "--no-privileges", "--no-password"]
    jobs = [f"--jobs={plan.jobs}"] if archive.format in _PARALLEL else []
    return [*restore, *jobs, into, str(archive.path)]


def _why_refused(archive: Archive) -> str | None:
    if archive.format != "plain":
        return None
    outside = read_plain_dump(archive.path).reaches_out
    return f"the script would reach outside the isolated database: {outside}" if outside else None


def _not_the_archives(ended: ProgramRun) -> str | None:
    """Why a restore failed where that tells nothing about the archive."""
    if is_full(ended.stderr):
        return f"no free disk where its server keeps its data: {ended.complaint}"
    return NO_PORT if lacks_port(ended.stderr.decode(errors="replace")) else None


def is_full(said: bytes) -> bool:
    """Whether a server says that its disk is full, which tells nothing about the backup."""
    return any(words in said.decode(errors="replace") for words in _WORDS_OF_A_FULL_DISK)


def cause_of(ended: ProgramRun) -> str:
    """Why reading an archive failed: the program's complaint, after what it means where that can be told."""
    cut = any(words in ended.complaint for words in _WORDS_OF_A_CUT)
    return f"it is truncated or damaged: {ended.complaint}" if cut else ended.complaint


def _ending(ended: ProgramRun) -> dict[str, object]:
    return {
        "exit_code": ended.exit_code,
        "timed_out": ended.timed_out,
        "complaint": None if ended.succeeded else cause_of(ended),
    }


async def question(
    facts: RehearsalFacts, copy: IsolatedDatabase, questions: Questions, timeline: Timeline
) -> RehearsalFacts:
    """Opens the copy, looks at what it holds, and asks what the application asks."""
    with timeline.span("verify"):
        seen = await inspect(copy.address, questions)
        asked = (questions.canary,) if questions.canary and seen.cause is None else ()
        canary = await ask_all(copy.address, asked, seconds=questions.seconds)
    if seen.cause is not None:
        return facts.model_copy(update={"copy_facts": seen})
    with timeline.span("smoke"):
        smoke = await ask_all(copy.address, questions.smoke, seconds=questions.seconds)
        if all(answer.cause is None and answer.rows for answer in smoke):
            timeline.recovered()
    facts = facts.model_copy(update={"copy_facts": seen, "canary": canary[0] if canary else None, "smoke": smoke})
    if questions.source is None or not questions.settled:
        return facts
    # After the clock of the recovery has stopped: in a real disaster there would be no source to compare with.
    with timeline.span("verify"):
        compared = await compare_settled(questions.source, copy.address, questions.settled, seconds=questions.seconds)
    return facts.model_copy(update={"settled": compared})
