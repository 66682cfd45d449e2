"""Bills of materials: what is in the release, does the lock file say the same, and is every version known?"""

from typing import Annotated, Literal

from pydantic import Field

from checks.catalog import Text
from checks.kinds.dated import AgeExpectation, DatedCheck, VersionedRow
from checks.places import Place


class SbomExpectation(AgeExpectation):
    """What a bill of materials must show.

    `formats` are those that it may have, such as `CycloneDX 1.6` or `SPDX-2.3`, `tools` the beginnings of the names of
    those that may have made it. `drift` is how many packages may differ from the lock file, and `unpinned` how many may
    have no version.
    """

    formats: tuple[Text, ...] = ()
    tools: tuple[Text, ...] = ()
    components: Annotated[int, Field(ge=1)] = 1
    unpinned: Annotated[int, Field(ge=0)] = 0
    drift: Annotated[int, Field(ge=0)] = 0


class SbomCheck(DatedCheck):
    """Reads a bill of materials in CycloneDX or SPDX JSON, and holds it against a lock file.

    The lock file may be a requirements file, `uv.lock`, `poetry.lock`, `Cargo.lock` or `package-lock.json`.
    """

    kind: Literal["sbom"] = "sbom"
    document: Place
    lockfile: Place | None = None
    expect: SbomExpectation

    @property
    def sources(self) -> tuple[str, ...]:
        lockfile = (self.lockfile.source,) if self.lockfile else ()
        return (self.document.source, *lockfile, *self.version_sources)

    @property
    def subjects(self) -> tuple[str, ...]:
        return (str(self.document),)


class SbomRow(VersionedRow):
    """A bill of materials as it was found. `drift` says of each package how bill and lock file differ.

    `lock_trouble` says why there is nothing to compare with; `drifting` counts all that drift, of which `drift` names
    the first.
    """

    format: str | None = None
    tools: tuple[str, ...] = ()
    components: int | None = None
    unpinned: tuple[str, ...] = ()
    locked: int | None = None
    lock_trouble: str | None = None
    drifting: int | None = None
    drift: tuple[str, ...] = ()
