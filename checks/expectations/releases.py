"""What is expected of a release: everything that speaks of it names one version, one commit, and the right digests."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, equal, is_good, is_true
from checks.expectations.dated import FOUND, VERSION, candidate_columns, found_columns, readable
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.releases import ListsDigest, ListsTags, ReleasesCheck, ReleasesRow, SaysVersion, same_version
from checks.outcome import Outcome


def _columns(check: ReleasesCheck, row: ReleasesRow, occasion: Occasion) -> Mapping[str, Scalar]:  # noqa: ARG001
    one = check.of[row.subject]
    names_commit = isinstance(one, ListsTags) or (isinstance(one, SaysVersion) and one.commit is not None)
    return {
        **found_columns(row),
        **candidate_columns(None if isinstance(one, ListsDigest) else check.version, row.candidate_missing),
        "absence": row.absent or GOOD,
        "asks_version": None if isinstance(one, ListsDigest) else True,
        "version_good": same_version(row.version, row.candidate) if row.version and row.candidate else None,
        "asks_commit": True if check.commit is not None and names_commit else None,
        "commit_trouble": row.commit_missing or "says none",
        "asks_digest": True if isinstance(one, ListsDigest) else None,
    }


RELEASES: Suite[ReleasesCheck, ReleasesRow] = Suite(
    kind="releases",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("what it should"),
        "said": Rule(
            is_good("absence"),
            because="{where} speaks of it",
            otherwise="{where} {absence}",
            observed="absence",
            unmet=Outcome.MISSING,
        ),
    },
    expectations={
        "candidate": VERSION["candidate"],
        "version": Rule(
            is_true("version_good"),
            because="it is of {version}",
            otherwise="{where} is of {version}, and the release is {candidate}",
            observed="version_good",
            asked="asks_version",
            needs=("candidate",),
        ),
        "commit-known": Rule(
            ExpectColumnValuesToNotBeNull(column="commit_expected"),
            because="the commit is {commit_expected}",
            otherwise="nobody knows what the commit is: {commit_trouble}",
            observed="commit_expected",
            asked="asks_commit",
            unmet=Outcome.INCONCLUSIVE,
        ),
        "commit": Rule(
            equal("commit", "commit_expected"),
            because="it is of the commit {commit}",
            otherwise="{where} is of the commit {commit}, and the release is of {commit_expected}",
            observed="commit",
            asked="asks_commit",
            needs=("commit-known",),
        ),
        "digest": Rule(
            equal("sha256", "listed"),
            because="its digest is the one that is listed, {sha256}",
            otherwise="the digest of {where} is {sha256}, and {listed} is listed",
            observed="sha256",
            asked="asks_digest",
        ),
    },
)
