"""Remote signers: securesystemslib's stand in for a key file."""

from datetime import timedelta

import pytest
from securesystemslib.signer import CryptoSigner, Signature

from checks.errors import SealError
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.signers import RemoteSigner
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle
from tests.tasks.sealing.sealed import INFO, START, files, hour


def test_a_bundle_sealed_by_a_securesystemslib_signer_verifies(tmp_path):
    signer = RemoteSigner(CryptoSigner.generate_ed25519(), "collector")
    writer = BundleWriter(tmp_path, signer, lambda: START + timedelta(minutes=7))
    bundle = writer.seal(writer.stage(hour(), files(hour())), hour(), INFO)
    assert verify_bundle(bundle.path, load_trust(tmp_path / "trust", beside_evidence=True)).verified


def test_a_key_of_another_type_is_refused():
    with pytest.raises(SealError, match="not Ed25519"):
        RemoteSigner(CryptoSigner.generate_ecdsa(), "collector")


def test_a_signature_that_does_not_verify_is_refused_at_once():
    class Broken:
        public_key = CryptoSigner.generate_ed25519().public_key

        def sign(self, payload):
            return Signature(self.public_key.keyid, "00" * 64)

    with pytest.raises(SealError, match="its own key does not verify"):
        RemoteSigner(Broken(), "collector").sign(b"x")
