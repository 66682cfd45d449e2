"""The tamper matrix: each attack, and which layer catches it, in stock tools and in the program's own steps."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from checks.evidence.bag import tag_files
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.digests import sha256
from checks.evidence.layout import bundle_path
from checks.evidence.notes import NoteKey, NoteKeyType, NoteSignature, SignedNote
from checks.evidence.tlog_proof import LogProof
from tests.tasks.sealing.sealed import hour

PROOF = "proof/evidence.tlog-proof"
BODY = "data/raw/api-health/livez.body"
VICTIM, OTHER = hour(1), hour(2)


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done to the bundle of `VICTIM`; `stock` are the layers of its VERIFY.md, `steps` ours.

    `others` are who else notices: the auditors' `check.sh`, the audit of the log, and other people's libraries.
    """

    name: str
    tamper: Callable[[Path, Path], None]
    stock: frozenset[str]
    steps: frozenset[int]
    others: frozenset[str]


def flip(bundle: Path, _: Path) -> None:
    body = bytearray((bundle / "bag" / BODY).read_bytes())
    body[3] ^= 1
    (bundle / "bag" / BODY).write_bytes(body)


def rewrite_manifest(bundle: Path, other: Path) -> None:
    before = sha256((bundle / "bag" / BODY).read_bytes())
    flip(bundle, other)
    replace(bundle, "manifest-sha256.txt", before, sha256((bundle / "bag" / BODY).read_bytes()))


def rewrite_tag_manifest(bundle: Path, other: Path) -> None:
    rewrite_manifest(bundle, other)
    bag = bundle / "bag"
    tags = tag_files((bag / "bag-info.txt").read_bytes(), (bag / "manifest-sha256.txt").read_bytes())
    (bag / "tagmanifest-sha256.txt").write_bytes(tags["tagmanifest-sha256.txt"])


def backdate(bundle: Path, _: Path) -> None:
    (bundle / "bag" / "tagmanifest-sha256.txt").unlink()
    replace(bundle, "bag-info.txt", "Bagging-Date: 2026-11-22", "Bagging-Date: 2026-11-20")


def backdate_only(bundle: Path, _: Path) -> None:
    replace(bundle, "bag-info.txt", "Bagging-Date: 2026-11-22", "Bagging-Date: 2026-11-20")


def add_payload(bundle: Path, _: Path) -> None:
    (bundle / "bag" / "data" / "rows" / "extra.jsonl").write_bytes(b"{}\n")


def remove_payload(bundle: Path, _: Path) -> None:
    (bundle / "bag" / BODY).unlink()


def add_tag_file(bundle: Path, _: Path) -> None:
    (bundle / "bag" / "note.txt").write_bytes(b"please ignore\n")


def add_hidden_file(bundle: Path, _: Path) -> None:
    (bundle / "bag" / ".note").write_bytes(b"please ignore\n")


def link_payload(bundle: Path, _: Path) -> None:
    outside = bundle / "outside"
    shutil.move(bundle / "bag" / BODY, outside)
    (bundle / "bag" / BODY).symlink_to(outside)


def signature_of_another(bundle: Path, other: Path) -> None:
    name = "proof/tagmanifest-sha256.txt.sig"
    shutil.copy(other / name, bundle / name)


def statement_of_another(bundle: Path, other: Path) -> None:
    shutil.copy(other / "proof/statement.dsse.json", bundle / "proof/statement.dsse.json")


def outcomes_of_another(bundle: Path, other: Path) -> None:
    shutil.copy(other / "proof/outcomes.dsse.json", bundle / "proof/outcomes.dsse.json")


def sigstore_bundle_of_another(bundle: Path, other: Path) -> None:
    shutil.copy(other / "proof/statement.sigstore.json", bundle / "proof/statement.sigstore.json")


def proof_of_another(bundle: Path, other: Path) -> None:
    shutil.copy(other / PROOF, bundle / PROOF)


def proof_for_another_size(bundle: Path, other: Path) -> None:
    """The newer checkpoint, which the log signed, under hashes that led to the older one."""
    head = (bundle / PROOF).read_bytes().partition(b"\n\n")[0]
    (bundle / PROOF).write_bytes(head + b"\n\n" + (other / PROOF).read_bytes().partition(b"\n\n")[2])


def checkpoint_of_another_log(bundle: Path, _: Path) -> None:
    """The same tree under another log's name and key."""
    proof = LogProof.parse((bundle / PROOF).read_bytes())
    secret = Ed25519PrivateKey.from_private_bytes(bytes(32))
    found = proof.checkpoint
    key = NoteKey("another.example/log", NoteKeyType.NOTE, secret.public_key())
    text = Checkpoint(key.name, found.size, found.root).text
    note = SignedNote(text, (NoteSignature(key.name, key.id, secret.sign(text)),))
    (bundle / PROOF).write_bytes(LogProof(proof.index, proof.path, note).data)


def swap(bundle: Path, other: Path) -> None:
    for part in ("bag", "proof"):
        shutil.rmtree(bundle / part)
        shutil.copytree(other / part, bundle / part)


def replace(bundle: Path, name: str, old: str, new: str) -> None:
    path = bundle / "bag" / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def attack(tamper: Callable[[Path, Path], None], stock: str, *steps: int, others: str = "") -> Attack:
    return Attack(tamper.__name__, tamper, *map(frozenset, (stock.split(), steps, others.split())))


LIBRARIES = "securesystemslib proofbundle"

MATRIX = (
    attack(flip, "payload bagit", 2, others="script"),
    attack(rewrite_manifest, "tags bagit", 3, others="script"),
    attack(rewrite_tag_manifest, "signature statements log", 4, 5, 8, others=f"script audit {LIBRARIES}"),
    attack(
        backdate,
        "tags listing signature statements log",
        1,
        3,
        4,
        5,
        8,
        others=f"script audit {LIBRARIES}",
    ),
    attack(backdate_only, "tags bagit", 3, others="script audit"),
    attack(add_payload, "bagit", 1, others="script"),
    attack(remove_payload, "payload bagit", 1, others="script"),
    attack(add_tag_file, "listing", 1, others="script"),
    attack(add_hidden_file, "listing", 1, others="script"),
    attack(link_payload, "bagit", 1, others="script"),
    attack(signature_of_another, "signature", 4, others="script"),
    attack(statement_of_another, "statements", 5, others="securesystemslib"),
    attack(sigstore_bundle_of_another, "statements", 5),
    attack(outcomes_of_another, "statements", 5),
    attack(proof_of_another, "log", 8, others="script proofbundle"),
    attack(proof_for_another_size, "log", 8, others="script proofbundle"),
    attack(checkpoint_of_another_log, "log", 8, others="script audit proofbundle"),
    attack(swap, "slot log", 6, others="audit"),
)


def tampered(root: Path, one: Attack) -> Path:
    """Does it, and returns the bundle it was done to."""
    bundle = root / bundle_path(VICTIM)
    one.tamper(bundle, root / bundle_path(OTHER))
    return bundle
