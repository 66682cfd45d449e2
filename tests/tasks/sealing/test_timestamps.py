"""Timestamps: OpenSSL's authority stamps a checkpoint, and both we and OpenSSL verify that."""

import shutil
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.evidence.layout import bundle_path
from checks.evidence.verification import StepState
from checks.slots import Cadence, Slot
from tasks.sealing.anchoring import anchor
from tasks.sealing.anchors import TimestampClient
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.reaching import open_client
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tasks.sealing.waiting import note_waiting, unanchored
from tests.tasks.sealing.authority import Authority, openssl
from tests.tasks.sealing.sealed import INFO, files, signer
from tests.tasks.sealing.test_verify_md import catchers

BEGUN = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)


def slot(number):
    """Slots around now: OpenSSL's authority has no other clock."""
    return Slot(BEGUN + timedelta(hours=number), Cadence.HOURLY)


@pytest.fixture
def client(authority):
    with open_client() as http:
        yield TimestampClient(authority.url, http, pause=lambda _: None)


@pytest.fixture
def root(tmp_path, authority):
    root = tmp_path / "evidence"
    seal(root, 0)
    shutil.copy(authority.root, root / "trust" / "tsa-root.pem")
    return root


def seal(root, number):
    writer = BundleWriter(root, signer(root.parent), lambda: slot(number).at + timedelta(minutes=1))
    return writer.seal(writer.stage(slot(number), files(slot(number))), slot(number), INFO)


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def step10(report):
    return report.steps[9]


def test_one_call_covers_many_bundles(root, authority, client):
    seal(root, 1)
    asked = authority.asked
    assert anchor(root, witness=None, authority=client).bundles == 2
    assert authority.asked == asked + 1
    reports = verify_evidence([root], trust(root))
    assert [step10(report).state for report in reports] == [StepState.VERIFIED] * 2
    assert all(report.verified for report in reports)


def test_openssl_verifies_it_also_after_the_certificates_are_over(root, authority, client):
    anchor(root, witness=None, authority=client)
    bundle = root / bundle_path(slot(0))
    note = (bundle / "proof" / "evidence.tlog-proof").read_bytes().partition(b"\n\n")[2]
    (root.parent / "note").write_bytes(note)
    words = ["-data", root.parent / "note", "-in", bundle / "proof" / "checkpoint.tsr", "-CAfile", authority.root]
    openssl("ts", "-verify", *words)
    later = int(datetime.now(UTC).timestamp()) + 86_400 * 30
    with pytest.raises(subprocess.CalledProcessError):
        openssl("ts", "-verify", *words, "-attime", later)
    openssl("ts", "-verify", *words, "-attime", int(datetime.now(UTC).timestamp()))
    assert (root / "log" / "checkpoint.1.tsr").read_bytes() == (bundle / "proof" / "checkpoint.tsr").read_bytes()


def test_a_timestamp_of_another_authority_does_not_count(root, client, tmp_path):
    anchor(root, witness=None, authority=client)
    other = Authority(tmp_path / "other", name="Somebody else")
    shutil.copy(other.root, root / "trust" / "tsa-root.pem")
    report = verify_bundle(root / bundle_path(slot(0)), trust(root))
    assert report.failed == (10,)


def test_a_timestamp_of_another_checkpoint_does_not_count(root, client):
    anchor(root, witness=None, authority=client)
    seal(root, 1)
    anchor(root, witness=None, authority=client)
    first, second = (root / bundle_path(slot(number)) / "proof" / "checkpoint.tsr" for number in (0, 1))
    shutil.copy(first, second)
    assert verify_bundle(second.parents[1], trust(root)).failed == (10,)


@pytest.mark.parametrize("data", [b"", b"noise", bytes(2000)])
def test_noise_is_no_timestamp(root, data):
    bundle = root / bundle_path(slot(0))
    (bundle / "proof" / "checkpoint.tsr").write_bytes(data)
    assert verify_bundle(bundle, trust(root)).failed == (10,)


def test_a_reader_without_a_root_is_told_that_nothing_was_checked(root, client):
    anchor(root, witness=None, authority=client)
    step = step10(verify_bundle(root / bundle_path(slot(0)), replace(trust(root), authorities=())))
    assert step.state is StepState.NOT_CHECKED


