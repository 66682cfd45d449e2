"""Verification as of a date: the keys, the catalogue and the suites that were in force, and what was known by then."""

import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from checks.errors import ReadinessError, SealError, VerificationError
from checks.evidence.bag_info import BagInfo
from checks.evidence.digests import sha256
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import CatalogChange
from checks.evidence.sshsig import key_text
from checks.evidence.trust import KeyEnd
from checks.evidence.verification import StepState
from checks.slots import Cadence
from flows import people
from flows.cli import key as keys
from flows.cli import pause as pausing
from flows.settings import Settings
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.logged import logged_records, pauses_on_record
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import revoke, rotate
from tasks.sealing.trust import ALLOWED_SIGNERS, load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tests.tasks.sealing.sealed import INFO, START, SUITES, files, hour, signer
from tests.tasks.sealing.test_records import CHANGE
from tests.tasks.sealing.test_rotation import AT, revocation, seal


@pytest.fixture
def root(pristine, evidence):
    """Three hours, and the keys that sealed them."""
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return evidence


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def failed(root, **as_of):
    return [report.failed for report in verify_evidence([root], trust(root), **as_of)]


def step11(report):
    return report.steps[10]


def changed(number, *, after=INFO.catalog_digest, suites=SUITES):
    told = {"before": None, "suites_before": None, "after": after, "suites_after": suites}
    return CatalogChange(at=hour(number).at, by="collector", **told)


def test_the_catalogue_and_the_suites_in_force_are_named(root):
    records = RecordWriter(root, signer(root.parent))
    records.append(CHANGE)
    report = verify_bundle(seal(root, signer(root.parent), 3).path, trust(root))
    assert report.verified
    assert step11(report).note == (
        f"catalogue sha256:{INFO.catalog_digest[:16]} and suites sha256:{SUITES[:16]} since leaf 3, "
        "2026-11-22T14:00:00Z, approved by nobody"
    )


def test_a_bundle_that_another_catalogue_judged_is_found_and_so_are_other_suites(root):
    records = RecordWriter(root, signer(root.parent))
    records.append(changed(3, after=sha256(b"stricter")))
    first = verify_bundle(seal(root, signer(root.parent), 3).path, trust(root))
    records.append(changed(4, suites=sha256(b"stricter")))
    second = verify_bundle(seal(root, signer(root.parent), 4).path, trust(root))
    assert (first.failed, second.failed) == ((11,), (11,))
    assert step11(first).problems[0].startswith(f"judged by the catalogue sha256:{INFO.catalog_digest[:16]}, and the")
    assert step11(second).problems[0].startswith(f"judged by the suites sha256:{SUITES[:16]}, and the log says")


def test_each_bundle_is_held_to_what_was_in_force_when_it_was_sealed(root):
    records = RecordWriter(root, signer(root.parent))
    records.append(changed(3))
    seal(root, signer(root.parent), 3)
    records.append(changed(4, after=sha256(b"stricter")))
    reports = verify_evidence([root], trust(root))
    assert [step11(report).state for report in reports] == [StepState.NOT_PRESENT] * 3 + [StepState.VERIFIED]


def test_a_change_that_was_taken_out_of_the_records_does_not_go_unseen(root):
    records = RecordWriter(root, signer(root.parent))
    records.append(changed(3, after=sha256(b"looser")))
    told = INFO.model_dump() | {"catalog_digest": INFO.catalog_digest}
    gone = records.append(changed(4))
    writer = BundleWriter(root, signer(root.parent), lambda: START + timedelta(hours=4, minutes=7))
    bundle = writer.seal(writer.stage(hour(4), files(hour(4))), hour(4), BagInfo(**told))
    assert verify_bundle(bundle.path, trust(root)).verified
    gone.unlink()
    (problem,) = step11(verify_bundle(bundle.path, trust(root))).problems
    assert problem == "leaf 4 is a record that is not there, and may have put another catalogue in force"
    shutil.rmtree(root / "records")
    assert verify_bundle(bundle.path, trust(root)).failed == (11,)


