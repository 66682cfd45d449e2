"""Collects what backup tools say: by running them, or from places where their answers lie."""

import re
import shlex
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture, Scalar
from checks.kinds.backup_tool import BackupQuestion, BackupToolCheck, BackupToolRow
from tasks.backup_tools.registry import TOOLS
from tasks.backup_tools.tool import KEPT, Question
from tasks.collectors.backup_tool_rows import BACKUPS, VERSION, newest_backup, tool_row
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import DocumentReader, shown_request
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import ProgramAccess, Sources
from tasks.drills.programs import run
from tasks.drills.triggers.program import without_secrets

_PASSWORD = re.compile(rb"(?i)(pass(?:word|wd)?\s*=\s*)('[^']*'|[^\s\"',]+)|(?<=://)[^/@\s:\"]+:[^/@\s\"]+(?=@)")


class BackupToolCollector:
    """Asks a tool for its backups and then, about the newest good one, everything else.

    A tool that is not there, fails or runs out of time is an observation. Nothing else is asked where no good backup
    is known: there is nothing that it could be about.
    """

    kind: ClassVar[str] = "backup-tool"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: BackupToolCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = await self._ask(check)
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request="; ".join(map(_shown, captures)),
            parameters={"tool": check.tool, "of": check.of},
        )

    @staticmethod
    def rows_from(check: BackupToolCheck, captures: Sequence[RawCapture]) -> tuple[BackupToolRow, ...]:
        """The row that captures give; nothing else is needed to make it again."""
        return (tool_row(check, captures),)

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _ask(self, check: BackupToolCheck) -> list[RawCapture]:
        tool = TOOLS[check.tool]
        captures = [await self._answer(check, BACKUPS, tool.backups)]
        newest = newest_backup(check, captures)
        if newest is None:
            return captures
        if check.program:
            captures.append(await self._run(check, VERSION, tool.version))
        for name, question in tool.questions.items():
            if name in check.reports or (check.program and _is_asked(check, question)):
                arguments = question.arguments or ()
                captures.append(await self._answer(check, name, arguments, label=newest.label, kept=question.kept))
        return captures

    async def _answer(
        self, check: BackupToolCheck, name: BackupQuestion, arguments: Sequence[str], **how: Any
    ) -> RawCapture:
        if place := check.reports.get(name):
            return await self._documents.read(place, name)
        return await self._run(check, name, arguments, **how)

    async def _run(
        self, check: BackupToolCheck, name: str, arguments: Sequence[str], *, label: str = "", kept: int = KEPT
    ) -> RawCapture:
        access = self._sources.program(check.program or "")
        shown = _filled(check, arguments, label, "FOLDER")
        meta: dict[str, Scalar] = {"asked": shlex.join((Path(access.command[0]).name, *shown))}
        limits: dict[str, Any] = {"seconds": check.within.total_seconds(), "kept": kept}
        with tempfile.TemporaryDirectory(prefix="readiness-backup-tool-") as folder:
            command = (*access.command, *_filled(check, arguments, label, folder))
            try:
                ran = await run(command, environment=access.environment, folder=access.folder, **limits)
            except OSError as error:
                return RawCapture(name, b"", {**meta, "trouble": f"{command[0]} cannot be run: {error.strerror}"})
        stderr = _hidden(ran.stderr, access).decode(errors="replace")
        trouble = ran.complaint if ran.timed_out else None
        how: dict[str, Scalar] = {"exit_code": ran.exit_code, "seconds": ran.seconds, "stderr": stderr}
        return RawCapture(name, _hidden(ran.stdout, access), {**meta, **how, "trouble": trouble})


def _is_asked(check: BackupToolCheck, question: Question) -> bool:
    """Reading all data takes its time, so it can be left out; restic's check is worth something without it too."""
    if question.arguments is None:
        return False
    return check.expect.data or not question.reads_data or "{read_data}" in question.arguments


def _filled(check: BackupToolCheck, arguments: Sequence[str], label: str, folder: str) -> tuple[str, ...]:
    """The arguments with everything filled in; one that comes to nothing is left out."""
    how_much = f"--read-data-subset={check.subset}" if check.subset else "--read-data"
    read_data = how_much if check.expect.data else ""
    values = {"of": check.of, "label": label, "folder": folder, "read_data": read_data}
    return tuple(filter(None, (argument.format_map(values) for argument in arguments)))


def _hidden(output: bytes, access: ProgramAccess) -> bytes:
    """Output as evidence may show it; Barman prints how it reaches its servers, password and all."""
    return _PASSWORD.sub(rb"\1***", without_secrets(output, access))


def _shown(capture: RawCapture) -> str:
    return str(capture.meta["asked"]) if "asked" in capture.meta else shown_request(capture)
