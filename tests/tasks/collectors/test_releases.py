"""What speaks of a release: git's own listings, changelogs, lists of digests, and each way in which they disagree."""

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.expectations.releases import RELEASES
from checks.findings import Verdict
from checks.kinds.releases import ReleasesCheck
from checks.outcome import Outcome
from tasks.collectors.release_papers import listed_digest, newest_in_changelog, tagged_commits
from tasks.collectors.releases import ReleasesCollector
from tasks.collectors.strict_json import Unreadable
from tests.checks.expectations.judging import Example, verdicts
from tests.tasks.collectors.asking import named, now, sources

COMMIT, OTHER = "a" * 40, "b" * 40
NOTES = "Two fixes.\n"
CHECK: dict[str, Any] = {
    "version": {"at": "reports:version.json"},
    "commit": {"at": "reports:version.json", "field": "commit"},
    "of": {
        "running": {"document": "reports:version.json", "commit": "commit"},
        "tag": {"tags": "reports:tags.txt"},
        "changelog": {"changelog": "reports:CHANGELOG.md"},
        "notes": {"artefact": "reports:notes.md", "sums": "reports:SHA256SUMS"},
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "version.json").write_text(json.dumps({"version": "v0.2.0", "commit": COMMIT}))
    (tmp_path / "tags.txt").write_text(f"{OTHER} refs/tags/v0.1.0\n{COMMIT} refs/tags/v0.2.0\n")
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## 0.3.0, unreleased\n\n## [0.2.0] - 2026-11-20\n\n## 0.1.0\n"
    )
    (tmp_path / "notes.md").write_text(NOTES)
    (tmp_path / "SHA256SUMS").write_text(f"{hashlib.sha256(NOTES.encode()).hexdigest()}  notes.md\n")
    return tmp_path


async def judged(folder: Path, **given: Any) -> dict[str, Verdict]:
    check = named(ReleasesCheck.model_validate({**CHECK, **given}))
    collector = ReleasesCollector(sources(folder=folder), now)
    rows = (await collector.collect(check)).rows
    await collector.aclose()
    return {one.subject: one for one in verdicts(RELEASES, [Example(check, rows)])[0]}


async def passing(folder: Path, **given: Any) -> dict[str, Outcome]:
    """What does not pass."""
    return {name: one.outcome for name, one in (await judged(folder, **given)).items() if not one.outcome.passes}


async def test_what_speaks_of_one_release_agrees(folder: Path):
    assert await passing(folder) == {}


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("tags.txt", f"{OTHER} refs/tags/v0.2.0\n", {"tag": Outcome.FAIL}),
        ("tags.txt", f"{OTHER} refs/tags/v0.1.0\n", {"tag": Outcome.MISSING}),
        ("tags.txt", "", {"tag": Outcome.MISSING}),
        ("tags.txt", "v0.2.0\n", {"tag": Outcome.MISSING}),
        ("CHANGELOG.md", "## 0.1.0\n", {"changelog": Outcome.FAIL}),
        ("CHANGELOG.md", "## 0.2.0 (unreleased)\n", {"changelog": Outcome.MISSING}),
        ("notes.md", "Three fixes.\n", {"notes": Outcome.FAIL}),
        ("SHA256SUMS", f"{'0' * 64}  other.md\n", {"notes": Outcome.MISSING}),
        ("SHA256SUMS", "not a list\n", {"notes": Outcome.MISSING}),
        (
            "version.json",
            "{}",
            {"running": Outcome.MISSING, "tag": Outcome.INCONCLUSIVE, "changelog": Outcome.INCONCLUSIVE},
        ),
        (
            "version.json",
            json.dumps({"version": "v0.1.0", "commit": OTHER}),
            {"changelog": Outcome.FAIL},
        ),
    ],
)
async def test_whatever_disagrees_is_named(name: str, text: str, found: dict[str, Outcome], folder: Path):
    (folder / name).write_text(text)
    assert await passing(folder) == found


async def test_a_version_that_the_catalogue_names_does_not_follow_what_runs(folder: Path):
    (folder / "version.json").write_text(json.dumps({"version": "v0.1.0", "commit": COMMIT}))
    found = await judged(folder, version="v0.2.0")
    assert {name for name, one in found.items() if not one.outcome.passes} == {"running"}
    assert any("is of v0.1.0, and the release is v0.2.0" in one.because for one in found["running"].findings)


async def test_an_absent_file_is_an_observation(folder: Path):
    (folder / "SHA256SUMS").unlink()
    (folder / "CHANGELOG.md").unlink()
    assert await passing(folder) == {"changelog": Outcome.MISSING, "notes": Outcome.MISSING}


def test_tags_are_read_as_git_lists_them_and_annotated_ones_lead_to_their_commit(tmp_path: Path):
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.test", "-c", "tag.gpgsign=false")
        done = subprocess.run(["git", *who, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout

    git("init", "-q", ".")
    git("commit", "-q", "--allow-empty", "-m", "first")
    git("tag", "v0.1.0")
    git("tag", "-a", "v0.2.0", "-m", "second")
    commit = git("rev-parse", "HEAD").strip()
    expected = {"v0.1.0": commit, "v0.2.0": commit}
    assert tagged_commits(git("show-ref", "--tags", "-d")) == expected
    assert tagged_commits(git("ls-remote", ".")) == expected
    git("pack-refs", "--all")
    assert tagged_commits((tmp_path / ".git" / "packed-refs").read_text()) == expected


@pytest.mark.parametrize(
    ("text", "newest"),
    [
        ("# Changelog\n\n## v1.2.3 (2026-11-01)\n", "v1.2.3"),
        ("## 2026 plans\n\n## 1.0.0-rc.1\n", "1.0.0-rc.1"),
        ("### 1.0.0\n", None),
        ("nothing\n", None),
    ],
)
def test_a_changelog_begins_with_its_newest_version(text: str, newest: str | None):
    assert newest_in_changelog(text) == newest


def test_a_list_that_gives_one_file_two_digests_is_refused():
    with pytest.raises(Unreadable, match="different digests"):
        listed_digest(f"{'0' * 64}  a\n{'1' * 64} *a\n", "a")


def test_a_statement_of_no_form_is_refused():
    with pytest.raises(ValidationError, match="give it one of document, tags, changelog or artefact"):
        ReleasesCheck.model_validate({"version": "v1", "of": {"a": {"page": "a:b"}}})
