"""A home and a store hold one system's evidence: whoever comes with another catalogue is refused in one line."""

import hashlib
import shutil
from pathlib import Path

import pytest

from checks.errors import CatalogError
from checks.findings import RunContext
from flows import belonging
from flows.__main__ import exit_code
from flows.settings import Settings
from flows.standing import standing
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tests.tasks.sealing.sealed import Sealing, hour
from tests.tasks.store.making import verdict

READINESS = """\
system: {system}
environment: {environment}
sources: {{api: {{http: "http://127.0.0.1:9"}}}}
checks: {{api-health: {{kind: health, endpoints: [api:/livez]}}}}
"""


def catalogue(folder: Path, system: str = "desk-stack", environment: str = "production") -> Path:
    path = folder / f"{system}-{environment}.yaml"
    path.write_text(READINESS.format(system=system, environment=environment))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of desk-stack in production, with one slot on record."""
    home, slot = tmp_path / "var", hour(0)
    bundle = Sealing.at(home).seal(slot)
    with EvidenceStore.open(f"sqlite:///{home}/readiness.db") as store:
        context = RunContext("production", None, "c" * 64)
        contents = SlotContents((verdict(slot, check="api-health"),))
        store.record(slot, contents, status=SlotStatus.COLLECTED, context=context, staging=".staging/x")
        path = bundle.path.relative_to(home / "evidence").as_posix()
        store.seal(slot, digest=bundle.digest, path=path, at=slot.end)
    return home


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_its_own_catalogue_is_welcome_changed_or_not(home: Path, tmp_path: Path):
    path = catalogue(tmp_path)
    assert [row.check for row in standing(Settings(catalog=path, home=home)).tracker.rows] == ["api-health"]


@pytest.mark.parametrize(
    ("whose", "told"),
    [({"system": "phase-6"}, "phase-6 in production"), ({"environment": "staging"}, "desk-stack in staging")],
)
def test_another_system_or_environment_is_refused_in_one_line(
    whose: dict[str, str], told: str, home: Path, tmp_path: Path
):
    before = digests(home)
    with pytest.raises(CatalogError) as refused:
        standing(Settings(catalog=catalogue(tmp_path, **whose), home=home))
    assert exit_code(refused.value) == 2
    (line,) = str(refused.value).splitlines()
    assert f"holds the evidence of desk-stack in production, and {tmp_path}" in line
    assert f"is about {told}; give each system a home of its own (READINESS_HOME)" in line
    assert digests(home) == before


def test_a_new_store_beside_old_evidence_does_not_hide_whose_it_is(home: Path, tmp_path: Path):
    (home / "readiness.db").unlink()
    with pytest.raises(CatalogError, match="holds the evidence of desk-stack"):
        standing(Settings(catalog=catalogue(tmp_path, "phase-6"), home=home))


def test_a_store_that_two_homes_name_is_refused_to_the_second(home: Path, tmp_path: Path):
    other = Settings(catalog=catalogue(tmp_path), home=tmp_path / "other", store=f"sqlite:///{home}/readiness.db")
    with pytest.raises(CatalogError, match=r"which was not sealed in .*other/evidence: it is another home's store"):
        standing(other)


def test_a_bundle_that_was_archived_since_is_still_this_homes(home: Path, tmp_path: Path):
    shutil.rmtree(next((home / "evidence").glob("2026/*/*/*.hourly")))
    assert standing(Settings(catalog=catalogue(tmp_path), home=home)).tracker.rows


def test_whose_a_big_catalogue_is_shows_at_its_top(tmp_path: Path):
    """Each run asks that of several bundles: what follows is not read, however much of it there is."""
    path = tmp_path / "catalog.yaml"
    checks = "checks: {one: {environment: staging}, two: [system, x]}\n"
    path.write_text(f"version: v1\n{checks}system: desk\nenvironment: production\nrest: [never closed")
    assert belonging._told(path) == ("desk", "production")
    path.write_text(checks)
    assert belonging._told(path) is None