def test_a_record_that_nobody_trusted_signed_puts_nothing_in_force(root):
    records = RecordWriter(root, signer(root.parent))
    records.append(changed(3))
    path = records.append(changed(3, after=sha256(b"looser")), signers=(signer(root.parent, "stranger"),))
    assert verify_bundle(seal(root, signer(root.parent), 3).path, trust(root)).verified
    assert logged_records(root, trust(root)).keys() == {3}
    path.with_name("000000003.catalog-change.json").write_bytes(path.read_bytes())
    assert logged_records(root, trust(root)) == {3: None}


def test_without_the_log_at_hand_nobody_says_what_was_in_force(root, tmp_path):
    copy = shutil.copytree(root / bundle_path(hour(0)), tmp_path / "copies" / "one" / "of" / "them" / hour(0).label)
    assert step11(verify_bundle(copy, trust(root))).state is StepState.NOT_CHECKED
    strange = replace(trust(root), logs=())
    assert step11(verify_bundle(root / bundle_path(hour(0)), strange)).state is StepState.NOT_CHECKED


def test_a_revoked_key_is_good_until_its_date_and_was_good_before_anybody_knew(root):
    old, new = signer(root.parent), signer(root.parent, "next")
    rotate(root, old, new, at=AT)
    later = AT + timedelta(days=1)
    revoke(RecordWriter(root, new), revocation(old, by=new, good_until=hour(1).end, at=later), by=new)
    assert failed(root) == [(), (), (4, 5, 8)]
    assert failed(root, at=later) == [(), (), (4, 5, 8)]
    assert failed(root, at=later - timedelta(seconds=1)) == [(), (), ()]


def test_a_copy_of_the_trust_folder_from_before_a_revocation_serves_as_well(root, tmp_path):
    old, new = signer(root.parent), signer(root.parent, "next")
    rotate(root, old, new, at=AT)
    copy = load_trust(shutil.copytree(root / "trust", tmp_path / "copy"), beside_evidence=False)
    revoke(RecordWriter(root, new), revocation(old, by=new, good_until=hour(1).end), by=new)
    assert [report.failed for report in verify_evidence([root], copy)] == [(), (), (4, 5, 8)]


def test_a_revocation_by_the_key_itself_or_by_a_stranger_does_not_count(root):
    key, stranger = signer(root.parent), signer(root.parent, "stranger")
    records = RecordWriter(root, key)
    for by in (key, stranger):
        records.append(revocation(key, by=by, good_until=hour(0).end), signers=(by,))
    assert failed(root) == [(), (), ()]
    assert len([one for one in audit_log(root, trust(root), as_of=hour(3).at).problems if "revocation" in one]) == 2


def test_a_key_that_nobody_listed_cannot_be_revoked_and_nothing_is_logged(root):
    key, stranger = signer(root.parent), signer(root.parent, "stranger")
    with pytest.raises(SealError, match="does not list that key"):
        revoke(RecordWriter(root, key), revocation(stranger, by=key, good_until=AT), by=key)
    assert not (root / "records").exists()


def test_a_line_that_its_owner_wrote_is_ended_too(root):
    old, new = signer(root.parent), signer(root.parent, "next")
    rotate(root, old, new, at=AT)
    listed = root / "trust" / ALLOWED_SIGNERS
    lines = ["# kept by the auditors", *(f"{line} written by hand" for line in listed.read_text().splitlines())]
    listed.write_text("\n".join(lines) + "\n")
    revoke(RecordWriter(root, new), revocation(old, by=new, good_until=hour(0).end), by=new)
    assert trust(root).why_not(old.public_key, hour(1).end) is not None
    assert listed.read_text().splitlines()[::2] == [lines[0], lines[2]]


def test_evidence_as_it_stood_leaves_later_bundles_out(root):
    reports = verify_evidence([root], trust(root), at=hour(1).at)
    assert [report.slot for report in reports] == [hour(0).label, hour(1).label]
    with pytest.raises(VerificationError, match="nothing had been sealed by then"):
        verify_evidence([root], trust(root), at=hour(0).at - timedelta(seconds=1))


