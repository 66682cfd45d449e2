"""`readiness key`: what rotating says and does, over a home of its own."""

from pathlib import Path

import pytest

from checks.evidence.sshsig import key_text
from checks.evidence.trust import Role
from checks.slots import Slot
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import new_key, open_signer, public_half
from tasks.sealing.trust import load_trust
from tests.flows.cli.commands import readiness
from tests.tasks.sealing.agents import held, running_agent
from tests.tasks.sealing.sealed import INFO, files, hour


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one sealed hour, and two keys beside it."""
    for name in ("collector", "log"):
        new_key(tmp_path / name)
    seal(tmp_path, hour())
    return tmp_path / "home"


def seal(folder: Path, slot: Slot) -> None:
    root = folder / "home" / "evidence"
    writer = BundleWriter(root, open_signer(folder / "collector", evidence=root, identity="team"), lambda: slot.at)
    writer.seal(writer.stage(slot, files(slot)), slot, INFO)


def test_the_log_gets_a_key_of_its_own_and_both_sign_that(home: Path):
    there = {"READINESS_HOME": home, "READINESS_KEY": home.parent / "collector", "READINESS_IDENTITY": "team"}
    done = readiness("key", "rotate", home.parent / "log", "--log", **{name: str(at) for name, at in there.items()})
    assert done.returncode == 0, done.stderr
    assert f"set READINESS_LOG_KEY={home.parent / 'log'} before the next run" in done.stdout
    assert "hand trust/log.vkey to your witness again" in done.stdout
    trust = load_trust(home / "evidence" / "trust", beside_evidence=True)
    assert {one.identity for one in trust.signers if Role.CHECKPOINTS in one.roles} == {"team", "team-log"}
    audited = audit_log(home / "evidence", trust, as_of=hour().end)
    assert (audited.problems, audited.records) == ((), 1)


def test_the_collector_hands_over_to_a_key_that_an_agent_holds(home: Path):
    with running_agent(home.parent) as agent:
        public = held(agent, home.parent)
        there = {"READINESS_HOME": str(home), "READINESS_KEY": str(home.parent / "collector")}
        done = readiness("key", "rotate", public, READINESS_IDENTITY="team", SSH_AUTH_SOCK=str(agent), **there)
    assert done.returncode == 0, done.stderr
    assert f"set READINESS_KEY={public} before the next run" in done.stdout
    trust = load_trust(home / "evidence" / "trust", beside_evidence=True)
    assert key_text(trust.signers[-1].key) == public_half(public)


def test_a_key_that_is_not_there_rotates_nothing_and_says_so_in_a_line(home: Path):
    there = {"READINESS_HOME": str(home), "READINESS_KEY": str(home.parent / "collector")}
    done = readiness("key", "rotate", home.parent / "absent", "--log", **there)
    assert done.returncode == 1
    assert "there is no key" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (home / "evidence" / "records").exists()
