"""Roles: each key signs what it is listed for, and whatever it signs beside that is a finding."""

import subprocess
from datetime import timedelta

import pytest

from checks.errors import SealError
from checks.evidence.layout import bundle_path
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import key_text
from checks.evidence.trust import AllowedSigner, Role, read_allowed_signers
from tasks.sealing.audit import audit_log
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import rotate
from tasks.sealing.signers import FileSigner
from tasks.sealing.trust import ALLOWED_SIGNERS, allow_key, load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tests.tasks.sealing.sealed import INFO, START, files, hour, signer
from tests.tasks.sealing.test_attesting import WAIVER
from tests.tasks.sealing.test_records import CHANGE
from tests.tasks.sealing.test_verify_md import catchers


def named(folder, name):
    """A signer under a name of its own."""
    key = signer(folder, name)
    return FileSigner(key._key, name, key.kind)


def seal(folder, number, *, by, log=None):
    writer = BundleWriter(folder / "evidence", by, lambda: START + timedelta(hours=number, minutes=7), log=log)
    return writer.seal(writer.stage(hour(number), files(hour(number))), hour(number), INFO)


def trust(folder):
    return load_trust(folder / "evidence" / "trust", beside_evidence=False)


def roles(folder):
    return {one.identity: one.roles for one in trust(folder).signers}


@pytest.fixture
def apart(tmp_path):
    """Evidence whose bundles one key seals and whose log another signs."""
    by, log = signer(tmp_path), named(tmp_path, "log")
    for number in range(2):
        seal(tmp_path, number, by=by, log=log)
    return tmp_path


def test_one_key_has_both_roles_unless_another_is_named_for_the_log(tmp_path, apart):
    assert roles(apart) == {"collector": {Role.BUNDLES}, "log": {Role.CHECKPOINTS}}
    seal(tmp_path / "alone", 0, by=signer(tmp_path / "alone"))
    assert roles(tmp_path / "alone") == {"collector": {Role.BUNDLES, Role.CHECKPOINTS}}


def test_bundles_and_a_log_under_two_keys_verify_here_and_with_stock_tools(apart):
    reports = verify_evidence([apart / "evidence"], trust(apart))
    assert [(report.verified, report.failed) for report in reports] == [(True, ())] * 2
    assert audit_log(apart / "evidence", trust(apart), as_of=hour(2).at).problems == ()
    assert catchers(apart / "evidence" / bundle_path(hour(1))) == set()


def test_the_log_goes_on_under_its_key_when_the_other_is_rotated(apart):
    old, new, log = signer(apart), signer(apart, "next"), named(apart, "log")
    rotate(apart / "evidence", old, new, at=hour(1).at + timedelta(minutes=30), log=log)
    seal(apart, 2, by=new, log=log)
    assert [report.failed for report in verify_evidence([apart / "evidence"], trust(apart))] == [()] * 3
    assert trust(apart).misused(new.public_key, Role.CHECKPOINTS) is not None


def test_a_log_that_the_key_for_bundles_signed_is_a_finding(apart):
    bundle = seal(apart, 2, by=signer(apart))
    report = verify_bundle(bundle.path, trust(apart))
    assert report.failed == (8, 11)
    assert "is collector's, whose role is to seal bundles and not to sign the log" in report.steps[7].problems[0]
    problems = audit_log(apart / "evidence", trust(apart), as_of=hour(3).at).problems
    assert [one for one in problems if "not to sign the log" in one]


def test_the_key_for_the_log_seals_nothing(apart):
    with pytest.raises(SealError, match="whose role is to sign the log and not to seal bundles"):
        seal(apart, 2, by=named(apart, "log"))


def test_what_a_persons_key_seals_does_not_count_here_nor_for_ssh_keygen(tmp_path):
    person = named(tmp_path, "person")
    bundle = seal(tmp_path, 0, by=person)
    listed = tmp_path / "evidence" / "trust" / ALLOWED_SIGNERS
    listed.write_text(AllowedSigner("person", person.public_key, START, roles=frozenset({Role.PEOPLE})).line())
    report = verify_bundle(bundle.path, trust(tmp_path))
    assert report.failed == (4, 5, 8, 11)
    assert "is person's, whose role is of a person and not to seal bundles" in report.steps[3].problems[0]
    verify = ["ssh-keygen", "-Y", "verify", "-f", listed, "-I", "person", "-n", "readiness-evidence"]
    said = subprocess.run(
        [*verify, "-s", bundle.proof / "tagmanifest-sha256.txt.sig"],
        input=(bundle.bag / "tagmanifest-sha256.txt").read_bytes(),
        capture_output=True,
        check=False,
    )
    assert said.returncode != 0


def test_people_are_listed_as_people(tmp_path):
    seal(tmp_path, 0, by=signer(tmp_path))
    person = named(tmp_path, "person")
    allow_key(tmp_path / "evidence" / "trust", key_text(person.public_key), identity="person", since=START)
    assert roles(tmp_path)["person"] == {Role.PEOPLE}
    with pytest.raises(SealError, match="whose role is of a person and not to seal bundles"):
        seal(tmp_path, 1, by=person)


@pytest.mark.parametrize(
    ("record", "by", "told"),
    [
        (WAIVER, "collector", "whose role is to seal bundles and to sign the log and not of a person"),
        (CHANGE, "person", "whose role is of a person and not to seal bundles"),
    ],
)
def test_a_record_outside_its_signers_role_does_not_count(tmp_path, record, by, told):
    collector, person = signer(tmp_path), named(tmp_path, "person")
    seal(tmp_path, 0, by=collector)
    allow_key(tmp_path / "evidence" / "trust", key_text(person.public_key), identity="person", since=START)
    signers = {"collector": collector, "person": person}
    path = RecordWriter(tmp_path / "evidence", collector).append(record, signers=(signers[by],))
    (weakness,) = SignedRecord.parse(path.read_bytes()).weaknesses(trust(tmp_path))
    assert told in weakness
    assert any(told in one for one in audit_log(tmp_path / "evidence", trust(tmp_path), as_of=hour(1).at).problems)


def test_roles_come_back_as_they_were_written(tmp_path):
    key = signer(tmp_path).public_key
    for some in ({Role.PEOPLE}, {Role.BUNDLES, Role.CHECKPOINTS}, set(Role)):
        line = AllowedSigner("somebody", key, START, roles=frozenset(some))
        assert read_allowed_signers(line.line()) == (line,)
