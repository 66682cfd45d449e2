"""Releases: do the running service, the tag, the changelog, the manifest and the artefacts speak of one release?"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from checks.catalog import Check, Name
from checks.evidence.records import Record
from checks.kinds.dated import Candidate, DocumentRow, VersionPlace
from checks.kinds.fields import FieldPath
from checks.places import Place


class SaysVersion(Record):
    """A JSON document that says the version, and perhaps the commit: an endpoint, or a manifest."""

    document: Place
    version: FieldPath = "version"
    commit: FieldPath | None = None


class ListsTags(Record):
    """What `git show-ref --tags -d` or `git ls-remote --tags` printed, or a repository's `packed-refs`."""

    tags: Place


class HasHeading(Record):
    """A changelog in markdown: its first heading of a version that is not called unreleased."""

    changelog: Place


class ListsDigest(Record):
    """An artefact, and the file that lists its SHA-256 as `sha256sum` prints it."""

    artefact: Place
    sums: Place


def _tag(value: Any) -> str | None:
    forms = {"document": "says", "tags": "tags", "changelog": "changelog", "artefact": "artefact"}
    if isinstance(value, Mapping):
        return next((form for key, form in forms.items() if key in value), None)
    return next((form for key, form in forms.items() if hasattr(value, key)), None)


Statement = Annotated[
    Annotated[SaysVersion, Tag("says")]
    | Annotated[ListsTags, Tag("tags")]
    | Annotated[HasHeading, Tag("changelog")]
    | Annotated[ListsDigest, Tag("artefact")],
    Discriminator(
        _tag,
        custom_error_type="statement_kind",
        custom_error_message="says nothing of a release; give it one of document, tags, changelog or artefact",
    ),
]


class ReleasesCheck(Check):
    """Holds everything that speaks of a release against one `version` and, where it is given, one `commit`.

    A `v` before a version does not matter. Each of `of` is a subject by its name.
    """

    kind: Literal["releases"] = "releases"
    version: Candidate
    commit: Candidate | None = None
    of: dict[Name, Statement] = Field(min_length=1)

    @property
    def told_at(self) -> dict[str, VersionPlace]:
        """Where the version and the commit are said, for those that the catalogue does not name itself."""
        asked = {"candidate": self.version, "commit": self.commit}
        return {item: one for item, one in asked.items() if isinstance(one, VersionPlace)}

    @property
    def places(self) -> dict[str, tuple[Place, ...]]:
        """What has to be read for each subject."""
        return {name: tuple(value for _, value in one if isinstance(value, Place)) for name, one in self.of.items()}

    @property
    def sources(self) -> tuple[str, ...]:
        places = [one.at for one in self.told_at.values()] + [place for some in self.places.values() for place in some]
        return tuple(dict.fromkeys(place.source for place in places))

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.of)


class ReleasesRow(DocumentRow):
    """What one of them says; `absent` tells what it does not. `sha256` is the artefact's, `listed` what is noted of it.

    `candidate` and `commit_expected` are what it is held against, `candidate_missing` and `commit_missing` why nobody
    knows them.
    """

    absent: str | None = None
    version: str | None = None
    commit: str | None = None
    sha256: str | None = None
    listed: str | None = None
    candidate: str | None = None
    candidate_missing: str | None = None
    commit_expected: str | None = None
    commit_missing: str | None = None


def same_version(one: str, other: str) -> bool:
    """Whether two words mean one version: `v0.2.0` is `0.2.0`."""
    return one.removeprefix("v") == other.removeprefix("v")
