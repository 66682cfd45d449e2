"""A whole run against sources that give secrets away, and then a search of everything that it wrote.

It is the real command line with its own Prefect server, evidence store and log, in which nothing may show a canary: not
as it stands, nor encoded, nor compressed.
"""

import json
import os
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from checks.errors import StoreError
from checks.evidence.verification import StepState
from flows.discretion import told
from flows.rederiving import rederived
from tasks.store.evidence_store import EvidenceStore
from tests.security.canaries import CANARIES, KNOWN, canaries_in, packed, searched, ways
from tests.security.leaking import ADDRESS, CATALOG, HEADER, PROGRAM, leaking

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run left, what it said, and what its service was asked."""

    home: Path
    output: bytes
    asked: list[dict[str, str]]


def readiness(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The command line, in an environment with nothing else in it that has to do with it."""
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    command = [sys.executable, "-m", "flows", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**plain, **environment}, capture_output=True, check=False)


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Hourly checks and a pulse, with everything logged and every result kept that Prefect would keep."""
    folder = tmp_path_factory.mktemp("leaky")
    home, catalog = folder / "home", folder / "readiness.yaml"
    catalog.write_text(CATALOG)
    with leaking(folder / "files") as (environment, asked):
        done = readiness(
            *("run", "pulse", "hourly", "--for", "3s", "--catalog", str(catalog)),
            **environment,
            READINESS_HOME=str(home),
            PREFECT_LOGGING_LEVEL="DEBUG",
            PREFECT_LOGGING_ROOT_LEVEL="DEBUG",
            PREFECT_RESULTS_PERSIST_BY_DEFAULT="true",
            PREFECT_LOCAL_STORAGE_PATH=str(home / "results"),
        )
        assert done.returncode == 0, done.stderr.decode()
        return Ran(home, done.stdout + done.stderr, list(asked))


def metas(home: Path) -> dict[str, dict[str, object]]:
    """What lies beside every capture, by check and item."""
    found = home.glob("evidence/2*/**/*.meta.json")
    return {
        f"{path.parent.name}/{path.name.removesuffix('.meta.json')}": json.loads(path.read_bytes()) for path in found
    }


def test_nothing_that_a_run_wrote_or_said_shows_a_canary(ran: Ran):
    found, looked = searched(ran.home)
    assert found == {}
    assert canaries_in(ran.output) == set()
    assert looked > 1_000_000
    assert list(ran.home.glob("prefect/prefect.db"))
    assert list(ran.home.glob("readiness.db"))
    assert list(ran.home.glob("evidence/2*/**/VERIFY.md"))
    assert list(ran.home.glob("reports/tracker.html"))


def test_the_sources_were_told_the_secrets_and_gave_them_away(ran: Ran):
    sent = {(each.get("Authorization"), each.get("X-Plain")) for each in ran.asked}
    assert (f"Bearer {HEADER}", HEADER) in sent
    kept = {
        name: found
        for name, meta in metas(ran.home).items()
        if (found := meta["provenance"].get("redactions"))  # type: ignore[attr-defined]
    }
    checks = {name.partition("/")[0] for name in kept}
    assert checks >= {
        *("healthy", "pulsed", "contract", "report", "fetched", "measured", "documented", "sql", "backed-up")
    }
    forms = {form for redactions in kept.values() for form in redactions}  # type: ignore[attr-defined]
    assert forms >= {"a credential of this check", *KNOWN}


def test_redaction_shows_where_it_happened_and_nowhere_else(ran: Ran):
    for name, meta in metas(ran.home).items():
        (body,) = ran.home.glob(f"evidence/2*/**/raw/{name}.body")
        marked = "‹" in body.read_text(errors="replace") or "‹" in json.dumps(meta["capture"], ensure_ascii=False)
        if marked and not name.startswith(("logged/", "set/")):  # these two hide what they find by themselves
            assert meta["provenance"].get("redactions"), name  # type: ignore[attr-defined]
        if "redacted" in meta["capture"]:  # type: ignore[operator]
            assert marked or not body.read_bytes(), name


def test_what_a_run_wrote_is_its_owner_s_alone(ran: Ran):
    modes = {
        path: stat.S_IMODE(path.lstat().st_mode) for path in [ran.home, *ran.home.rglob("*")] if not path.is_symlink()
    }
    wrong = {str(path): f"{mode:o}" for path, mode in modes.items() if mode != (0o700 if path.is_dir() else 0o600)}
    assert wrong == {}


def test_the_report_counts_what_was_taken_out(ran: Ran):
    data = (ran.home / "evidence" / "latest" / "hourly" / "bag" / "data").resolve()
    by_check = {
        path.parent.name: json.loads(path.read_bytes())["provenance"].get("redactions", {})
        for path in data.glob("raw/*/*.meta.json")
    }
    counted = {check: sum(forms.values()) for check, forms in by_check.items() if forms}
    text = (data / "report.md").read_text()
    assert counted
    assert f"| secrets | {sum(counted.values()):,} taken out of the evidence of {len(counted):,} checks |" in text
    for check in counted:
        assert "- Taken out before anything was kept: " in text.split(f"### {check}\n")[1].split("\n### ")[0]


def test_a_rederived_bundle_is_what_its_redacted_captures_give(ran: Ran):
    bundle = (ran.home / "evidence" / "latest" / "hourly").resolve()
    assert rederived(bundle).state is StepState.VERIFIED


@pytest.mark.parametrize("address", ["postgresql://watcher:{}@127.0.0.1:9/store", "nonsense://watcher:{}@127.0.0.1/x"])
def test_a_store_that_cannot_be_reached_is_told_without_its_password(address: str):
    url = address.format(quote(CANARIES["password of the store"], safe=""))
    with pytest.raises(StoreError) as refused:
        EvidenceStore.open(url)
    said = told(refused.value, {"READINESS_STORE": url})
    assert said
    assert canaries_in(said.encode()) == set()
    assert canaries_in(told(f"cannot open {url}", {"READINESS_STORE": url}).encode()) == set()


def test_the_search_finds_a_canary_in_every_way_that_it_may_hide(tmp_path: Path):
    for name, secret in CANARIES.items():
        assert all(name in canaries_in(b"before " + way + b" behind") for way in ways(secret))
    (tmp_path / "packed").write_bytes(packed(f"{PROGRAM}"))
    (tmp_path / "twice").write_bytes(packed("first") + packed(f"{ADDRESS}"))
    assert set(searched(tmp_path)[0]) == {"packed", "twice"}
