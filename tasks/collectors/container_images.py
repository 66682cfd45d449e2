"""Names of images: what they are made of, whether they name a version, and whether two of them are the same."""

import re
from dataclasses import dataclass

_MOVING = frozenset({"latest", "stable", "edge", "main", "master", "dev", "develop", "nightly", "rolling", "current"})
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_VARIABLE = re.compile(r"\$\{?[A-Za-z_]")
_HOME = re.compile(r"^(?:docker\.io/)?(?:library/)?")


@dataclass(frozen=True, slots=True)
class Image:
    """`name:tag@digest`, each of the last two of which may be left out."""

    name: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, reference: str) -> "Image":
        """Reads a reference; a colon before a slash belongs to a port."""
        rest, _, digest = reference.partition("@")
        name, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:
            name, tag = rest, ""
        return cls(_HOME.sub("", name), tag or None, digest or None)

    def unversioned(self) -> str | None:
        """Why it names no version; `None` if it does. A digest is a version that nobody can move."""
        if self.digest and _DIGEST.fullmatch(self.digest):
            return None
        if _VARIABLE.search(f"{self.name}{self.tag or ''}"):
            return f"{self.shown} is left to a variable, so this file does not say which version runs"
        if self.tag is None:
            return f"{self.shown} has no tag, which means latest"
        if self.tag.lower() in _MOVING or not re.search(r"\d", self.tag):
            return f"the tag {self.tag} names no version"
        return None

    def differs(self, other: "Image") -> str | None:
        """How it is another image than the one that is meant; what the other leaves open may be anything."""
        if self.name != other.name:
            return f"it is {self.shown}, and should be {other.shown}"
        if other.tag and self.tag != other.tag:
            return f"it is {self.shown}, and should be of the tag {other.tag}"
        if other.digest and self.digest != other.digest:
            return f"its digest is {self.digest or 'not told'}, and should be {other.digest}"
        return None

    @property
    def shown(self) -> str:
        """The reference as people write it."""
        tag, digest = (f":{self.tag}" if self.tag else ""), (f"@{self.digest}" if self.digest else "")
        return f"{self.name}{tag}{digest}"
