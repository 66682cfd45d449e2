"""SSHSIG against the real `ssh-keygen`: Ed25519 is deterministic, so the files must be equal byte for byte."""

import subprocess

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from checks.errors import VerificationError
from checks.evidence.sshsig import NAMESPACE, SshSignature, armor, fingerprint, signed_bytes

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
MESSAGE = b"what was sealed\n"


def sign_with_ssh_keygen(tmp_path, namespace=NAMESPACE, *options):
    key = tmp_path / "key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    message = tmp_path / "message"
    message.write_bytes(MESSAGE)
    (tmp_path / "message.sig").unlink(missing_ok=True)
    subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-f", key, "-n", namespace, *options, message], check=True, capture_output=True
    )
    return (tmp_path / "message.sig").read_bytes()


def test_the_signature_is_the_one_ssh_keygen_makes(tmp_path):
    ours = armor(KEY.public_key(), KEY.sign(signed_bytes(MESSAGE)))
    assert ours == sign_with_ssh_keygen(tmp_path)


def test_a_signature_by_ssh_keygen_is_read_and_verified(tmp_path):
    signature = SshSignature.parse(sign_with_ssh_keygen(tmp_path))
    assert signature.key == KEY.public_key()
    assert signature.signs(MESSAGE)
    assert not signature.signs(MESSAGE + b"\n")


def test_a_signature_for_another_purpose_is_refused(tmp_path):
    with pytest.raises(VerificationError, match="namespace"):
        SshSignature.parse(sign_with_ssh_keygen(tmp_path, "file"))


def test_a_signature_over_another_hash_is_refused(tmp_path):
    with pytest.raises(VerificationError, match="SHA-512"):
        SshSignature.parse(sign_with_ssh_keygen(tmp_path, NAMESPACE, "-O", "hashalg=sha256"))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.replace(b"\n", b"\r\n"),
        lambda data: data.rstrip(b"\n"),
        lambda data: data + b"\n",
        lambda data: data.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"),
        lambda data: data.replace(b"\n", b" \n", 2),
        lambda data: b"\n".join(data.split(b"\n")[:3]),
        lambda data: b"",
        lambda data: b"\xff" * 300,
        lambda data: b"-----BEGIN SSH SIGNATURE-----\n/////w==\n-----END SSH SIGNATURE-----\n",
    ],
)
def test_a_signature_file_that_is_not_written_as_usual_is_refused(change):
    good = armor(KEY.public_key(), KEY.sign(signed_bytes(MESSAGE)))
    SshSignature.parse(good)
    with pytest.raises(VerificationError):
        SshSignature.parse(change(good))


def test_the_fingerprint_is_the_one_ssh_keygen_prints(tmp_path):
    public = tmp_path / "key.pub"
    public.write_bytes(KEY.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH))
    shown = subprocess.run(["ssh-keygen", "-l", "-f", public], check=True, capture_output=True, text=True).stdout
    assert shown.split()[1] == fingerprint(KEY.public_key())
