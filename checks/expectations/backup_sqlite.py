"""What is expected of a SQLite file besides: it is whole, one of the application's own, and no log lies beside it."""

from great_expectations.expectations import ExpectColumnValuesToBeInSet

from checks.expectations.conditions import equal, is_true
from checks.expectations.suite import Rule

SQLITE: dict[str, Rule] = {
    "B2-header": Rule(
        is_true("readable"),
        because="a SQLite database of {bytes} bytes, as many as its header says",
        otherwise="{archive} cannot be read: {read_cause}",
        observed="readable",
        asked="sqlite_asked",
        needs=("B1-content",),
    ),
    "B2-application": Rule(
        equal("application_id", "application_expected"),
        because="its application_id is {application_id}",
        otherwise="another application's database: its application_id is {application_id}, not {application_expected}",
        observed="application_id",
        expected="application_expected",
        needs=("B2-header",),
    ),
    "B2-version": Rule(
        equal("user_version", "user_version_expected"),
        because="its user_version is {user_version}",
        otherwise="another version of the schema: its user_version is {user_version}, not {user_version_expected}",
        observed="user_version",
        expected="user_version_expected",
        needs=("B2-header",),
    ),
    "B2-integrity": Rule(
        is_true("integrity"),
        because="SQLite's integrity check found nothing",
        otherwise="SQLite's integrity check says: {integrity_cause}",
        observed="integrity",
        asked="sqlite_asked",
        needs=("B2-header",),
    ),
    "B2-foreign-keys": Rule(
        ExpectColumnValuesToBeInSet(column="foreign_keys_broken", value_set=[0]),
        because="every foreign key leads to a row",
        otherwise="{foreign_keys_broken} rows refer to rows that are not there: {foreign_keys_cause}",
        observed="foreign_keys_broken",
        asked="sqlite_asked",
        needs=("B2-integrity",),
    ),
    "B3-log": Rule(
        ExpectColumnValuesToBeInSet(column="log_bytes", value_set=[0]),
        because="no log lies beside it, so the file alone is the backup",
        otherwise="a log of {log_bytes} bytes lies beside it: the file was copied while in use and lacks what is there",
        observed="log_bytes",
        asked="sqlite_asked",
        needs=("B2-header",),
    ),
}
