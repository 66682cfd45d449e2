"""The forms a backup can have: what made it, and what belongs to a backup of that make."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Text
from checks.durations import Duration
from checks.evidence.records import Instant, Record
from checks.places import Place

SystemIdentifier = Annotated[str, Field(pattern=r"^\d{1,20}$", examples=["7437362312345678901"])]
Int32 = Annotated[int, Field(ge=-(2**31), lt=2**31)]


class _Form(Record):
    """What every form of backup has."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources that the form needs besides the backup's own."""
        return ()


class DumpForm(_Form):
    """An archive of `pg_dump`: custom, directory, tar or plain, which it says itself."""

    made_by: Literal["pg_dump"] = "pg_dump"


class Recovery(Record):
    """How far a base backup is rolled forward: to the end of the log, `until` an instant, or to `back` before its end.

    `back` counts from the newest transaction in the log, which is always there to be reached.
    """

    until: Instant | None = None
    back: Duration | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.until is not None and self.back is not None:
            raise ValueError("give it either `until` or `back`; one backup is recovered to one instant")
        return self


class BaseBackupForm(_Form):
    """A folder that `pg_basebackup` wrote, plain or tar, with its manifest.

    `wal` is the folder into which the cluster archives its log, as plain segment files; without it the log in the
    backup itself must do. `system` is the cluster's system identifier, as `pg_controldata` prints it; without it the
    source that is backed up is asked. A rehearsal asks its questions in `database` (without it, the one that the source
    is) as `role`, a superuser of the cluster.
    """

    made_by: Literal["pg_basebackup"]
    wal: Place | None = None
    system: SystemIdentifier | None = None
    recover: Recovery = Recovery()
    database: Text | None = None
    role: Text = "postgres"

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.wal.source,) if self.wal else ()


class SqliteForm(_Form):
    """A copy of a SQLite database file, and the numbers by which the application marks its own."""

    made_by: Literal["sqlite"]
    application_id: Int32 | None = None
    user_version: Int32 | None = None


BackupForm = Annotated[DumpForm | BaseBackupForm | SqliteForm, Field(discriminator="made_by")]
