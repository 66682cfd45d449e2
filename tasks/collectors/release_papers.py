"""What speaks of releases as text: listings of git's tags, changelogs, and lists of digests."""

import re

from checks.kinds.releases import same_version
from tasks.collectors.strict_json import Unreadable

_REF = re.compile(r"([0-9a-f]{40}|[0-9a-f]{64})\s+refs/tags/(\S+)")
_PEELED = re.compile(r"\^([0-9a-f]{40}|[0-9a-f]{64})")
_HEADING = re.compile(r"^##?\s+(.*\S)\s*$", re.MULTILINE)
_VERSION = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){1,3}(?:[-+][0-9A-Za-z.-]+)?(?![\w.])")
_SUM = re.compile(r"\\?([0-9a-f]{64}) [ *](.+)")


def tagged_commits(text: str) -> dict[str, str]:
    """Every tag with the commit that it leads to, through an annotated tag too."""
    found: dict[str, str] = {}
    last = None
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if peeled := _PEELED.fullmatch(line.strip()):
            if last:
                found[last] = peeled[1]
            continue
        ref = _REF.fullmatch(line.strip())
        if ref is None:
            if re.match(r"[0-9a-f]{40,64}\s+(refs/|HEAD)", line):  # branches and the like beside tags
                last = None
                continue
            raise Unreadable(f"lists no tag of git at line {number}")
        last = ref[2].removesuffix("^{}")
        found[last] = ref[1]
    return found


def tag_of(version: str, tags: dict[str, str]) -> str | None:
    """The tag of a version."""
    return next((tag for tag in tags if same_version(tag, version)), None)


def newest_in_changelog(text: str) -> str | None:
    """The version of the first heading that names one and does not call it unreleased."""
    for heading in _HEADING.findall(text):
        if "unreleased" not in heading.lower() and (named := _VERSION.search(heading)):
            return named[0]
    return None


def listed_digest(text: str, path: str) -> str | None:
    """The SHA-256 that a list gives a file, by its whole path or its name; two different ones are refused."""
    name = path.rpartition("/")[2]
    lines = [_SUM.fullmatch(line.strip()) for line in text.splitlines() if line.strip()]
    if None in lines:
        raise Unreadable(f"is no list of sha256sum at line {lines.index(None) + 1}")
    found = {line[1] for line in lines if line and line[2] in (path, name, f"./{name}", f"./{path}")}
    if len(found) > 1:
        raise Unreadable(f"lists {name} with different digests")
    return next(iter(found), None)
