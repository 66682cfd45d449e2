"""Private keys: made safely, refused where others could use them."""

import stat
import subprocess
from datetime import timedelta

import pytest

from checks.errors import SealError
from checks.evidence.bag_info import KeyKind
from checks.evidence.sshsig import fingerprint
from tasks.sealing.keys import DevelopmentKeyWarning, load_signer, new_key, read_key
from tasks.sealing.trust import load_trust, publish_trust
from tests.tasks.sealing.sealed import START, signer


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def load(tmp_path, key=None):
    return load_signer(key, keys=tmp_path / "keys", evidence=tmp_path / "evidence", identity="collector")


def test_a_new_key_is_its_owners_alone(tmp_path):
    new_key(tmp_path / "keys" / "id")
    assert mode(tmp_path / "keys" / "id") == 0o600
    assert mode(tmp_path / "keys") == 0o700
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["id"]


def test_ssh_keygen_reads_a_new_key(tmp_path):
    new_key(tmp_path / "id")
    shown = subprocess.run(["ssh-keygen", "-l", "-f", tmp_path / "id"], check=True, capture_output=True, text=True)
    assert fingerprint(load(tmp_path, tmp_path / "id").public_key) in shown.stdout


def test_a_key_that_ssh_keygen_made_signs(tmp_path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "id"], check=True)
    made = load(tmp_path, tmp_path / "id")
    assert made.kind is KeyKind.CONFIGURED
    made.public_key.verify(made.sign(b"x"), b"x")


def test_a_key_is_never_overwritten(tmp_path):
    new_key(tmp_path / "id")
    before = (tmp_path / "id").read_bytes()
    with pytest.raises(SealError, match="never overwritten"):
        new_key(tmp_path / "id")
    assert (tmp_path / "id").read_bytes() == before


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o601, 0o660])
def test_a_key_that_others_can_use_is_refused_with_what_to_do(tmp_path, bits):
    new_key(tmp_path / "id")
    (tmp_path / "id").chmod(bits)
    with pytest.raises(SealError, match=r"others can use the key .*chmod 600"):
        load(tmp_path, tmp_path / "id")


def test_a_key_within_the_evidence_is_refused(tmp_path):
    new_key(tmp_path / "evidence" / "keys" / "id")
    (tmp_path / "link").symlink_to(tmp_path / "evidence" / "keys" / "id")
    for path in (tmp_path / "evidence" / "keys" / "id", tmp_path / "link"):
        with pytest.raises(SealError, match="lies within the evidence"):
            read_key(path, outside=tmp_path / "evidence")


def test_what_is_no_ed25519_key_without_passphrase_is_refused_in_one_line(tmp_path):
    (tmp_path / "noise").write_bytes(b"noise")
    for kind, phrase, name in (("ecdsa", "", "ecdsa"), ("ed25519", "secret", "locked")):
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", phrase, "-f", tmp_path / name], check=True)
    for name in ("locked", "noise", "ecdsa", "absent"):
        if name != "absent":
            (tmp_path / name).chmod(0o600)
        with pytest.raises(SealError, match="readiness key new") as refused:
            load(tmp_path, tmp_path / name)
        assert "\n" not in str(refused.value)


def test_without_a_key_a_development_key_is_made_once_and_warns_each_time(tmp_path):
    with pytest.warns(DevelopmentKeyWarning, match=r"proves nothing to others.*readiness key new"):
        first = load(tmp_path)
    with pytest.warns(DevelopmentKeyWarning):
        second = load(tmp_path)
    assert first.public_key == second.public_key
    assert (first.kind, first.identity) == (KeyKind.DEVELOPMENT, "collector-development")


def test_a_configured_key_does_not_warn(tmp_path, recwarn):
    new_key(tmp_path / "id")
    load(tmp_path, tmp_path / "id")
    assert not recwarn.list


def test_trust_lists_a_key_from_the_hour_of_its_first_use_and_only_once(tmp_path):
    one, end = signer(tmp_path), START + timedelta(hours=1)
    for minutes in (7, 50):
        publish_trust(tmp_path / "trust", one, as_of=end, now=START + timedelta(minutes=minutes))
    policy = load_trust(tmp_path / "trust", beside_evidence=True)
    assert [listed.valid_after for listed in policy.signers] == [START]
    assert b"BEGIN PUBLIC KEY" in (tmp_path / "trust" / "collector.pem").read_bytes()


def test_lines_that_people_wrote_stay_as_they_are(tmp_path):
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "allowed_signers").write_text("# kept by the auditors\n")
    publish_trust(tmp_path / "trust", signer(tmp_path), as_of=START, now=START)
    assert (tmp_path / "trust" / "allowed_signers").read_text().startswith("# kept by the auditors\ncollector ")


def test_a_key_whose_time_is_over_does_not_seal(tmp_path):
    one = signer(tmp_path)
    publish_trust(tmp_path / "trust", one, as_of=START, now=START)
    listed = tmp_path / "trust" / "allowed_signers"
    listed.write_text(listed.read_text().replace(" ssh-ed25519", ',valid-before="20261122143000Z" ssh-ed25519'))
    with pytest.raises(SealError, match="does not allow the key"):
        publish_trust(tmp_path / "trust", one, as_of=START + timedelta(hours=1), now=START)


def test_an_identity_that_could_break_a_line_is_refused(tmp_path):
    one = signer(tmp_path)
    one.identity = "collector cert-authority"
    with pytest.raises(SealError, match="cannot name a signer"):
        publish_trust(tmp_path / "trust", one, as_of=START, now=START)
    assert not (tmp_path / "trust").exists()
