"""Good and bad rows of releases."""

from checks.expectations.releases import RELEASES
from checks.kinds.releases import ReleasesCheck, ReleasesRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

COMMIT, OTHER = "a" * 40, "b" * 40
CHECK = ReleasesCheck.model_validate(
    {
        "version": {"at": "api:/version"},
        "commit": {"at": "api:/version", "field": "commit"},
        "of": {
            "tag": {"tags": "team:tags.txt"},
            "notes": {"artefact": "team:notes.md", "sums": "team:SHA256SUMS"},
        },
    }
)
AGAINST = {"candidate": "v0.2.0", "commit_expected": COMMIT}
TAG = ReleasesRow(subject="tag", where="tags.txt", fetched_at=NOW, version="0.2.0", commit=COMMIT, **AGAINST)
NOTES = ReleasesRow(subject="notes", where="notes.md", fetched_at=NOW, sha256="0" * 64, listed="0" * 64, **AGAINST)
GOOD, LISTED = Example(CHECK, (TAG,)), Example(CHECK, (NOTES,))

CASE = SuiteCase(
    RELEASES,
    Example(CHECK, (TAG, NOTES)),
    {
        "found": (changed(GOOD, missing="does not exist", version=None), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is not JSON", version=None), Outcome.MISSING),
        "said": (changed(GOOD, absent="has no tag of v0.2.0 among 3", version=None, commit=None), Outcome.MISSING),
        "candidate": (
            changed(GOOD, candidate=None, candidate_missing="did not answer", version=None),
            Outcome.INCONCLUSIVE,
        ),
        "version": (changed(GOOD, version="v0.1.0"), Outcome.FAIL),
        "commit-known": (
            changed(GOOD, commit_expected=None, commit_missing="says no commit"),
            Outcome.INCONCLUSIVE,
        ),
        "commit": (changed(GOOD, commit=OTHER), Outcome.FAIL),
        "digest": (changed(LISTED, sha256="1" * 64), Outcome.FAIL),
    },
)
