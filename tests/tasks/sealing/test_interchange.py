"""Interchange: other people's programs, run for real, come to the same answers."""

import json
import shutil
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.evidence.layout import bundle_path
from checks.evidence.merkle import leaf_hash, root_hash
from tasks.sealing.anchoring import anchor
from tasks.sealing.log_files import LogFiles
from tests.tasks.sealing.sealed import hour, signer
from tests.tasks.sealing.test_witness import client, sealing, served, witness  # noqa: F401 (fixtures)

SIGSTORE = """\
const { Verifier, toSignedEntity, toTrustMaterial } = require('@sigstore/verify');
const { bundleFromJSON } = require('@sigstore/bundle');
const [bundle, key, hint] = process.argv.slice(2);
const crypto = require('crypto');
const fs = require('fs');
const none = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
const found = (asked) => {
  if (asked !== hint) throw new Error('another key: ' + asked);
  return { publicKey: crypto.createPublicKey(fs.readFileSync(key)), validFor: () => true };
};
const none_needed = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 };
const verifier = new Verifier(toTrustMaterial(none, found), none_needed);
verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(fs.readFileSync(bundle)))));
console.log('verified');
"""
PACKAGES = ("@sigstore/verify@4.1.3", "@sigstore/bundle@5.0.1")


def test_pymerkle_comes_to_the_same_root(pristine):
    pymerkle = pytest.importorskip("pymerkle")
    log = LogFiles(pristine / "log")
    checkpoint = log.checkpoint()
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in log.entries(checkpoint.size):
        tree.append_entry(entry)
    assert tree.get_root() == checkpoint.root


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 1000])
def test_pymerkle_comes_to_the_same_root_at_any_size(size):
    pymerkle = pytest.importorskip("pymerkle")
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    entries = [b"%d" % number for number in range(size)]
    for entry in entries:
        tree.append_entry(entry)
    assert tree.get_root() == root_hash([leaf_hash(entry) for entry in entries])


def test_proofbundle_verifies_the_proof_and_the_witness(sealing, witness, client):  # noqa: F811 (fixtures)
    proofbundle = pytest.importorskip("proofbundle")
    sealing.seal(hour(1))
    anchor(sealing.root, witness=client, authority=None)
    bundle = sealing.root / bundle_path(hour(0))
    proof = (bundle / "proof" / "evidence.tlog-proof").read_text()
    vkey = (sealing.root / "trust" / "log.vkey").read_text().strip()

    def verified(entry):
        return proofbundle.verify_tlog_proof(proof, entry, vkey, [witness.key.text], threshold=1)

    assert verified((bundle / "bag" / "tagmanifest-sha256.txt").read_bytes())["ok"]
    assert not verified(b"another")["ok"]


@pytest.fixture(scope="module")
def sigstore(tmp_path_factory):
    """A folder with the npm package @sigstore/verify in it."""
    folder = tmp_path_factory.mktemp("npm")
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm and node are not installed")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install {' '.join(PACKAGES)} here: {done.stderr[-200:]}")
    (folder / "verify.js").write_text(SIGSTORE)
    return folder


@pytest.mark.slow
def test_sigstore_verifies_the_bundle_s_own_file_and_no_other(sigstore, pristine, tmp_path):
    made = (pristine / bundle_path(hour(0)) / "proof" / "statement.sigstore.json").read_text()
    hint = json.loads(made)["verificationMaterial"]["publicKey"]["hint"]

    def verified(text, key):
        (tmp_path / "bundle.json").write_text(text)
        pem = key.public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / "key.pem").write_bytes(pem)
        command = ["node", "verify.js", tmp_path / "bundle.json", tmp_path / "key.pem", hint]
        return subprocess.run(command, cwd=sigstore, capture_output=True, timeout=60, check=False).returncode == 0

    collector = signer(pristine.parent)
    assert verified(made, collector)
    assert not verified(made, signer(tmp_path, "stranger"))
    payload = json.loads(made)
    payload["dsseEnvelope"]["payload"] = payload["dsseEnvelope"]["payload"].replace("A", "B", 1)
    assert not verified(json.dumps(payload), collector)
