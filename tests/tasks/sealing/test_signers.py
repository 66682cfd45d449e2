"""Signers: a real SSH agent stands in for a key file, and one that lies or is away is a line."""

import socket
import subprocess
import threading
from datetime import timedelta

import pytest

from checks.errors import SealError
from checks.evidence.bag_info import KeyKind
from checks.evidence.sshsig import fingerprint, key_text, strings
from tasks.sealing.agent import AgentSigner
from tasks.sealing.anchoring import request_of
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import load_signer, open_signer, public_half
from tasks.sealing.rotation import rotate
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tasks.sealing.witness import open_witness
from tests.tasks.sealing.agents import held, running_agent, ssh_add
from tests.tasks.sealing.sealed import INFO, START, files, hour, signer
from tests.tasks.sealing.test_verify_md import catchers


@pytest.fixture
def agent(tmp_path):
    with running_agent(tmp_path) as path:
        yield path


def seal(root, by, number=0, **log):
    writer = BundleWriter(root, by, lambda: START + timedelta(hours=number, minutes=7), **log)
    return writer.seal(writer.stage(hour(number), files(hour(number))), hour(number), INFO)


def test_what_an_agent_s_key_seals_verifies_here_and_with_stock_tools(tmp_path, agent):
    root = tmp_path / "evidence"
    by = load_signer(held(agent, tmp_path), keys=tmp_path / "keys", evidence=root, identity="collector", agent=agent)
    log = open_signer(held(agent, tmp_path, "log"), evidence=root, identity="log", agent=agent)
    bundle = seal(root, by, log=log)
    trust = load_trust(root / "trust", beside_evidence=False)
    assert [(report.verified, report.failed) for report in verify_evidence([root], trust)] == [(True, ())]
    assert audit_log(root, trust, as_of=hour(1).at).problems == ()
    assert catchers(bundle.path) == set()
    assert (by.kind, public_half(tmp_path / "held.pub")) == (KeyKind.CONFIGURED, key_text(by.public_key))


def test_a_key_file_is_followed_by_one_that_an_agent_holds(tmp_path, agent):
    root, old = tmp_path / "evidence", signer(tmp_path)
    seal(root, old)
    new = open_signer(held(agent, tmp_path), evidence=root, identity="collector", agent=agent)
    rotate(root, old, new, at=START + timedelta(minutes=30))
    seal(root, new, 1)
    trust = load_trust(root / "trust", beside_evidence=False)
    assert [report.failed for report in verify_evidence([root], trust)] == [()] * 2


def test_a_witness_s_key_may_be_with_an_agent(tmp_path, agent):
    root = tmp_path / "evidence"
    seal(root, signer(tmp_path))
    logs = load_trust(root / "trust", beside_evidence=True).logs
    own = {"name": "witness", "state": tmp_path / "state", "logs": logs, "now": lambda: START}
    witness = open_witness(held(agent, tmp_path), agent=agent, **own)
    answer = witness.add_checkpoint(request_of(root, 0).data)
    assert answer.body.startswith("— witness ".encode())


def test_a_key_that_the_agent_does_not_hold_seals_nothing_and_is_named(tmp_path, agent):
    public = held(agent, tmp_path)
    by = open_signer(public, evidence=tmp_path / "evidence", identity="collector", agent=agent)
    ssh_add(agent, "-D")
    with pytest.raises(SealError, match=f"does not sign with {fingerprint(by.public_key)}".replace("+", r"\+")):
        seal(tmp_path / "evidence", by)
    assert not list((tmp_path / "evidence").glob("2*"))
    assert not (tmp_path / "evidence" / "log" / "checkpoint").exists()


def test_without_an_agent_a_public_key_is_refused_with_what_to_do(tmp_path, agent):
    public = held(agent, tmp_path)
    with pytest.raises(SealError, match=r"is a public key, and no agent holds .*: set SSH_AUTH_SOCK"):
        open_signer(public, evidence=tmp_path / "evidence", identity="collector")
    absent = open_signer(public, evidence=tmp_path / "evidence", identity="collector", agent=tmp_path / "absent")
    with pytest.raises(SealError, match=r"cannot be asked: .*SSH_AUTH_SOCK"):
        absent.sign(b"x")


@pytest.mark.parametrize("kind", ["ecdsa", "rsa"])
def test_a_key_of_another_type_is_refused(tmp_path, agent, kind):
    subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", tmp_path / "id"], check=True)
    with pytest.raises(SealError, match="not ssh-ed25519"):
        open_signer(tmp_path / "id.pub", evidence=tmp_path / "evidence", identity="collector", agent=agent)


@pytest.mark.parametrize("text", ["ssh-ed25519\n", "ssh-ed25519 AAAA\n", "ssh-ed25519  \n"])
def test_half_a_public_key_is_refused(tmp_path, agent, text):
    (tmp_path / "id.pub").write_text(text)
    with pytest.raises(SealError):
        open_signer(tmp_path / "id.pub", evidence=tmp_path / "evidence", identity="collector", agent=agent)


SIGNED = bytes([14]) + strings(strings(b"ssh-ed25519", bytes(64)))


@pytest.mark.parametrize("answer", [SIGNED, bytes([14]), b"", SIGNED[:-3], bytes([5]), b"\xff" * 5000], ids=len)
def test_an_agent_that_lies_or_hangs_up_is_found_out_at_once(tmp_path, answer):
    path = tmp_path / "liar"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def reply():
            channel, _ = server.accept()
            with channel:
                channel.recv(4096)
                if answer:
                    channel.sendall(len(answer).to_bytes(4, "big") + answer)

        threading.Thread(target=reply, daemon=True).start()
        with pytest.raises(SealError, match="the agent at"):
            AgentSigner(path, signer(tmp_path).public_key, "collector").sign(b"x")
