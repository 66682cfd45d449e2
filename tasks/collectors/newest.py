"""Finds the newest of many files by what they say, for paths with `*` or a date in them."""

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from checks.errors import CollectionError
from checks.evidence.records import Scalar, rfc3339
from tasks.collectors.content_time import Undated
from tasks.collectors.files import FileRead, demand_folder, read_file
from tasks.collectors.sources import FolderAccess
from tasks.collectors.strict_json import Unreadable

DateOf = Callable[[FileRead], datetime]
"""When a file says that it was made; it raises `Unreadable` or `Undated` where the file says nothing of the kind."""

_DATE = re.compile(r"(?<!\d)(?:19|20)\d\d(?P<between>[-_.]?)[01]\d(?P=between)[0-3]\d(?!\d)")
_MOST_NAMES = 100_000
_MOST_READ = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """One file that a search considered; `content_time` is `None` where the file cannot be read or is not dated."""

    found: FileRead
    content_time: datetime | None
    trouble: str | None

    @property
    def listed(self) -> dict[str, Scalar]:
        """What the list of candidates in the evidence says of it."""
        file_time = self.found.file_time
        return {
            "path": self.found.relative,
            "content_time": rfc3339(self.content_time) if self.content_time else None,
            "file_time": rfc3339(file_time) if file_time else None,
            "bytes": len(self.found.body),
            "sha256": hashlib.sha256(self.found.body).hexdigest(),
            "trouble": self.trouble,
        }


def pattern_of(path: str) -> str | None:
    """The pattern to search with; `None` for a path that means just itself. A date's digits stand for any digits."""
    if "*" in path:
        return path
    if not _DATE.search(path):
        return None
    literal = re.sub(r"([?\[])", r"[\1]", path)
    return _DATE.sub(lambda date: re.sub(r"\d", "[0-9]", date[0]), literal)


def matching(access: FolderAccess, pattern: str) -> list[str]:
    """Every file of a folder whose path matches, as relative paths in their order."""
    demand_folder(access)
    return sorted(_matching(access, pattern))


def newest_first(access: FolderAccess, pattern: str) -> list[str]:
    """The files that a pattern matches, those first that were written last."""
    return sorted(matching(access, pattern), key=_written(access), reverse=True)


def newest(access: FolderAccess, pattern: str, date_of: DateOf) -> tuple[FileRead | None, tuple[Candidate, ...]]:
    """The file that is newest by its own timestamp, and every candidate.

    Of many files the 200 that were written last are read. A file that was written after the newest and cannot be read
    or dated is what gets chosen: an older one that reads well must not stand in for it.
    """
    names = newest_first(access, pattern)
    candidates = tuple(_candidate(read_file(access, name), date_of) for name in names[:_MOST_READ])
    dated = [each for each in candidates if each.content_time]
    best = max(dated, key=lambda each: (each.content_time, each.found.relative), default=None)
    broken = [each for each in candidates if not each.content_time and _written_after(each, best)]
    chosen = broken[0] if broken else best
    return (chosen.found if chosen else None), candidates


def _candidate(found: FileRead, date_of: DateOf) -> Candidate:
    if found.trouble:
        return Candidate(found, None, found.trouble)
    try:
        return Candidate(found, date_of(found), None)
    except (Unreadable, Undated) as error:
        return Candidate(found, None, str(error))


def _matching(access: FolderAccess, pattern: str) -> Iterator[str]:
    """Files inside the folder whose names match; links that lead out of it are left alone."""
    root = access.folder.resolve()
    try:
        for path in islice(root.glob(pattern), _MOST_NAMES):
            if path.is_file() and path.resolve().is_relative_to(root):
                yield path.relative_to(root).as_posix()
    except (ValueError, NotImplementedError, IndexError) as error:
        raise CollectionError(f"{access.name}:{pattern} is no pattern of files: {error}") from None


def _written(access: FolderAccess) -> Callable[[str], float]:
    root = access.folder.resolve()

    def written(name: str) -> float:
        try:
            return (root / name).stat().st_mtime
        except OSError:  # it went away meanwhile; reading it says so
            return float("inf")

    return written


def _written_after(each: Candidate, best: Candidate | None) -> bool:
    if best is None or each.found.file_time is None or best.found.file_time is None:
        return True
    return each.found.file_time > best.found.file_time
