"""Collects the newest lines of logs, without the secrets that stand in them, and counts what they say."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture, Scalar, json_bytes, rfc3339
from checks.kinds.log_lines import LogLinesCheck, LogLinesRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.content_time import Undated, content_time
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.log_tail import newest_lines
from tasks.collectors.sources import FolderAccess, Sources
from tasks.collectors.strict_json import Json, Unreadable, at, parse_object

_SECRETS = "secrets.json"
_SHOWN = 5
_LONGEST = 300


class LogLinesCollector:
    """Reads logs from their ends."""

    kind: ClassVar[str] = "log-lines"

    def __init__(self, sources: Sources, now: Clock) -> None:
        self._sources = sources
        self._now = now

    async def collect(self, check: LogLinesCheck) -> Evidence:
        access = self._sources.folder(check.log.source)
        watch = Stopwatch(check, self._now)
        captures = await asyncio.to_thread(_captured, check, access, self._now())
        return watch.evidence(
            await asyncio.to_thread(self.rows_from, check, captures),
            captures,
            source=check.log.source,
            request=f"read the newest {check.sample} lines of {check.log}",
            parameters={"sample": check.sample},
        )

    @staticmethod
    def rows_from(check: LogLinesCheck, captures: Sequence[RawCapture]) -> tuple[LogLinesRow, ...]:
        """The row that captures give; which lines held secrets stands in a capture of its own."""
        lines, secrets = captures
        return (_row(check, lines, json.loads(secrets.body)),)

    async def aclose(self) -> None:
        """Nothing is held open between two checks."""


def _captured(check: LogLinesCheck, access: FolderAccess, read_at: datetime) -> tuple[RawCapture, RawCapture]:
    found = newest_lines(access, check.log.path, check.sample)
    kept, secrets = [], []
    for number, line in enumerate(found.lines, start=1):
        hidden = hide_secrets(line)
        kept.append(hidden.text)
        secrets += [{"line": number, "secret": name} for name in hidden.found]
    meta: dict[str, Scalar] = {
        "subject": str(check.log),
        "read_at": rfc3339(read_at),
        "trouble": found.trouble,
        "files": found.files,
        "bytes": found.bytes,
        "bytes_read": found.bytes_read,
        "secrets_hidden": len(secrets),
    }
    body = "".join(f"{line}\n" for line in kept).encode(errors="surrogateescape")
    about: dict[str, Scalar] = {"subject": str(check.log)}
    return RawCapture(item_name(1, str(check.log)), body, meta), RawCapture(_SECRETS, json_bytes(secrets), about)


def _row(check: LogLinesCheck, capture: RawCapture, secrets: Sequence[dict[str, Any]]) -> LogLinesRow:
    meta: Any = capture.meta
    about: dict[str, Any] = {"subject": str(check.log), "where": str(check.log), "missing": meta["trouble"]}
    if meta["trouble"]:
        return LogLinesRow(**about)
    lines = capture.body.split(b"\n")[:-1]
    documents, unparsed = _parsed(lines)
    return LogLinesRow(
        **about,
        files=meta["files"],
        bytes=meta["bytes"],
        bytes_read=meta["bytes_read"],
        lines=len(lines),
        parsed=len(documents),
        unparsed_cause=unparsed,
        secrets=len(secrets),
        secrets_named=_named_secrets(secrets),
        unmentioned=", ".join(words for words in check.expect.mentions if not _stands(words, lines)) or None,
        **_fields(check, documents),
        **_levels(check, documents),
        **_newest(check, documents),
    )


def _parsed(lines: Sequence[bytes]) -> tuple[list[Json], str | None]:
    """The JSON objects among lines, and why the first of the others is none."""
    documents: list[Json] = []
    first: str | None = None
    for number, line in enumerate(lines, start=1):
        try:
            documents.append(parse_object(line))
        except Unreadable as error:
            first = first or printable(f"line {number} of the sample {error}", _LONGEST)
    return documents, first


def _fields(check: LogLinesCheck, documents: Sequence[Json]) -> dict[str, Any]:
    """How many lines have every field, and how often each that is lacking is."""
    lacking: Counter[str] = Counter()
    complete = 0
    for document in documents:
        absent = [path for path in check.expect.fields if at(document, path) in (None, "")]
        lacking.update(absent)
        complete += not absent
    named = ", ".join(f"{path} in {times} lines" for path, times in lacking.most_common(_SHOWN))
    return {"complete": complete, "absent_named": named or None}


def _levels(check: LogLinesCheck, documents: Sequence[Json]) -> dict[str, Any]:
    levels = Counter(str(level).lower() for document in documents if (level := at(document, check.level)) is not None)
    errors = {level.lower() for level in check.error_levels}
    named = ", ".join(f"{printable(level, 40)} {times}" for level, times in levels.most_common(2 * _SHOWN))
    return {
        "levelled": levels.total(),
        "levels": named or None,
        "errors": sum(times for level, times in levels.items() if level in errors),
    }


def _newest(check: LogLinesCheck, documents: Sequence[Json]) -> dict[str, Any]:
    """The newest time that any line says of itself; lines are not always in order."""
    times, why = [], "no line says when it was written"
    for document in documents:
        try:
            times.append(content_time(document, check.times))
        except Undated as error:
            why = f"holds a line that {error}"
    return {"content_time": max(times)} if times else {"undated": printable(why, _LONGEST)}


def _named_secrets(secrets: Sequence[dict[str, Any]]) -> str | None:
    named = [f"{found['secret']} in line {found['line']} of the sample" for found in secrets[:_SHOWN]]
    more = len(secrets) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "") if named else None


def _stands(words: str, lines: Sequence[bytes]) -> bool:
    return any(words.encode() in line for line in lines)
