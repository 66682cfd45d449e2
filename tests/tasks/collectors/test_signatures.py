"""Signatures made by ssh-keygen, openssl and by the words of minisign and cosign; and what is none, or another's."""

import base64
import hashlib
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pydantic import ValidationError

from checks.expectations.signatures import SIGNATURES
from checks.kinds.signatures import SignaturesCheck, SignaturesRow
from checks.outcome import Outcome
from tasks.collectors.signatures import SignaturesCollector
from tests.checks.expectations.judging import Example, outcomes
from tests.tasks.collectors.asking import named, now, sources

NOTES = b"# v0.2.0\n\nTwo fixes.\n"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RAW = KEY.public_key().public_bytes_raw()
MINISIGN_ID = b"readines"
MINISIGN_KEY = base64.b64encode(b"Ed" + MINISIGN_ID + RAW).decode()


def run(*command: str, folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def by_ssh(folder: Path, *options: str) -> str:
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", "id", folder=folder)
    run("ssh-keygen", "-Y", "sign", "-q", "-n", "file", *options, "-f", "id", "notes.md", folder=folder)
    return (folder / "id.pub").read_text().strip()


def by_openssl(folder: Path, *algorithm: str) -> str:
    run("openssl", "genpkey", *algorithm, "-out", "key.pem", folder=folder)
    run("openssl", "pkey", "-in", "key.pem", "-pubout", "-out", "key.pub", folder=folder)
    how = ["-rawin"] if algorithm[1] == "ed25519" else ["-rawin", "-digest", "sha256"]
    run(
        "openssl",
        "pkeyutl",
        "-sign",
        "-inkey",
        "key.pem",
        *how,
        "-in",
        "notes.md",
        "-out",
        "notes.md.sig",
        folder=folder,
    )
    return (folder / "key.pub").read_text()


def by_minisign(folder: Path, *, algorithm: bytes = b"ED", comment: bytes = b"timestamp:1") -> str:
    """As minisign's documentation has it: a signature, and one of it with its comment."""
    signed = KEY.sign(hashlib.blake2b(NOTES).digest() if algorithm == b"ED" else NOTES)
    lines = [
        b"untrusted comment: signature",
        base64.b64encode(algorithm + MINISIGN_ID + signed),
        b"trusted comment: " + comment,
        base64.b64encode(KEY.sign(signed + b"timestamp:1")),
    ]
    (folder / "notes.md.sig").write_bytes(b"\n".join(lines) + b"\n")
    return MINISIGN_KEY


def by_cosign(folder: Path, *, sigstore: bool, digest: bytes = hashlib.sha256(NOTES).digest()) -> str:
    """As cosign signs a blob with a key of P-256, in its own bundle or in Sigstore's."""
    key = by_openssl(folder, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    encoded = base64.b64encode((folder / "notes.md.sig").read_bytes()).decode()
    signed = {"messageDigest": {"digest": base64.b64encode(digest).decode()}, "signature": encoded}
    told = {"messageSignature": signed} if sigstore else {"base64Signature": encoded}
    (folder / "notes.md.sig").write_text(json.dumps(told))
    return key


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.md").write_bytes(NOTES)
    return tmp_path


async def judged(folder: Path, key: str, **given: object) -> tuple[SignaturesRow, dict[str, Outcome]]:
    asked = {"artefacts": {"notes": {"file": "reports:notes.md"}}, "keys": {"other": OTHER, "release": key}, **given}
    check = named(SignaturesCheck.model_validate(asked))
    collector = SignaturesCollector(sources(folder=folder), now)
    (row,) = (await collector.collect(check)).rows
    await collector.aclose()
    assert isinstance(row, SignaturesRow)
    return row, outcomes(SIGNATURES, Example(check, (row,)))


OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIItUyjJxHyX76NxXAZHj/2cDSUXVdwLa7zdASbyaHi3Y"
WAYS = {
    "ssh": (by_ssh, "ssh"),
    "openssl, Ed25519": (lambda folder: by_openssl(folder, "-algorithm", "ed25519"), "plain"),
    "openssl, ECDSA": (
        lambda folder: by_openssl(folder, "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"),
        "plain",
    ),
    "openssl, RSA": (
        lambda folder: by_openssl(folder, "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
        "plain",
    ),
    "minisign": (by_minisign, "minisign"),
    "minisign of old": (lambda folder: by_minisign(folder, algorithm=b"Ed"), "minisign"),
    "cosign": (lambda folder: by_cosign(folder, sigstore=False), "cosign"),
    "sigstore": (lambda folder: by_cosign(folder, sigstore=True), "cosign"),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_signature_is_verified_and_one_changed_byte_undoes_it(way: str, folder: Path):
    sign, form = WAYS[way]
    key = sign(folder)
    row, found = await judged(folder, key)
    assert (row.form, row.signer, set(found.values())) == (form, "release", {Outcome.PASS})
    (folder / "notes.md").write_bytes(NOTES.replace(b"Two", b"Six"))
    row, found = await judged(folder, key)
    assert (row.signer, found["verified"]) == (None, Outcome.FAIL)


async def test_a_signature_of_openssl_may_be_kept_as_text(folder: Path):
    key = by_openssl(folder, "-algorithm", "ed25519")
    signature = folder / "notes.md.sig"
    signature.write_bytes(base64.encodebytes(signature.read_bytes()))
    assert (await judged(folder, key))[0].signer == "release"


async def test_a_key_that_is_not_in_the_catalogue_counts_for_nothing(folder: Path):
    by_ssh(folder)
    row, found = await judged(folder, MINISIGN_KEY)
    assert (row.form, row.signer, found["verified"]) == ("ssh", None, Outcome.FAIL)


async def test_a_signature_for_something_else_does_not_count(folder: Path):
    key = by_ssh(folder)
    row, found = await judged(folder, key, namespace="git")
    assert "of the namespace 'git'" in str(row.unreadable)
    assert found["readable"] is Outcome.FAIL
    assert not found["verified"].passes


async def test_a_comment_that_claims_to_be_trusted_is_signed_too(folder: Path):
    _, found = await judged(folder, by_minisign(folder, comment=b"timestamp:2"))
    assert found["verified"] is Outcome.FAIL


async def test_a_signature_that_names_another_key_is_not_this_one_s(folder: Path):
    by_minisign(folder)
    another = base64.b64encode(b"Ed" + MINISIGN_ID[::-1] + RAW).decode()
    _, found = await judged(folder, another)
    assert found["verified"] is Outcome.FAIL


async def test_a_bundle_that_names_another_digest_is_of_something_else(folder: Path):
    key = by_cosign(folder, sigstore=True, digest=bytes(32))
    assert (await judged(folder, key))[1]["verified"] is Outcome.FAIL


@pytest.mark.parametrize(
    ("signature", "outcome"),
    [
        (None, ("signed", Outcome.MISSING)),
        (b"", ("readable", Outcome.FAIL)),
        (b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n", ("readable", Outcome.FAIL)),
        (b"untrusted comment: x\nAAAA\n", ("readable", Outcome.FAIL)),
        (b"{}", ("readable", Outcome.FAIL)),
        (b'{"base64Signature": 3}', ("readable", Outcome.FAIL)),
        (b"[" * 100_000, ("verified", Outcome.FAIL)),
        (b"{" * 100_000, ("readable", Outcome.FAIL)),
        (bytes(64), ("verified", Outcome.FAIL)),
    ],
)
async def test_what_is_no_signature_says_so(signature: bytes | None, outcome: tuple[str, Outcome], folder: Path):
    if signature is not None:
        (folder / "notes.md.sig").write_bytes(signature)
    _, found = await judged(folder, MINISIGN_KEY)
    assert found[outcome[0]] is outcome[1]
    assert not found["verified"].passes


async def test_nothing_is_signed_well_by_nobody(folder: Path):
    (folder / "notes.md").write_bytes(b"")
    key = by_ssh(folder)
    _, found = await judged(folder, key)
    assert found["not-empty"] is Outcome.INCONCLUSIVE
    assert not found["verified"].passes


@pytest.mark.parametrize(
    ("key", "because"),
    [
        ("hello", "it is no public key"),
        ("ssh-rsa AAAA", "is no Ed25519 key"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "it is no public key in PEM"),
    ],
)
def test_a_key_that_is_none_is_refused_where_the_catalogue_is_read(key: str, because: str):
    with pytest.raises(ValidationError, match=because):
        SignaturesCheck.model_validate({"artefacts": {"a": {"file": "a:b"}}, "keys": {"release": key}})
