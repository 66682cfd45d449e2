"""Signed notes, checkpoints and proofs: the specification's examples, and nothing that could be read two ways."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import inclusion_path, leaf_hash, root_hash, subtree_of
from checks.evidence.notes import NoteKey, NoteKeyType, NoteSignature, SignedNote, cosignature, cosigned_bytes
from checks.evidence.tlog_proof import LogProof

VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
NOTE = (
    "This is an example message.\n\n"
    "\N{EM DASH} example.com/foo"
    " Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(32))
LOG = NoteKey("log.example/one", NoteKeyType.NOTE, SECRET.public_key())
WITNESS = NoteKey("witness.example", NoteKeyType.COSIGNATURE, SECRET.public_key())
LEAVES = [leaf_hash(b"%d" % number) for number in range(5)]
CHECKPOINT = Checkpoint(LOG.name, 5, root_hash(LEAVES))


def signed(text):
    return SignedNote(text, (NoteSignature(LOG.name, LOG.id, SECRET.sign(text)),))


PROOF = LogProof(3, tuple(inclusion_path(3, 5, subtree_of(LEAVES))), signed(CHECKPOINT.text))


def test_the_specification_s_note_is_signed_by_the_specification_s_key():
    key = NoteKey.parse(VKEY)
    note = SignedNote.parse(NOTE)
    assert key.text == VKEY
    assert [one for one, _ in note.signed_by([key])] == [key]
    assert note.data == NOTE


def test_a_wrong_signature_under_a_known_key_refuses_the_note():
    changed = SignedNote.parse(NOTE.replace(b"example message", b"examples message"))
    with pytest.raises(VerificationError, match=r"signature of example\.com/foo is wrong"):
        changed.signed_by([NoteKey.parse(VKEY)])


def test_signatures_of_strangers_are_passed_over():
    assert SignedNote.parse(NOTE).signed_by([LOG, WITNESS]) == []


def test_a_cosignature_says_when():
    line = cosignature(WITNESS, 1_793_000_000, SECRET.sign(cosigned_bytes(CHECKPOINT.text, 1_793_000_000)))
    note = signed(CHECKPOINT.text).plus([line, line])
    assert len(note.signatures) == 2
    assert [at.timestamp() for _, at in note.signed_by([WITNESS])] == [1_793_000_000]
    moved = NoteSignature(line.name, line.id, (1).to_bytes(8, "big") + line.signature[8:])
    with pytest.raises(VerificationError):
        signed(CHECKPOINT.text).plus([moved]).signed_by([WITNESS])


@pytest.mark.parametrize(
    "text",
    [
        VKEY.replace("530d903a", "530d903b"),
        VKEY.replace("530d903a", "530D903A"),
        VKEY.replace("foo", "fo o"),
        VKEY + " ",
        VKEY[:-4],
        "",
        "a+b+c",
    ],
)
def test_a_verifier_key_that_is_not_whole_is_refused(text):
    with pytest.raises(VerificationError):
        NoteKey.parse(text)


@pytest.mark.parametrize(
    "data",
    [
        NOTE[:-1],
        NOTE + b"\n",
        NOTE.replace(b"\n\n", b"\n"),
        NOTE.replace(b"\n\n", b"\r\n\r\n"),
        NOTE.replace("\N{EM DASH}".encode(), b"-"),
        NOTE.replace(b"example message", b"example\x00message"),
        NOTE.replace(b"=\n", b"\n"),
        b"\n\n" + NOTE.split(b"\n\n")[1],
        b"\xff" + NOTE,
        b"",
    ],
)
def test_a_note_that_could_be_read_two_ways_is_refused(data):
    with pytest.raises(VerificationError):
        SignedNote.parse(data)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n5\n", "\n05\n"),
        ("\n5\n", "\n+5\n"),
        ("\n5\n", "\n 5\n"),
        ("\n5\n", "\n٥\n"),
        ("=\n", "\n"),
        ("=\n", "=\nmore\n"),
    ],
)
def test_a_checkpoint_is_read_strictly(old, new):
    assert Checkpoint.parse(CHECKPOINT.text) == CHECKPOINT
    with pytest.raises(VerificationError):
        Checkpoint.parse(CHECKPOINT.text.decode().replace(old, new).encode())


def test_a_proof_comes_back_as_it_was_and_covers_its_entry_alone():
    proof = LogProof.parse(PROOF.data)
    assert proof == PROOF
    assert proof.covers(b"3")
    assert not proof.covers(b"2")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"index 3", b"index 03"),
        (b"index 3", b"index +3"),
        (b"index 3", b"index -3"),
        (b"index 3", b"extra AAAA\nindex 3"),
        (b"@v1", b"@v2"),
        (b"=\n", b"=\r\n"),
        (b"=\n", b"= \n"),
        (b"=\n\n", b"=\nAAAA\n\n"),
        (b"\n\n", b"\n"),
    ],
)
def test_a_proof_is_read_strictly(old, new):
    assert old in PROOF.data
    with pytest.raises(VerificationError):
        LogProof.parse(PROOF.data.replace(old, new, 1))


@given(st.data())
def test_no_changed_byte_of_a_proof_goes_unseen(data):
    at = data.draw(st.integers(0, len(PROOF.data) - 1))
    other = data.draw(st.integers(0, 255).filter(lambda byte: byte != PROOF.data[at]))
    try:
        proof = LogProof.parse(PROOF.data[:at] + bytes([other]) + PROOF.data[at + 1 :])
        seen = not proof.covers(b"3") or not proof.note.signed_by([LOG])
    except VerificationError:
        seen = True
    assert seen


def test_base64_with_bits_left_over_is_refused():
    line = base64.b64encode(PROOF.path[0])
    assert line.endswith(b"=")
    changed = line[:-2] + bytes([line[-2] + 1]) + b"="
    with pytest.raises(VerificationError):
        LogProof.parse(PROOF.data.replace(line, changed))
