"""Keys over time: old evidence stays good under an old key, and a revoked key is good no more."""

import shutil
from datetime import timedelta

import pytest

from checks.errors import SealError
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import KeyRevocation, KeyRotation
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import key_text
from tasks.sealing.anchoring import anchor
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import revoke, rotate
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tests.tasks.sealing.sealed import INFO, START, files, hour, signer
from tests.tasks.sealing.test_verify_md import catchers

AT = hour(2).at + timedelta(minutes=30)


@pytest.fixture
def keys(pristine, evidence):
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return evidence.parent


def seal(root, key, number):
    writer = BundleWriter(root, key, lambda: START + timedelta(hours=number, minutes=7))
    return writer.seal(writer.stage(hour(number), files(hour(number))), hour(number), INFO)


def revocation(key, *, by, good_until, at=AT):
    told = {"key": key_text(key.public_key), "good_until": good_until, "reason": "a laptop was lost"}
    return KeyRevocation(at=at, by=by.identity, **told)


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def test_old_and_new_evidence_verify_after_a_rotation(keys, evidence):
    old, new = signer(keys), signer(keys, "next")
    rotate(evidence, old, new, at=AT)
    seal(evidence, new, 3)
    reports = verify_evidence([evidence], trust(evidence))
    assert [report.verified for report in reports] == [True] * 4
    assert [report.failed for report in reports] == [()] * 4
    assert audit_log(evidence, trust(evidence), as_of=hour(4).at).problems == ()


def test_stock_tools_verify_old_and_new_evidence_after_a_rotation(keys, evidence):
    new = signer(keys, "next")
    rotate(evidence, signer(keys), new, at=AT)
    bundle = seal(evidence, new, 3)
    anchor(evidence, witness=None, authority=None)
    assert catchers(evidence / bundle_path(hour(0))) == set()
    assert catchers(bundle.path) == set()


def test_the_old_key_seals_nothing_more(keys, evidence):
    old = signer(keys)
    rotate(evidence, old, signer(keys, "next"), at=AT)
    with pytest.raises(SealError, match="does not allow the key"):
        seal(evidence, old, 3)


def test_evidence_that_the_old_key_signs_after_all_does_not_count(keys, evidence, tmp_path):
    old = signer(keys)
    forged = shutil.copytree(evidence, tmp_path / "forged" / "evidence", symlinks=True)
    bundle = seal(forged, old, 3)
    rotate(evidence, old, signer(keys, "next"), at=AT)
    assert {4, 5} <= set(verify_bundle(bundle.path, trust(evidence)).failed)


def test_a_rotation_that_one_of_the_keys_did_not_sign_is_named(keys, evidence):
    old, new = signer(keys), signer(keys, "next")
    both = {"old": key_text(old.public_key), "new": key_text(new.public_key)}
    record = KeyRotation(at=AT, by="collector", good_until=AT, **both)
    path = RecordWriter(evidence, old).append(record, signers=(old,))
    assert SignedRecord.parse(path.read_bytes()).weaknesses(trust(evidence)) == [
        "the new key did not sign the rotation"
    ]
    assert any("the new key did not sign" in one for one in audit_log(evidence, trust(evidence), as_of=AT).problems)


def test_a_rotation_to_the_same_key_is_refused(keys, evidence):
    with pytest.raises(SealError, match="is the old one"):
        rotate(evidence, signer(keys), signer(keys), at=AT)


def test_a_revoked_key_is_good_until_its_date_and_no_longer(keys, evidence):
    old, new = signer(keys), signer(keys, "next")
    rotate(evidence, old, new, at=AT)
    revoke(RecordWriter(evidence, new), revocation(old, by=new, good_until=hour(1).end), by=new)
    reports = verify_evidence([evidence], trust(evidence))
    assert [report.failed for report in reports] == [(), (), (4, 5, 8)]
    assert audit_log(evidence, trust(evidence), as_of=hour(3).at).problems == ()


def test_a_key_does_not_revoke_itself(keys, evidence):
    key = signer(keys)
    with pytest.raises(SealError, match="cannot revoke itself"):
        revoke(RecordWriter(evidence, key), revocation(key, by=key, good_until=AT), by=key)