def test_the_earliest_end_that_was_on_record_holds(root):
    key = trust(root).signers[0].key
    ends = [KeyEnd(key, hour(2).at, hour(5).at), KeyEnd(key, hour(1).at, hour(7).at)]
    until = {number: trust(root).as_known(ends, hour(number).at).signers[0].valid_before for number in (4, 5, 7)}
    assert until == {4: None, 5: hour(2).at, 7: hour(1).at}
    assert trust(root).as_known(ends, None).signers[0].valid_before == hour(1).at


@pytest.fixture
def home(root, monkeypatch):
    """The same evidence as the home of a collector, whose key is configured."""
    monkeypatch.setenv("READINESS_HOME", str(root.parent))
    monkeypatch.setenv("READINESS_KEY", str(root.parent / "keys" / "collector_ed25519"))
    monkeypatch.setenv("READINESS_IDENTITY", "collector")
    return root


def test_pauses_are_leaves_and_nothing_is_owed_in_them(home):
    people.pause(Settings(), [Cadence.HOURLY], until=hour(9).at, reason="moving house", at=hour(3).at)
    people.resume(Settings(), [Cadence.HOURLY], reason="moved", at=hour(5).at)
    (paused,) = pauses_on_record(home)
    assert (paused.since, paused.until) == (hour(3).at, hour(5).at)
    problems = audit_log(home, trust(home), as_of=hour(6).at).problems
    assert [one.partition(" ")[0] for one in problems] == [hour(5).label]


def test_the_collector_takes_a_persons_key_back(home, tmp_path):
    person, file = signer(home.parent, "person"), tmp_path / "person.pub"
    file.write_text(f"{key_text(person.public_key)} person@desk\n")
    people.allow(Settings(), file, "person", since=START)
    people.revoke_key(Settings(), file, good_until=hour(1).at, reason="left", at=hour(2).at)
    assert trust(home).signers[1].valid_before == hour(1).at
    assert audit_log(home, trust(home), as_of=hour(3).at).problems == ()


def test_what_cannot_be_put_on_record_is_refused_in_one_line(home, tmp_path):
    (tmp_path / "noise.pub").write_text("no key\n")
    own = tmp_path / "own.pub"
    own.write_text(key_text(signer(home.parent).public_key))
    for asked, told in (
        (lambda: pausing.start([Cadence.HOURLY], "2026-11-22T14:00Z", "late"), "is over; a pause ends in the future"),
        (lambda: pausing.start([Cadence.HOURLY], "2999-01-01T00:00Z", ""), "reason: String should have at least"),
        (lambda: pausing.end([Cadence.HOURLY], ""), "reason: String should have at least 1 character"),
        (lambda: keys.revoke(tmp_path / "noise.pub", "2026-11-22T14:00Z", "lost"), "is no Ed25519 key; name what"),
        (lambda: keys.revoke(own, "2026-11-22T14:00Z", ""), "reason: String should have at least 1 character"),
        (lambda: keys.revoke(own, "2026-11-22T14:00Z", "lost"), "a key cannot revoke itself"),
        (lambda: keys.revoke(tmp_path / "none.pub", "2026-11-22T14:00Z", "lost"), "none.pub"),
    ):
        with pytest.raises(ReadinessError, match=told) as refused:
            asked()
        assert "\n" not in str(refused.value)
    assert not (home / "records").exists()


def test_the_commands_put_it_on_record(home, tmp_path, capsys):
    pausing.start([Cadence.HOURLY, Cadence.DAILY], "2999-01-01T00:00Z", "moving house")
    pausing.end([Cadence.DAILY], "moved")
    person = tmp_path / "person.pub"
    person.write_text(key_text(signer(home.parent, "person").public_key))
    people.allow(Settings(), person, "person", since=START)
    keys.revoke(person, "2026-11-22T15:00Z", "left")
    assert capsys.readouterr().out.count("logged as") == 3
    assert sorted(path.name.partition(".")[2] for path in (home / "records").iterdir()) == [
        "key-revocation.json",
        "pause.json",
        "resume.json",
    ]
