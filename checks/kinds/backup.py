"""Backups: is there a recent one, is it whole, and does it come back as the database it was taken of?"""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from checks.catalog import Check, Name, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.backup_forms import BackupForm, DumpForm, SqliteForm
from checks.places import Place


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; write one such as UTC or Europe/Paris")
    return ZoneInfo(name).key


Share = Annotated[float, Field(gt=0, le=1)]
Zone = Annotated[str, AfterValidator(_known_zone)]
Query = Annotated[str, Field(min_length=1, max_length=5000)]
Table = Annotated[str, Field(pattern=r"^[^.]+\.[^.]+$", examples=["public.entries"])]


class BackedUpTable(Record):
    """What a table must hold once it is back: at least so many rows, dated by the column `newest`.

    `equal_before` is for tables whose rows nobody changes after so long: rows that were older than that when the backup
    was made are compared with the source's, value by value.
    """

    rows: Annotated[int, Field(ge=0)] = 1
    newest: Text | None = None
    equal_before: Duration | None = None

    @model_validator(mode="after")
    def _dated(self) -> Self:
        if self.equal_before is not None and self.newest is None:
            raise ValueError("equal_before needs `newest`: the column that says how old a row is")
        return self


class Restore(Record):
    """Where and how the newest backup is brought back, each time into a database made for that and dropped afterwards.

    `into` names a database source whose role may create databases; without it a temporary server is started. Whoever
    writes `isolated: true` says that nothing but rehearsals depends on that server: no other target is restored into.
    `canary` is a query that is true where a row written before the backup came back; `smoke` are the application's
    own queries, each of which must answer with at least one row. `schemas` limits what is compared with the source.
    """

    into: Name | None = None
    isolated: bool = False
    within: Duration = parse_duration("1h")
    jobs: Annotated[int, Field(ge=1, le=64)] = 2
    schemas: tuple[Text, ...] | None = None
    canary: Query | None = None
    smoke: tuple[Query, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _only_isolated(self) -> Self:
        if self.into is not None and not self.isolated:
            raise ValueError(f"{self.into!r} is not declared isolated; write isolated: true if only rehearsals use it")
        return self


class BackupExpectation(Record):
    """What a backup must show; where a limit is null it is not asked for.

    `size` is the least share of the median of the seven backups before it, `rows` the least share of the rows that
    the source's tables hold now, `kept` the least number of backups in the folder, `gap` the longest time between two
    of them in a row.
    """

    age: Duration = parse_duration("26h")
    size: Share | None = 0.5
    kept: Annotated[int, Field(ge=1)] | None = None
    gap: Duration | None = None
    checksum: bool = True
    rows: Share | None = 0.9
    rpo: Duration = parse_duration("24h")
    rto: Duration = parse_duration("15m")


class BackupCheck(Check):
    """Climbs the ladder from B0 (there is one) to B2 (it is whole) and, with `restore`, to B7 (it answers queries).

    `backups` is a pattern in a folder source, `copies` the places that must hold the same archive too, `of` the
    database source that is backed up, `form` what made the backup. PostgreSQL's programs are those of the folder source
    `programs`, else the machine's own. Times without a zone, such as those in an archive's header, are read in
    `timezone`; the time of the file counts as the backup's own only with `trust_file_time`.
    """

    kind: Literal["backup"] = "backup"
    backups: Place
    form: BackupForm = DumpForm()
    copies: tuple[Place, ...] = ()
    of: Name | None = None
    programs: Name | None = None
    timezone: Zone = "UTC"
    trust_file_time: bool = False
    tables: dict[Table, BackedUpTable] = Field(default_factory=dict)
    restore: Restore | None = None
    expect: BackupExpectation = BackupExpectation()

    @model_validator(mode="after")
    def _restorable_there(self) -> Self:
        if self.restore is not None and self.restore.into is not None and not isinstance(self.form, DumpForm):
            raise ValueError(f"a backup made by {self.form.made_by} is no database of a server; leave `into` out")
        return self

    @model_validator(mode="after")
    def _comparable(self) -> Self:
        if self.compares and (self.of is None or self.restore is None or isinstance(self.form, SqliteForm)):
            raise ValueError("equal_before compares a PostgreSQL copy with its source: it needs `of` and `restore`")
        return self

    @property
    def compares(self) -> bool:
        """Whether values of any table are compared with the source's."""
        return any(table.equal_before is not None for table in self.tables.values())

    @property
    def changes(self) -> bool:
        """A rehearsal is a drill: it changes nothing of the system, and takes disk and processor time from it."""
        return self.restore is not None

    @property
    def sources(self) -> tuple[str, ...]:
        into = self.restore.into if self.restore else None
        copies = (copy.source for copy in self.copies)
        named = (self.backups.source, *copies, *self.form.sources, self.of, self.programs, into)
        return tuple(name for name in named if name)


class BackupRow(EvidenceRow):
    """What was seen of the newest backup, step by step; a column is `None` where its step was not reached.

    Of what was `found` under the pattern, `kept` counts what says that it is a backup. Durations are seconds on a
    monotonic clock. Columns that end in `cause` say why a step came out as it did. `made_by` is the form the check asks
    for. Columns that begin with `wal` are about a cluster's log: `wal_newest_at` is the newest transaction in it, and
    `recovery_owed_at` the newest that recovery was to bring back.
    """

    place: str
    found: int
    kept: int | None = None
    made_by: str = "pg_dump"
    widest_gap: float | None = None
    archive: str | None = None
    format: str | None = None
    created_at: Instant | None = None
    created_from: str | None = None
    file_time: Instant | None = None
    bytes: int | None = None
    median_bytes: float | None = None
    copies_good: int | None = None
    copies_cause: str | None = None
    sha256: str | None = None
    checksum: str | None = None
    database: str | None = None
    database_expected: str | None = None
    dumped_from: str | None = None
    dumped_by: str | None = None
    programs_good: bool | None = None
    programs_cause: str | None = None
    readable: bool | None = None
    entries: int | None = None
    read_cause: str | None = None
    tables_listed: int | None = None
    tables_absent: str | None = None
    complete: bool | None = None
    complete_cause: str | None = None
    system: str | None = None
    system_expected: str | None = None
    manifest_good: bool | None = None
    manifest_cause: str | None = None
    integrity: bool | None = None
    integrity_cause: str | None = None
    foreign_keys_broken: int | None = None
    foreign_keys_cause: str | None = None
    application_id: int | None = None
    application_expected: int | None = None
    user_version: int | None = None
    user_version_expected: int | None = None
    log_bytes: int | None = None
    wal_timeline_good: bool | None = None
    wal_timeline_cause: str | None = None
    wal_segments: int | None = None
    wal_missing: int | None = None
    wal_missing_cause: str | None = None
    wal_packed: int | None = None
    wal_packed_cause: str | None = None
    wal_newest: str | None = None
    wal_foreign: int | None = None
    wal_foreign_cause: str | None = None
    wal_readable: bool | None = None
    wal_read_cause: str | None = None
    wal_newest_at: Instant | None = None
    target_good: bool | None = None
    target_cause: str | None = None
    restored: bool | None = None
    restore_cause: str | None = None
    restore_warnings: int | None = None
    leftovers: int | None = None
    leftovers_named: str | None = None
    cleared: bool | None = None
    clear_cause: str | None = None
    opened: bool | None = None
    open_cause: str | None = None
    in_recovery: bool | None = None
    recover_to: Instant | None = None
    recovered_at: Instant | None = None
    recovered_from: str | None = None
    recovery_owed_at: Instant | None = None
    source_good: bool | None = None
    source_cause: str | None = None
    schema_differences: int | None = None
    schema_cause: str | None = None
    rows_restored: int | None = None
    tables_short: int | None = None
    rows_cause: str | None = None
    least_share: float | None = None
    least_share_of: str | None = None
    rows_compared: int | None = None
    tables_differing: int | None = None
    compared_cause: str | None = None
    canary: bool | None = None
    canary_cause: str | None = None
    newest_at: Instant | None = None
    declared_at: Instant | None = None
    smoke: bool | None = None
    smoke_cause: str | None = None
    fetch_seconds: float | None = None
    restore_seconds: float | None = None
    verify_seconds: float | None = None
    smoke_seconds: float | None = None
    teardown_seconds: float | None = None
    rto_seconds: float | None = None
