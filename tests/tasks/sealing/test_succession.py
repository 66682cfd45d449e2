"""Succession: a trust folder from before a rotation learns the new key from the log, and from nothing less."""

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from checks.evidence.layout import bundle_path
from checks.evidence.log_records import KeyRotation
from checks.evidence.sshsig import fingerprint, key_text
from checks.evidence.tiles import entries_text, read_entries
from checks.evidence.trust import AllowedSigner, Role
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.log_files import LogFiles
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import revoke, rotate
from tasks.sealing.trust import key_file, load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tests.tasks.sealing.sealed import INFO, START, files, hour, signer
from tests.tasks.sealing.test_auditors import GUIDE
from tests.tasks.sealing.test_rotation import AT, revocation, seal

NEXT_DAY = AT + timedelta(days=1)


@pytest.fixture
def root(pristine, evidence):
    """Three hours, and the keys that sealed them."""
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return evidence


@pytest.fixture
def before(root):
    """What the reader was given before anything of this happened."""
    return load_trust(shutil.copytree(root / "trust", root.parent / "before"), beside_evidence=False)


def keys(root, *names):
    return [signer(root.parent, *name) for name in ([], *([name] for name in names))]


def failed(root, trust, **as_of):
    return [report.failed for report in verify_evidence([root], trust, **as_of)]


def rotation(old, new, *, at=AT, until=AT):
    both = {"old": key_text(old.public_key), "new": key_text(new.public_key)}
    return KeyRotation(at=at, by="collector", good_until=until, **both)


def test_a_reader_who_trusts_the_old_key_believes_the_new_one_and_is_told_why(root, before):
    old, new = keys(root, "next")
    record = rotate(root, old, new, at=AT)
    bundle = seal(root, new, 3)
    assert failed(root, before) == [()] * 4
    assert audit_log(root, before, as_of=hour(4).at).problems == ()
    (note,) = verify_bundle(bundle.path, before).notes
    assert fingerprint(old.public_key) in note
    assert f"leaf {int(record.name.partition('.')[0])}" in note


def test_stock_tools_show_the_same_by_the_guide_s_commands(root, tmp_path):
    old, new = keys(root, "next")
    record = rotate(root, old, new, at=AT)
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", GUIDE, flags=re.DOTALL) if "key-rotation" in one]
    folder = shutil.copytree(root / "trust", tmp_path / "by hand")
    for name, key in (("old.pem", old), ("new.pem", new)):
        (folder / key_file(key)).rename(folder / name)
    script = block.replace("records/00000000N.key-rotation.json", str(record))
    command = ["bash", "-euo", "pipefail", "-c", script]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.count("Signature Verified Successfully") == 2
    entry = LogFiles(root / "log").entry(3, 4).decode()
    assert entry.split()[0] in ran.stdout
    (folder / "new.pem").write_bytes((folder / "old.pem").read_bytes())
    assert subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=False).returncode != 0


def test_it_follows_from_key_to_key(root, before):
    old, new, last = keys(root, "next", "last")
    rotate(root, old, new, at=AT)
    seal(root, new, 3)
    rotate(root, new, last, at=hour(3).at + timedelta(minutes=30))
    seal(root, last, 4)
    assert failed(root, before) == [()] * 5
    assert len(verify_bundle(root / bundle_path(hour(4)), before).notes) == 2


def test_the_key_of_a_log_of_its_own_stays_whose_it_is(root, before):
    old, new = keys(root, "next")
    rotate(root, old, new, at=AT)
    apart = replace(before, signers=tuple(replace(one, roles=frozenset({Role.BUNDLES})) for one in before.signers))
    assert failed(root, apart)[0] == (8, 11)


def test_as_of_an_instant_before_the_rotation_nothing_is_learned_and_the_evidence_of_then_stands(root, before):
    old, new = keys(root, "next")
    rotate(root, old, new, at=AT)
    seal(root, new, 3)
    reports = verify_evidence([root], before, at=AT - timedelta(minutes=20))
    assert [(report.failed, report.notes) for report in reports] == [((), ())] * 3


def test_evidence_of_a_time_before_the_rotation_the_new_key_cannot_seal(root, before):
    old, new = keys(root, "next")
    rotate(root, old, new, at=NEXT_DAY)
    late = BundleWriter(root, new, lambda: NEXT_DAY)
    (root / "trust" / "allowed_signers").write_text(
        "".join(AllowedSigner("collector", one.public_key, START).line() for one in (old, new))
    )
    bundle = late.seal(late.stage(hour(3), files(hour(3))), hour(3), INFO)
    assert {4, 5} <= set(verify_bundle(bundle.path, before).failed)


@pytest.mark.parametrize("who", ["old alone", "new alone", "a stranger for the old one"])
def test_a_rotation_that_both_did_not_sign_teaches_nothing(root, before, who):
    old, new, stranger = keys(root, "next", "stranger")
    by = {"old alone": (old,), "new alone": (new,), "a stranger for the old one": (stranger, new)}[who]
    RecordWriter(root, old).append(rotation(old, new), signers=by)
    assert_a_stranger(root, before, new)


def assert_a_stranger(root, before, key):
    """What a key seals counts for nobody who was given only the keys from before."""
    (root / "trust" / "allowed_signers").write_text(AllowedSigner("collector", key.public_key, START).line())
    bundle = seal(root, key, 3)
    assert {4, 5, 8} <= set(verify_bundle(bundle.path, before).failed)


