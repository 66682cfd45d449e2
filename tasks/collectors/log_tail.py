"""The newest whole lines of a log, across the files into which it was rotated."""

from dataclasses import dataclass

from tasks.collectors.files import demand_folder, read_tail
from tasks.collectors.newest import newest_first
from tasks.collectors.sources import FolderAccess


@dataclass(frozen=True, slots=True)
class Tail:
    """Lines, oldest first, out of so many files and bytes; `trouble` says why there are none.

    Bytes that are not UTF-8 stand in a line as the surrogates that Python escapes them to.
    """

    lines: tuple[str, ...] = ()
    files: int = 0
    bytes: int = 0
    bytes_read: int = 0
    trouble: str | None = None


def newest_lines(access: FolderAccess, path: str, most: int) -> Tail:
    """The newest lines of a file, or of the files that a pattern matches, those written last first.

    At most the source's limit of bytes is read. A line that has no end yet is still being written, and left out; so is
    what stands before the first whole line.
    """
    demand_folder(access)
    names = newest_first(access, path) if "*" in path else [path]
    if not names:
        return Tail(trouble=f"does not exist: no file matches {path}")
    lines: list[str] = []
    size, read, trouble = 0, 0, None
    for name in names:
        found = read_tail(access, name, max(0, access.limit - read))
        trouble = trouble or found.trouble
        if found.trouble:
            break
        size, read = size + found.size, read + len(found.body)
        if len(lines) < most:
            whole = found.body.rpartition(b"\n")[0]
            if found.start:
                whole = whole.partition(b"\n")[2]
            own = [line for line in whole.decode(errors="surrogateescape").split("\n") if line.strip()]
            lines = own[-(most - len(lines)) :] + lines
    return Tail(tuple(lines), len(names), size, read, trouble if not lines else None)