def test_a_clock_that_was_set_forward_is_caught(root, client):
    """Evidence of a slot that had not begun when the authority saw it."""
    seal(root, 20)
    anchor(root, witness=None, authority=client)
    report = verify_bundle(root / bundle_path(slot(20)), trust(root))
    assert report.failed == (10,)
    assert "before" in step10(report).problems[0]


def test_an_authority_that_fails_twice_is_asked_a_third_time(root, authority, client):
    authority.failures = 2
    assert anchor(root, witness=None, authority=client).problems == ()
    assert unanchored(root).bundles == 0


def test_an_authority_that_is_down_leaves_bundles_unanchored_until_it_is_back(root, authority, client):
    authority.failures = 3
    assert "could not be asked 3 times" in anchor(root, witness=None, authority=client).problems[0]
    assert unanchored(root).bundles == 1
    assert step10(verify_bundle(root / bundle_path(slot(0)), trust(root))).state is StepState.NOT_PRESENT
    seal(root, 1)
    assert anchor(root, witness=None, authority=client).bundles == 2
    assert [step10(report).state for report in verify_evidence([root], trust(root))] == [StepState.VERIFIED] * 2


def test_the_proofs_of_a_bundle_stay_small(root, client):
    for number in range(1, 3):
        seal(root, number)
    anchor(root, witness=None, authority=client)
    sizes = {path.name: path.stat().st_size for path in (root / bundle_path(slot(0)) / "proof").iterdir()}
    again = {"checkpoint.tsr", "statement.sigstore.json"}  # the stamp, and what says nothing new
    assert sum(size for name, size in sizes.items() if name not in again) < 3000
    assert sizes["checkpoint.tsr"] < 2000


def test_the_lines_of_verify_md_verify_the_timestamp_too(root, client, tmp_path):
    anchor(root, witness=None, authority=client)
    bundle = root / bundle_path(slot(0))
    assert catchers(bundle) == set()
    other = Authority(tmp_path / "other", name="Somebody else")
    shutil.copy(other.root, root / "trust" / "tsa-root.pem")
    assert catchers(bundle) == {"timestamp"}


@pytest.fixture
def short(tmp_path):
    """An authority of a test's own, and a client of it."""
    authority = Authority(tmp_path / "short")
    server = authority.serve()
    with open_client() as http:
        yield authority, TimestampClient(server.url, http, pause=lambda _: None)
    server.shutdown()
    server.server_close()


def test_a_timestamp_outlives_the_certificates_it_was_made_with(root, short):
    authority, client = short
    bundle, verified = root / bundle_path(slot(0)), False
    for seconds in (2, 4, 8, 16, 32):  # a machine may take longer to stamp than a certificate lasts
        now = datetime.now(UTC).replace(microsecond=0)
        over = now + timedelta(seconds=seconds)
        authority.recertify(now - timedelta(hours=1), over)
        shutil.copy(authority.root, root / "trust" / "tsa-root.pem")
        forget_stamps(root, bundle)
        anchor(root, witness=None, authority=client)
        if verified := step10(verify_bundle(bundle, trust(root))).state is StepState.VERIFIED:
            break
    assert verified
    while datetime.now(UTC) <= over:
        time.sleep(0.1)
    assert step10(verify_bundle(bundle, trust(root))).state is StepState.VERIFIED
    (root.parent / "note").write_bytes((bundle / "proof" / "evidence.tlog-proof").read_bytes().partition(b"\n\n")[2])
    words = ["-data", root.parent / "note", "-in", bundle / "proof" / "checkpoint.tsr", "-CAfile", authority.root]
    with pytest.raises(subprocess.CalledProcessError):
        openssl("ts", "-verify", *words)
    openssl("ts", "-verify", *words, "-attime", int(over.timestamp()) - 1)


def test_a_timestamp_that_was_made_after_its_certificates_were_over_does_not_count(root, short):
    authority, client = short
    now = datetime.now(UTC).replace(microsecond=0)
    authority.recertify(now - timedelta(days=2), now - timedelta(days=1))
    shutil.copy(authority.root, root / "trust" / "tsa-root.pem")
    anchor(root, witness=None, authority=client)
    assert verify_bundle(root / bundle_path(slot(0)), trust(root)).failed == (10,)


def forget_stamps(root, bundle):
    """As if the bundle had never been anchored."""
    (bundle / "proof" / "checkpoint.tsr").unlink(missing_ok=True)
    note_waiting(root, 0, bundle)
