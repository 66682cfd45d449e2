"""Attacks on one bundle, held against those who are neither its `VERIFY.md` nor our verifier: each catches its part."""

import json

import pytest
from proofbundle import verify_tlog_proof
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError as NotVerified
from securesystemslib.signer import SSlibKey

from checks.evidence.digests import sha256
from checks.evidence.layout import bundle_path
from checks.evidence.sshsig import fingerprint
from tasks.sealing.audit import audit_log
from tasks.sealing.trust import load_trust
from tests.tasks.sealing.matrix import table
from tests.tasks.sealing.sealed import hour
from tests.tasks.sealing.tampering import MATRIX, VICTIM, tampered
from tests.tasks.sealing.test_auditors import GUIDE, bench, check  # noqa: F401 (a fixture)


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def tag_manifest(bundle):
    path = bundle / "bag" / "tagmanifest-sha256.txt"
    return path.read_bytes() if path.exists() else b""


def by_securesystemslib(root, bundle):
    """As in-toto's verifiers do: whose statement it is, and whether its subject is what lies here."""
    key = trust(root).signers[0].key
    envelope = Envelope.from_dict(json.loads((bundle / "proof" / "statement.dsse.json").read_bytes()))
    try:
        envelope.verify([SSlibKey.from_crypto(key, keyid=fingerprint(key))], 1)
    except NotVerified:
        return True
    (subject,) = json.loads(envelope.payload)["subject"]
    return subject["digest"]["sha256"] != sha256(tag_manifest(bundle))


def by_proofbundle(root, bundle):
    proof = (bundle / "proof" / "evidence.tlog-proof").read_text()
    vkey = (root / "trust" / "log.vkey").read_text().strip()
    return not verify_tlog_proof(proof, tag_manifest(bundle), vkey, [], threshold=0)["ok"]


def caught(root, bundle, bench):  # noqa: F811 (a fixture)
    found = {
        "script": check(bench, bundle, root / "trust").returncode,
        "audit": audit_log(root, trust(root), as_of=hour(2).end).problems,
        "securesystemslib": by_securesystemslib(root, bundle),
        "proofbundle": by_proofbundle(root, bundle),
    }
    return {name for name, is_caught in found.items() if is_caught}


def test_the_matrix_is_printed_from_the_tests_own_data():
    assert GUIDE.partition("<!-- matrix -->\n")[2].partition("<!-- /matrix -->")[0] == table()


def test_nobody_catches_anything_in_a_sound_bundle(pristine, bench):  # noqa: F811 (a fixture)
    assert caught(pristine, pristine / bundle_path(VICTIM), bench) == set()


@pytest.mark.parametrize("attack", MATRIX, ids=lambda one: one.name)
def test_a_bundle_that_was_tampered_with_is_caught_by_whom_the_matrix_says(evidence, attack, bench):  # noqa: F811
    assert caught(evidence, tampered(evidence, attack), bench) == attack.others
