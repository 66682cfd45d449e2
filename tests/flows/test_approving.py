"""Approving a change over real runs: before it comes into force, afterwards, and what status and audit say of it."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from checks.errors import SealError
from checks.evidence.sshsig import key_text
from checks.evidence.verification import StepState
from checks.slots import Cadence
from flows import wiring
from flows.approving import Coming
from flows.cli import catalog as commands
from flows.cli.status import status
from flows.clock import now
from flows.people import allow
from flows.rederiving import rederived
from flows.settings import Settings
from tasks.sealing.keys import new_key, read_key
from tests.flows.conftest import Run

CATALOG = """\
system: small
environment: test
sources:
  api: {http: "http://127.0.0.1:9", timeout: 1s}
checks:
  nobody-listens: {kind: health, endpoints: [api:/health]}
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG)
    new_key(tmp_path / "collector")
    monkeypatch.setenv("READINESS_KEY", str(tmp_path / "collector"))
    return path


@pytest.fixture
def ada(home: Path, tmp_path: Path) -> Path:
    """Her key; the trust folder lists it."""
    key = tmp_path / "ada"
    new_key(key)
    public = tmp_path / "ada.pub"
    public.write_text(key_text(read_key(key, outside=home / "evidence").public_key()))
    allow(Settings(), public, "ada", since=now() - timedelta(hours=1))
    return key


def shown(bundle: Path | None) -> list[str]:
    """What the report in a bundle says of approval."""
    assert bundle is not None
    text = (bundle / "bag" / "data" / "report.md").read_text().replace("**", "").replace("\\", "")
    return re.findall(r"^\| approval \| (.*) \|$", text, flags=re.MULTILINE)


def tracker(home: Path) -> str:
    return (home / "reports" / "tracker.md").read_text().replace("\\", "")


def told(catalog: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What status says of the catalogue in force."""
    capsys.readouterr()
    status(catalog)
    return " ".join(capsys.readouterr().out.split())


def test_a_catalogue_is_approved_before_it_comes_into_force(
    run: Run, catalog: Path, ada: Path, capsys: pytest.CaptureFixture[str]
):
    commands.approve(ada, "ada", "the first one", catalog)
    assert "nothing is in force yet" in capsys.readouterr().out
    bundle = run(Cadence.HOURLY, catalog).bundle
    assert ", leaf 1: approved by ada" in told(catalog, capsys)
    assert shown(bundle) == ["the first catalogue, in force with this bundle: approved by ada"]
    assert rederived(bundle).state is StepState.VERIFIED
    with pytest.raises(SealError, match="there is nothing to approve"):
        commands.approve(ada, "ada", "again", catalog)
    catalog.write_text(CATALOG.replace("timeout: 1s", "timeout: 2s"))
    lines = Coming.of(Settings.of(catalog)).lines()
    assert lines[0].endswith("approved by ada")
    assert [line for line in lines if line.startswith(("-  ", "+  "))] == [
        '-  api: {http: "http://127.0.0.1:9", timeout: 1s}',
        '+  api: {http: "http://127.0.0.1:9", timeout: 2s}',
    ]


def test_a_change_that_nobody_approved_is_shown_until_somebody_does(
    run: Run,
    catalog: Path,
    home: Path,
    ada: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    run(Cadence.HOURLY, catalog)
    assert "approved by nobody" in told(catalog, capsys)
    catalog.write_text(CATALOG.replace("timeout: 1s", "timeout: 2s"))
    later: datetime = now() + timedelta(hours=1)
    monkeypatch.setattr(wiring, "now", lambda: later)
    run(Cadence.HOURLY, catalog)
    assert "leaf 2: approved by nobody" in told(catalog, capsys)
    assert re.search(r"\| with this run \| [^|]+ \| catalogue \| \*\*approved by nobody\*\* \|", tracker(home))
    commands.diff(catalog)
    assert "the catalogue and the suites are those in force" in capsys.readouterr().out
    commands.approve(ada, "ada", "looked at it since", catalog)
    assert "leaf 2: approved by ada afterwards" in told(catalog, capsys)
    after: datetime = later + timedelta(hours=1)
    monkeypatch.setattr(wiring, "now", lambda: after)
    (approval,) = shown(run(Cadence.HOURLY, catalog).bundle)
    assert re.fullmatch(r"catalogue, in force since .*, leaf 2: approved by ada afterwards, at .*", approval)
    assert re.search(r"\| 2 \| [^|]+ \| catalogue \| approved by ada afterwards, at", tracker(home))
    assert re.search(r"\| 0 \| [^|]+ \| the first catalogue \| \*\*approved by nobody", tracker(home))
