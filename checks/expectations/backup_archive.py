"""What is expected of a backup as it lies there, whatever made it: recent, of the usual size, whole, the right one."""

from great_expectations.expectations import ExpectColumnValuesToBeBetween

from checks.expectations.conditions import at_least, equal, is_true
from checks.expectations.suite import Rule
from checks.outcome import Outcome

CLOCKS_DIFFER_BY = 60
"""Seconds by which two clocks may differ before an instant counts as one of the future."""

ARCHIVE: dict[str, Rule] = {
    "B1-content": Rule(
        ExpectColumnValuesToBeBetween(column="bytes", min_value=1),
        because="{archive} holds {bytes} bytes",
        otherwise="{archive} is empty: the job left a file and nothing in it",
        observed="bytes",
    ),
    "B1-clock": Rule(
        ExpectColumnValuesToBeBetween(column="age_seconds", min_value=-CLOCKS_DIFFER_BY),
        because="made at {created_at}, says {created_from}",
        otherwise="made in the future, at {created_at}, says {created_from}: a clock is wrong",
        observed="created_at",
        unmet=Outcome.STALE,
    ),
    "B1-age": Rule(
        at_least("age_limit", "age_seconds"),
        because="made {age_seconds} s ago, says {created_from}; expected at most {age_limit} s",
        observed="age_seconds",
        expected="age_limit",
        unmet=Outcome.STALE,
        needs=("B1-clock",),
    ),
    "B1-size": Rule(
        at_least("size_share", "smallest"),
        because="{bytes} bytes, {size_share} of the median of those before it; expected at least {smallest}",
        observed="size_share",
        expected="smallest",
        needs=("B1-content",),
    ),
    "B1-kept": Rule(
        at_least("kept", "kept_expected"),
        because="{kept} backups are kept; expected at least {kept_expected}",
        observed="kept",
        expected="kept_expected",
    ),
    "B1-redundancy": Rule(
        equal("copies_good", "copies_expected"),
        because="the same bytes lie in {copies_good} other places",
        otherwise="{copies_good} of {copies_expected} copies are good: {copies_cause}",
        observed="copies_good",
        expected="copies_expected",
        needs=("B1-content",),
    ),
    "B2-checksum": Rule(
        equal("checksum", "checksum_expected"),
        because="its SHA-256 is the one written beside it, {sha256}",
        otherwise="the checksum beside it {checksum}: its SHA-256 is {sha256}",
        observed="checksum",
        expected="checksum_expected",
    ),
    "B2-programs": Rule(
        is_true("programs_good"),
        because="the programs here can read it",
        otherwise="the programs here cannot tell: {programs_cause}",
        observed="programs_good",
        asked="programs_asked",
        unmet=Outcome.ERROR,
        needs=("B1-content",),
    ),
    "B2-readable": Rule(
        is_true("readable"),
        because="{format} archive with {entries} entries, written by pg_dump {dumped_by}",
        otherwise="{archive} cannot be read: {read_cause}",
        observed="readable",
        asked="dump_asked",
        needs=("B1-content", "B2-programs"),
    ),
    "B2-database": Rule(
        equal("database", "database_asked"),
        because="a backup of the database {database}",
        otherwise="a backup of the database {database}, not of {database_asked}",
        observed="database",
        expected="database_asked",
        needs=("B1-content",),
    ),
    "B3-gap": Rule(
        at_least("gap_limit", "widest_gap"),
        because="at most {widest_gap} s lie between two backups in a row; expected at most {gap_limit} s",
        observed="widest_gap",
        expected="gap_limit",
    ),
}

TABLES: dict[str, Rule] = {
    "B2-tables": Rule(
        equal("tables_listed", "tables_expected"),
        because="it holds rows of all {tables_expected} tables that must come back",
        otherwise="it holds no rows of {tables_absent}",
        observed="tables_listed",
        expected="tables_expected",
        needs=("B2-readable", "B2-header"),
    ),
}
"""Stands after the rules of the forms, since what a backup holds can be told once it can be read."""
