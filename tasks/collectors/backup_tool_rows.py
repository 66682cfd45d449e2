"""Reads the row of a backup tool's check from its captures."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from checks.evidence.records import RawCapture
from checks.kinds.backup_tool import BackupQuestion, BackupToolCheck, BackupToolRow
from tasks.backup_tools.registry import TOOLS
from tasks.backup_tools.tool import Answer, ListedBackup, Listing
from tasks.collectors.documents import document_from
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Unreadable

BACKUPS: BackupQuestion = "backups"
VERSION = "version"
_BEFORE = 7
_NAMED = 3
_FULL = "full"


class _NoAnswer(Exception):  # noqa: N818 (it says what there is not)
    """A question got no answer; the message says why."""


def newest_backup(check: BackupToolCheck, captures: Sequence[RawCapture]) -> ListedBackup | None:
    """The newest good backup, if the tool knows one."""
    try:
        return _listing(check, {capture.item: capture for capture in captures}).newest
    except (_NoAnswer, Unreadable):
        return None


def tool_row(check: BackupToolCheck, captures: Sequence[RawCapture]) -> BackupToolRow:
    """Everything the captures say, in one row."""
    by_item = {capture.item: capture for capture in captures}
    columns: dict[str, Any] = {"tool": TOOLS[check.tool].name, "of": check.of}
    try:
        listing = _listing(check, by_item)
        columns |= {**_counted(listing), **listing.columns}
        if newest := listing.newest:
            columns |= {**_newest(listing, newest), **_version(by_item)}
            columns |= _questions(check, by_item, newest)
    except _NoAnswer as error:
        columns["unanswered"] = str(error)
    except Unreadable as error:
        columns["unreadable"] = printable(str(error), 300)
    return BackupToolRow(subject=check.id, **columns)


def _listing(check: BackupToolCheck, captures: Mapping[str, RawCapture]) -> Listing:
    try:
        return TOOLS[check.tool].read_backups(_answer(captures[BACKUPS], judges=False), check.of)
    except Unreadable as error:
        raise Unreadable(f"its list of backups {error}") from None


def _counted(listing: Listing) -> dict[str, Any]:
    """How many backups there are, and which of those after the newest good one came to nothing."""
    good = [number for number, backup in enumerate(listing.backups) if backup.good]
    since = listing.backups[good[-1] + 1 :] if good else listing.backups
    bad = [f"{backup.label}: {backup.trouble}" for backup in since if backup.trouble and not backup.running]
    return {
        "found": len(listing.backups),
        "good": len(good),
        "bad": len(bad),
        "bad_cause": "; ".join(bad[-_NAMED:]) or None,
    }


def _newest(listing: Listing, newest: ListedBackup) -> dict[str, Any]:
    """The newest good backup, beside the good ones of its form before it."""
    good = [backup for backup in listing.backups if backup.good]
    before = [one.bytes for one in good if one.form == newest.form and one is not newest and one.bytes is not None]
    return {
        "label": newest.label,
        "form": newest.form,
        "ended_at": newest.ended_at,
        "full_ended_at": next((backup.ended_at for backup in reversed(good) if backup.form == _FULL), None),
        "bytes": newest.bytes,
        "median_bytes": median(before[-_BEFORE:]) if before else None,
    }


def _version(captures: Mapping[str, RawCapture]) -> dict[str, Any]:
    """The first word with a number in what the tool says of its version."""
    if VERSION not in captures:
        return {}
    words = _answer(captures[VERSION], judges=False).text.split()
    return {"version": next((printable(word, 40) for word in words if word.lstrip("v")[:1].isdigit()), None)}


def _questions(check: BackupToolCheck, captures: Mapping[str, RawCapture], newest: ListedBackup) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, question in TOOLS[check.tool].questions.items():
        if name not in captures:
            columns |= question.unasked
            continue
        try:
            columns |= question.read(_answer(captures[name], judges=question.judges), newest)
        except Unreadable as error:
            raise Unreadable(f"its answer about {name} {error}") from None
    return {name: printable(value, 300) if isinstance(value, str) else value for name, value in columns.items()}


def _answer(capture: RawCapture, *, judges: bool) -> Answer:
    """What a capture holds; raises `_NoAnswer` where the tool could not be run, or a report could not be read."""
    meta: Any = capture.meta
    if "asked" not in meta:
        document = document_from(capture)
        if document.missing:
            raise _NoAnswer(f"{capture.item}: {meta['subject']} {document.missing}")
        return Answer(document.body)
    if meta["trouble"]:
        raise _NoAnswer(f"{meta['asked']}: {printable(meta['trouble'], 300)}")
    answer = Answer(capture.body, meta["asked"], meta["exit_code"], meta["stderr"])
    if answer.failed and not judges:
        raise _NoAnswer(f"{meta['asked']} ended with {answer.exit_code}: {printable(answer.complaint, 300)}")
    return answer
