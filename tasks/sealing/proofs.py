"""Proofs: what is signed of a bag, and the files in `proof/` that carry the signatures."""

from checks.evidence.bag_info import SealedInfo
from checks.evidence.digests import sha256
from checks.evidence.dsse import envelope, pre_authentication_encoding, sigstore_bundle
from checks.evidence.sshsig import armor, fingerprint, signed_bytes
from checks.evidence.statement import SIGSTORE_FILE, STATEMENT_FILE, statements
from checks.evidence.verdicts import VerdictsSummary
from tasks.sealing.bundle import SIGNATURE
from tasks.sealing.signers import Signer


def proof_files(
    signer: Signer, tag_manifest: bytes, *, info: SealedInfo, verdicts: VerdictsSummary
) -> dict[str, bytes]:
    """The SSH signature of the tag manifest's bytes, and the statements about its digest, by file name."""
    keyid = fingerprint(signer.public_key)
    files = {SIGNATURE: armor(signer.public_key, signer.sign(signed_bytes(tag_manifest)))}
    for name, payload in statements(sha256(tag_manifest), info, verdicts).items():
        signature = signer.sign(pre_authentication_encoding(payload))
        files[name] = envelope(payload, keyid=keyid, signature=signature)
    return {**files, SIGSTORE_FILE: sigstore_bundle(files[STATEMENT_FILE])}
