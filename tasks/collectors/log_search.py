"""Looks for a text at the end of a log file, and keeps the lines that hold it without the secrets in them."""

from collections.abc import Iterable
from datetime import datetime

from checks.evidence.records import Scalar, rfc3339
from tasks.collectors.files import read_tail
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.sources import FolderAccess

_MOST_LINES = 20


def lines_with(
    access: FolderAccess, path: str, text: str, *, ours: Iterable[str], read_at: datetime
) -> tuple[bytes, dict[str, Scalar]]:
    """The newest lines of a log that hold a text, newest first, and how much of the log was read."""
    found = read_tail(access, path, access.limit)
    lines = [line for line in found.body.decode(errors="replace").splitlines() if text in line]
    hidden = [hide_secrets(line, ours) for line in reversed(lines[-_MOST_LINES:])]
    meta: dict[str, Scalar] = {
        "path": path,
        "read_at": rfc3339(read_at),
        "trouble": found.trouble,
        "bytes": found.size if found.trouble is None else None,
        "bytes_read": len(found.body),
        "lines": len(lines),
        "secrets_hidden": sum(len(each.found) for each in hidden),
    }
    return "".join(f"{each.text}\n" for each in hidden).encode(), meta
