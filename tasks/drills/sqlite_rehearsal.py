"""Brings a copy of a SQLite file back in a folder of its own, questions it there, and removes it."""

import asyncio
import shutil
import sqlite3
from contextlib import ExitStack
from pathlib import Path

from tasks.drills.backup_folder import SQLITE_LOGS, size_of
from tasks.drills.held_folders import held_folder, remove_files, why_no_copy
from tasks.drills.inspecting import Questions
from tasks.drills.restore import RehearsalFacts
from tasks.drills.sqlite_files import ask_sqlite, inspect_sqlite, log_bytes
from tasks.drills.targets import Clearing, TargetError
from tasks.drills.timeline import Timeline


async def rehearse_sqlite(path: Path, questions: Questions, timeline: Timeline) -> RehearsalFacts:
    """Copies the file with what lies beside it, so that opening it cannot change the backup."""
    clearing = Clearing()
    facts = RehearsalFacts(server_version=sqlite3.sqlite_version)
    try:
        facts = facts.model_copy(update={"removed": await asyncio.to_thread(remove_files)})
        needed = await asyncio.to_thread(lambda: size_of(path) + log_bytes(path))
        with ExitStack() as stack:
            folder = stack.enter_context(held_folder(clearing, needed=needed))
            with timeline.span("restore"):
                copy = await asyncio.to_thread(_copy, path, folder)
            facts = await _question(facts.model_copy(update={"exit_code": 0}), copy, questions, timeline)
            with timeline.span("teardown"):
                stack.close()
    except TargetError as error:
        return facts.model_copy(update={"target_cause": str(error)})
    except OSError as error:
        return facts.model_copy(update={"target_cause": why_no_copy(error)})
    return facts.model_copy(update={"left": clearing.left})


def _copy(path: Path, folder: Path) -> Path:
    for ending in ("", *SQLITE_LOGS):
        source = path.with_name(path.name + ending)
        if source.is_file():
            shutil.copyfile(source, folder / source.name)
    return folder / path.name


async def _question(facts: RehearsalFacts, copy: Path, questions: Questions, timeline: Timeline) -> RehearsalFacts:
    """Opens the copy, looks at what it holds, and asks what the application asks."""
    with timeline.span("verify"):
        seen = await inspect_sqlite(copy, questions)
        asked = (questions.canary,) if questions.canary and seen.cause is None else ()
        canary = await ask_sqlite(copy, asked, seconds=questions.seconds)
    if seen.cause is not None:
        return facts.model_copy(update={"copy_facts": seen})
    with timeline.span("smoke"):
        smoke = await ask_sqlite(copy, questions.smoke, seconds=questions.seconds)
        if all(answer.cause is None and answer.rows for answer in smoke):
            timeline.recovered()
    return facts.model_copy(update={"copy_facts": seen, "canary": canary[0] if canary else None, "smoke": smoke})
