"""What is expected of a base backup besides: finished, as its manifest says, with its log, and recovered far enough."""

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.expectations.conditions import equal, is_true
from checks.expectations.suite import Rule
from checks.outcome import Outcome

BASE: dict[str, Rule] = {
    "B0-complete": Rule(
        is_true("complete"),
        because="pg_basebackup came to its end: the manifest is there",
        otherwise="{archive} is no finished base backup: {complete_cause}",
        observed="complete",
        asked="base_asked",
        needs=("B1-content",),
    ),
    "B2-system": Rule(
        equal("system_seen", "system_expected"),
        because="a backup of the cluster with the system identifier {system}",
        otherwise="a backup of another cluster: its system identifier is {system}, not {system_expected}",
        observed="system_seen",
        expected="system_expected",
        asked="system_asked",
        needs=("B0-complete",),
    ),
    "B2-manifest": Rule(
        is_true("manifest_good"),
        because="pg_verifybackup found its {entries} files as the manifest says",
        otherwise="it is not as its manifest says: {manifest_cause}",
        observed="manifest_good",
        asked="base_asked",
        needs=("B0-complete", "B2-programs"),
    ),
    "B3-timeline": Rule(
        is_true("wal_timeline_good"),
        because="the backup lies on the log's newest timeline or before it branched off",
        otherwise="the log does not follow the backup: {wal_timeline_cause}",
        observed="wal_timeline_good",
        asked="base_asked",
        needs=("B0-complete",),
    ),
    "B3-continuity": Rule(
        ExpectColumnValuesToBeInSet(column="wal_missing", value_set=[0]),
        because="all {wal_segments} segments from the backup's start to {wal_newest} are there",
        otherwise="{wal_missing} of {wal_segments} segments are missing: {wal_missing_cause}",
        observed="wal_missing",
        asked="base_asked",
        needs=("B3-timeline",),
    ),
    "B3-unpacked": Rule(
        ExpectColumnValuesToBeInSet(column="wal_packed", value_set=[0]),
        because="every segment is there in a form that can be read",
        otherwise="{wal_packed} of {wal_segments} segments are there, and nobody here can read them: "
        "{wal_packed_cause}",
        observed="wal_packed",
        asked="base_asked",
        unmet=Outcome.INCONCLUSIVE,
        needs=("B3-timeline",),
    ),
    "B3-origin": Rule(
        ExpectColumnValuesToBeInSet(column="wal_foreign", value_set=[0]),
        because="every segment is of the backup's cluster and what its name says",
        otherwise="{wal_foreign} segments are not what their names say: {wal_foreign_cause}",
        observed="wal_foreign",
        asked="base_asked",
        needs=("B3-continuity",),
    ),
    "B3-readable": Rule(
        is_true("wal_readable"),
        because="the log can be read record by record up to {wal_newest}",
        otherwise="the log cannot be read to its end: {wal_read_cause}",
        observed="wal_readable",
        asked="base_asked",
        needs=("B2-programs", "B3-continuity", "B3-unpacked", "B3-origin"),
    ),
}

RECOVERY: dict[str, Rule] = {
    "B6-recovered": Rule(
        ExpectColumnValuesToBeBetween(column="recovery_lacks", max_value=0),
        because="recovered to {recovered_at}, {recovered_from}, all that was owed",
        otherwise="recovered to {recovered_at} only, {recovered_from}: the log goes on to {recovery_owed_at}",
        observed="recovery_lacks",
        asked="recovery_asked",
        needs=("B5-opens",),
    ),
    "B6-target-time": Rule(
        ExpectColumnValuesToBeBetween(column="recovery_overshoot", max_value=0),
        because="recovered to {recovered_at}, not past {recover_to}",
        otherwise="recovered past {recover_to}, to {recovered_at}",
        observed="recovery_overshoot",
        asked="recover_to",
        needs=("B5-opens",),
    ),
}
