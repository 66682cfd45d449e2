"""Backup tools: what pgBackRest, Barman, restic or litestream say of their backups, and whether that says anything."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checks.catalog import Check, Name, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.backup import Share
from checks.places import Place

BackupTool = Literal["pgbackrest", "barman", "restic", "litestream"]
BackupQuestion = Literal["backups", "backup", "check", "data", "log", "settings"]
Subset = Annotated[str, StringConstraints(pattern=r"^[1-9]\d?%$")]


class BackupToolExpectation(Record):
    """What a tool must show of its backups; where a limit is null, or a rule false, it is not asked for.

    `age` is the newest good backup's and `full_age` the newest full one's, `size` the least share of the median of the
    seven before it, `kept` the least number of good ones. `retention` asks for a rule by which old backups go,
    `page_checksums` that damaged database pages were noticed, `data` that what is stored was read back and is whole.
    """

    age: Duration = parse_duration("26h")
    full_age: Duration | None = None
    size: Share | None = 0.5
    kept: Annotated[int, Field(ge=1)] | None = None
    retention: bool = True
    page_checksums: bool = True
    data: bool = True


class BackupToolCheck(Check):
    """Asks a backup tool for its backups, its own check, its settings, its log and, unless told otherwise, to read all.

    `of` is pgBackRest's stanza, Barman's server, restic's tag or litestream's path of the database. The program source
    `program` is run with read-only commands of the tool, each for at most `within`; pgBackRest's check also has the
    server switch to a new log file. `reports` names places where an answer lies already: there nothing is run.
    `subset` has restic read only a share of the data each time.
    """

    kind: Literal["backup-tool"] = "backup-tool"
    tool: BackupTool
    of: Text
    program: Name | None = None
    reports: dict[BackupQuestion, Place] = Field(default_factory=dict)
    subset: Subset | None = None
    within: Duration = parse_duration("30m")
    expect: BackupToolExpectation = BackupToolExpectation()

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        if self.program is None and "backups" not in self.reports:
            raise ValueError(
                "nothing says which backups there are; name a program source, or a place in reports.backups"
            )
        if self.subset is not None and self.tool != "restic":
            raise ValueError("subset is for restic only; the others read everything")
        if self.of.startswith("-"):
            raise ValueError(f"of: {self.of!r} would be read as an option")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        named = (self.program, *(place.source for place in self.reports.values()))
        return tuple(dict.fromkeys(name for name in named if name))


class BackupToolRow(EvidenceRow):
    """What a tool showed; a column is `None` where nothing was said of it, and its `cause` tells why it is as it is.

    A backup is good where the tool calls it complete and without error; `bad` counts those begun after the newest good
    one. `log_first` to `log_last` is what is kept of the database's log (WAL files, or litestream's transactions),
    `log_from` to `log_to` what the newest good backup needs of it.
    """

    tool: str
    of: str
    version: str | None = None
    unanswered: str | None = None
    unreadable: str | None = None
    found: int | None = None
    good: int | None = None
    bad: int | None = None
    bad_cause: str | None = None
    label: str | None = None
    form: str | None = None
    ended_at: Instant | None = None
    full_ended_at: Instant | None = None
    bytes: int | None = None
    median_bytes: float | None = None
    well: bool | None = None
    well_cause: str | None = None
    retention: str | None = None
    retention_cause: str | None = None
    checked: bool = False
    check_good: bool | None = None
    check_cause: str | None = None
    rules_unarmed: int | None = None
    rules_cause: str | None = None
    page_checksums: bool | None = None
    data_read: bool = False
    data_read_cause: str | None = None
    data_good: bool | None = None
    data_cause: str | None = None
    archiving: bool | None = None
    archiving_cause: str | None = None
    log_first: str | None = None
    log_last: str | None = None
    log_from: str | None = None
    log_to: str | None = None
    log_covers: bool | None = None
    log_cause: str | None = None
    log_gaps: int | None = None
    gaps_cause: str | None = None
