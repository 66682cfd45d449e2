"""`allowed_signers`: who may sign, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.errors import VerificationError
from checks.evidence.sshsig import NAMESPACE
from checks.evidence.trust import AllowedSigner, TrustPolicy, read_allowed_signers

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32))).public_key()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))).public_key()
START = datetime(2026, 11, 22, 14, tzinfo=UTC)
END = START + timedelta(days=90)
SIGNER = AllowedSigner("collector@desk", KEY, START, END)


def policy(*signers):
    return TrustPolicy(signers, "trust/allowed_signers", beside_evidence=False)


def test_a_line_reads_back_as_it_was_written():
    for signer in (SIGNER, AllowedSigner("collector", KEY, START)):
        assert read_allowed_signers(signer.line()) == (signer,)


def test_comments_and_lines_for_other_namespaces_are_passed_over():
    other = SIGNER.line().replace(NAMESPACE, "git")
    assert read_allowed_signers(f"# ours\n\n{other}{SIGNER.line()}") == (SIGNER,)


@pytest.mark.parametrize(
    "line",
    [
        "collector ssh-ed25519 AAAA",
        SIGNER.line().replace('valid-after="20261122140000Z",', ""),
        SIGNER.line().replace("20261122140000Z", "20261122140000"),
        SIGNER.line().replace("20261122140000Z", "20269922140000Z"),
        SIGNER.line().replace("AAAAC3", "AAAAC4"),
        SIGNER.line().replace("collector@desk ", "*.example cert-authority,"),
        SIGNER.line().replace("ssh-ed25519", "ssh-rsa"),
        SIGNER.line().replace("ssh-ed25519", "ssh-ed25519 !"),
    ],
)
def test_a_line_nobody_understands_is_refused_with_its_number(line):
    with pytest.raises(VerificationError, match="line 2 is no allowed signer"):
        read_allowed_signers(f"# first\n{line.rstrip()}\n")


def test_a_key_counts_from_its_first_instant_to_its_last():
    assert policy(SIGNER).why_not(KEY, START) is None
    assert policy(SIGNER).why_not(KEY, END) is None


def test_a_key_does_not_count_before_or_after_its_time():
    for instant in (START - timedelta(seconds=1), END + timedelta(seconds=1)):
        assert "does not allow the key" in policy(SIGNER).why_not(KEY, instant)


def test_a_key_nobody_listed_does_not_count():
    assert "not among the allowed signers" in policy(SIGNER).why_not(OTHER, START)
    assert "not among the allowed signers" in policy().why_not(KEY, START)
