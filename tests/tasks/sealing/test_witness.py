"""The witness: cosigns what a log adds, and refuses a fork, a rollback, a stranger and noise."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from checks.errors import SealError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.layout import bundle_path
from checks.evidence.notes import SignedNote
from checks.evidence.verification import StepState
from checks.evidence.witnessing import WitnessRequest
from checks.outcome import Outcome
from tasks.sealing.anchoring import accept_cosignature, anchor, request_of
from tasks.sealing.anchors import WitnessClient
from tasks.sealing.keys import new_key
from tasks.sealing.log_files import LogFiles
from tasks.sealing.reaching import open_client
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tasks.sealing.waiting import unanchored
from tasks.sealing.witness import open_witness, origin_hash
from tasks.sealing.witness_server import WitnessServer
from tests.tasks.sealing.sealed import Sealing, hour
from tests.tasks.sealing.test_crashes import PRODUCT
from tests.tasks.sealing.test_verify_md import catchers

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


@pytest.fixture
def sealing(tmp_path):
    sealing = Sealing.at(tmp_path)
    sealing.seal(hour(0))
    return sealing


@pytest.fixture
def witness(tmp_path, sealing):
    new_key(tmp_path / "witness-keys" / "key")
    logs = load_trust(sealing.root / "trust", beside_evidence=False).logs
    key = tmp_path / "witness-keys" / "key"
    return open_witness(key, name="witness.example", state=tmp_path / "state", logs=logs, now=lambda: NOW)


@pytest.fixture
def served(witness):
    refusals = []
    with WitnessServer(("127.0.0.1", 0), witness, refusals.append) as server:
        server.refusals = refusals
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def client(served):
    with open_client() as http:
        yield WitnessClient(served.url, http, pause=lambda _: None)


def trust(root, witness):
    (root / "trust" / "witness.vkey").write_text(f"{witness.key.text}\n")
    return load_trust(root / "trust", beside_evidence=False)


def ask(root, old):
    return request_of(root, old).data


def step9(report):
    return report.steps[8]


def test_every_bundle_of_an_anchored_log_shows_the_witness(sealing, witness, client):
    sealing.seal(hour(1))
    assert unanchored(sealing.root).bundles == 2
    assert anchor(sealing.root, witness=client, authority=None).bundles == 2
    assert unanchored(sealing.root).bundles == 0
    reports = verify_evidence([sealing.root], trust(sealing.root, witness))
    assert [step9(report).state for report in reports] == [StepState.VERIFIED] * 2
    assert step9(reports[0]).note == "witness.example at 2026-11-22T18:00:00Z"
    assert all(report.verified for report in reports)


def test_a_log_that_grew_is_cosigned_again_by_a_client_that_knows_and_one_that_does_not(sealing, served, client):
    anchor(sealing.root, witness=client, authority=None)
    for number in range(1, 4):
        sealing.seal(hour(number))
        assert anchor(sealing.root, witness=client, authority=None).problems == ()
        with open_client() as http:
            fresh = WitnessClient(served.url, http, pause=lambda _: None)
            assert anchor(sealing.root, witness=fresh, authority=None).problems == ()


def test_a_witness_that_the_reader_does_not_know_is_said_and_is_no_pass(sealing, client):
    anchor(sealing.root, witness=client, authority=None)
    policy = load_trust(sealing.root / "trust", beside_evidence=False)
    step = step9(verify_bundle(sealing.root / bundle_path(hour(0)), policy))
    assert step.state is StepState.NOT_CHECKED
    assert "witness.example" in step.note


def test_a_wrong_cosignature_is_caught(sealing, witness, client):
    anchor(sealing.root, witness=client, authority=None)
    proof = sealing.root / bundle_path(hour(0)) / "proof" / "evidence.tlog-proof"
    head, _, last = proof.read_text().rpartition(" ")
    proof.write_text(f"{head} {last[:40]}{'A' if last[40] != 'A' else 'B'}{last[41:]}")
    report = verify_bundle(proof.parents[1], trust(sealing.root, witness))
    assert report.failed == (9,)


def test_a_witness_refuses_a_fork(sealing, witness, client, served, tmp_path):
    fork = shutil.copytree(sealing.root, tmp_path / "fork" / "evidence", symlinks=True)
    shutil.copytree(tmp_path / "keys", tmp_path / "fork" / "keys")
    sealing.seal(hour(1))
    anchor(sealing.root, witness=client, authority=None)
    forger = Sealing.at(tmp_path / "fork")
    forger.seal(hour(2))
    forger.seal(hour(3))
    (problem,) = anchor(fork, witness=client, authority=None).problems
    assert "the log has forked" in problem
    assert "the log has forked" in served.refusals[-1]
    assert unanchored(fork).bundles == 3


def test_a_witness_refuses_a_fork_of_the_same_size(sealing, witness, client, tmp_path):
    fork = shutil.copytree(sealing.root, tmp_path / "fork" / "evidence", symlinks=True)
    shutil.copytree(tmp_path / "keys", tmp_path / "fork" / "keys")
    sealing.seal(hour(1))
    anchor(sealing.root, witness=client, authority=None)
    Sealing.at(tmp_path / "fork").seal(hour(2))
    assert witness.add_checkpoint(ask(fork, 2)).status is HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_witness_refuses_a_rollback(sealing, witness, client, tmp_path):
    old = shutil.copytree(sealing.root, tmp_path / "old", symlinks=True)
    sealing.seal(hour(1))
    anchor(sealing.root, witness=client, authority=None)
    answer = witness.add_checkpoint(ask(old, 1))
    assert (answer.status, answer.body, answer.type) == (HTTPStatus.CONFLICT, b"2\n", "text/x.tlog.size")
    assert "has lost leaves" in answer.because
    (problem,) = anchor(old, witness=client, authority=None).problems
    assert "it has gone back" in problem


def test_the_insider_who_rebuilds_everything_has_another_log(sealing, witness, client, tmp_path):
    """Every key of the pipeline is his, and still the witness does not know the log that he makes."""
    anchor(sealing.root, witness=client, authority=None)
    shutil.copytree(tmp_path / "keys", tmp_path / "again" / "keys")
    rebuilt = Sealing.at(tmp_path / "again")
    rebuilt.seal(hour(0), Outcome.PASS, Outcome.PASS)
    policy = trust(sealing.root, witness)
    report = verify_bundle(rebuilt.root / bundle_path(hour(0)), policy)
    assert report.failed == (8, 11)
    assert witness.add_checkpoint(ask(rebuilt.root, 0)).status is HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda data: data.replace(b"old 0", b"old 00"), HTTPStatus.BAD_REQUEST),
        (lambda data: data.replace(b"old 0", b"old 9"), HTTPStatus.BAD_REQUEST),
        (lambda data: data.replace(b"old 0", b"old 1"), HTTPStatus.CONFLICT),
        (lambda data: data.replace(b"\n1\n", b"\n2\n"), HTTPStatus.FORBIDDEN),
        (lambda data: data.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n"), HTTPStatus.UNPROCESSABLE_ENTITY),
        (lambda data: data.replace(b"readiness-evidence/log", b"another/log"), HTTPStatus.NOT_FOUND),
        (lambda _: b"", HTTPStatus.BAD_REQUEST),
        (lambda _: b"\xff\n\n\n", HTTPStatus.BAD_REQUEST),
    ],
)
def test_what_the_specification_refuses_is_refused_and_leaves_no_trace(sealing, witness, change, status):
    data = change(ask(sealing.root, 0))
    assert witness.add_checkpoint(data).status is status
    origin = LogFiles(sealing.root / "log").checkpoint().origin
    assert witness.last(origin_hash(origin)) is None


def test_a_monitor_reads_what_was_cosigned_last(sealing, witness, client, served):
    anchor(sealing.root, witness=client, authority=None)
    checkpoint = LogFiles(sealing.root / "log").checkpoint()
    with open_client() as http:
        found = http.get(f"{served.url}/{origin_hash(checkpoint.origin)}/checkpoint")
        assert Checkpoint.of(SignedNote.parse(found.content)) == checkpoint
        assert SignedNote.parse(found.content).signed_by([witness.key])
        assert http.get(f"{served.url}/{'0' * 64}/checkpoint").status_code == HTTPStatus.NOT_FOUND
        assert http.post(f"{served.url}/other", content=b"x").status_code == HTTPStatus.BAD_REQUEST


def test_a_witness_that_is_down_holds_nothing_and_leaves_the_lag_to_see(sealing):
    pauses = []
    with open_client() as http:
        away = WitnessClient("http://127.0.0.1:9", http, pause=pauses.append)
        anchored = anchor(sealing.root, witness=away, authority=None)
    assert "could not be asked 3 times" in anchored.problems[0]
    assert pauses == [0.5, 1.0]
    lag = unanchored(sealing.root)
    assert lag.bundles == 1
    assert lag.since <= datetime.now(UTC)


def test_a_witness_can_be_reached_by_files(sealing, witness):
    cosigned = witness.add_checkpoint(request_of(sealing.root, 0).data)
    with pytest.raises(SealError, match="no witness in"):
        accept_cosignature(sealing.root, cosigned.body)
    policy = trust(sealing.root, witness)
    with pytest.raises(SealError, match="no cosignature"):
        accept_cosignature(sealing.root, cosigned.body.replace(b"AAAA", b"AAAB"))
    assert accept_cosignature(sealing.root, cosigned.body).bundles == 1
    assert step9(verify_bundle(sealing.root / bundle_path(hour(0)), policy)).state is StepState.VERIFIED


def test_a_request_comes_back_as_it_was(sealing):
    for number in range(1, 6):
        sealing.seal(hour(number))
    request = request_of(sealing.root, 3)
    assert len(request.path) > 1
    assert WitnessRequest.parse(request.data) == request


def test_the_program_witnesses_as_a_process_of_its_own(sealing, tmp_path):
    key = tmp_path / "witness" / "key"
    new_key(key)
    log = sealing.root / "trust" / "log.vkey"
    words = ["--key", key, "--state", tmp_path / "witness" / "state", "--log", log, "--port", "0"]
    command = [sys.executable, "-m", "flows", "witness", "serve", *map(str, words)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=PRODUCT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            vkey = process.stdout.readline().split()[1]
            url = process.stdout.readline().split()[-1]
            with open_client() as http:
                assert anchor(sealing.root, witness=WitnessClient(url, http), authority=None).problems == ()
        finally:
            process.send_signal(signal.SIGTERM)
    (sealing.root / "trust" / "witness.vkey").write_text(f"{vkey}\n")
    policy = load_trust(Path(sealing.root / "trust"), beside_evidence=False)
    assert step9(verify_bundle(sealing.root / bundle_path(hour(0)), policy)).state is StepState.VERIFIED


def test_a_client_is_led_nowhere_else():
    with open_client() as http:
        assert not http.trust_env
        assert isinstance(http, httpx.Client)
        assert not http.follow_redirects


def test_the_lines_of_verify_md_verify_the_cosignature_too(sealing, witness, client):
    anchor(sealing.root, witness=client, authority=None)
    bundle = sealing.root / bundle_path(hour(0))
    trust(sealing.root, witness)
    assert catchers(bundle) == set()
    proof = bundle / "proof" / "evidence.tlog-proof"
    head, _, last = proof.read_text().rpartition(" ")
    proof.write_text(f"{head} {last[:40]}{'A' if last[40] != 'A' else 'B'}{last[41:]}")
    assert catchers(bundle) == {"witness"}