def test_a_record_beside_the_log_teaches_nothing(root, before, tmp_path):
    old, new = keys(root, "next")
    other = shutil.copytree(root, tmp_path / "other" / "evidence", symlinks=True)
    record = rotate(other, old, new, at=AT)
    (root / "records").mkdir()
    shutil.copy(record, root / "records" / record.name)
    assert_a_stranger(root, before, new)


def test_a_record_that_was_changed_or_taken_away_teaches_nothing(root, before):
    old, new = keys(root, "next")
    record = rotate(root, old, new, at=AT)
    bundle, data = seal(root, new, 3), record.read_bytes()
    record.write_bytes(data.replace(b'"keyid"', b'"keyed"'))
    assert {4, 5, 8, 11} == set(verify_bundle(bundle.path, before).failed)
    record.unlink()
    assert {4, 5, 8, 11} == set(verify_bundle(bundle.path, before).failed)
    record.write_bytes(data)
    assert verify_bundle(bundle.path, before).failed == ()


def test_entries_that_the_checkpoint_does_not_cover_teach_nothing(root, before):
    """Without any key: a leaf put where the rotation is, or in place of it."""
    old, new = keys(root, "next")
    rotate(root, old, new, at=AT)
    bundle = seal(root, new, 3)
    tile = root / "log" / "tile" / "entries" / "000.p" / "5"
    entries = read_entries(tile.read_bytes())
    tile.write_bytes(entries_text([*entries[:3], entries[0], entries[4]]))
    report = verify_bundle(bundle.path, before)
    assert {4, 5, 8, 11} == set(report.failed)
    assert "do not come to the root of its checkpoint" in report.steps[10].problems[0]


def test_a_log_of_another_name_teaches_nothing(root, before):
    old, new = keys(root, "next")
    rotate(root, old, new, at=AT)
    bundle = seal(root, new, 3)
    elsewhere = replace(before, logs=tuple(replace(one, name="another.example/log") for one in before.logs))
    assert {4, 5, 8, 11} == set(verify_bundle(bundle.path, elsewhere).failed)


def test_a_key_that_was_over_before_the_rotation_hands_nothing_over(root, before):
    old, new = keys(root, "next")
    ended = replace(before, signers=tuple(replace(one, valid_before=hour(2).at) for one in before.signers))
    rotate(root, old, new, at=AT)
    bundle = seal(root, new, 3)
    assert {4, 5, 8, 11} == set(verify_bundle(bundle.path, ended).failed)


def test_a_thief_s_second_rotation_of_the_same_key_comes_too_late(root, before):
    old, new, thief = keys(root, "next", "thief")
    rotate(root, old, new, at=AT)
    both = rotation(old, thief, at=AT - timedelta(minutes=5))
    RecordWriter(root, new).append(both, signers=(old, thief))
    assert_a_stranger(root, before, thief)


def test_a_thief_who_was_first_is_put_out_by_whoever_the_reader_knows(root, before):
    """Somebody whom the reader lists has revoked the key from before the theft, wherever that stands in the log."""
    old, thief, other = keys(root, "thief", "other")
    known = replace(before, signers=(*before.signers, AllowedSigner("other", other.public_key, START)))
    RecordWriter(root, old).append(rotation(old, thief, at=AT), signers=(old, thief))
    taken_back = revocation(old, by=other, good_until=hour(1).end).model_copy(update={"by": "other"})
    RecordWriter(root, old).append(taken_back, signers=(other,))
    assert_a_stranger(root, known, thief)


def test_a_person_hands_over_no_more_than_a_person_s_word(root, before):
    old, person, heir = keys(root, "person", "heir")
    listed = AllowedSigner("collector", person.public_key, START, roles=frozenset({Role.PEOPLE}))
    RecordWriter(root, old).append(rotation(person, heir), signers=(person, heir))
    assert_a_stranger(root, replace(before, signers=(*before.signers, listed)), heir)


def test_what_the_reader_s_own_list_says_of_the_new_key_holds(root, before):
    old, new = keys(root, "next")
    rotate(root, old, new, at=AT)
    bundle = seal(root, new, 3)
    ended = AllowedSigner("collector", new.public_key, START, valid_before=AT, roles=frozenset(Role))
    report = verify_bundle(bundle.path, replace(before, signers=(*before.signers, ended)))
    assert {4, 5} <= set(report.failed)
    assert report.notes == ()


def test_a_key_that_followed_can_be_revoked_by_the_one_that_followed_it(root, before):
    old, new, last = keys(root, "next", "last")
    rotate(root, old, new, at=AT)
    seal(root, new, 3)
    rotate(root, new, last, at=hour(3).at + timedelta(minutes=30))
    revoke(RecordWriter(root, last), revocation(new, by=last, good_until=hour(2).at, at=NEXT_DAY), by=last)
    assert failed(root, before)[:3] == [()] * 3
    assert {4, 5} <= set(failed(root, before)[3])


def test_a_log_signed_by_a_key_that_nobody_handed_anything_to_is_not_believed(root, before):
    old, new, stranger = keys(root, "next", "stranger")
    rotate(root, old, new, at=AT)
    log = EvidenceLog(root, stranger)
    log.commit(log.prepare(b"0" * 64 + b"  more\n").tiles)
    assert failed(root, before) == [(11,)] * 3
