"""Rotating the log's key: both sign it, old proofs stay good, and whoever trusts the old key learns the new one."""

import re
import shutil
import subprocess
from datetime import timedelta
from http import HTTPStatus

import pytest

from checks.errors import SealError
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import LogKeyRotation
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import fingerprint, key_text
from checks.evidence.trust import AllowedSigner, Role
from tasks.sealing.anchoring import anchor, request_of
from tasks.sealing.audit import audit_log
from tasks.sealing.keys import new_key
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import rotate, rotate_log
from tasks.sealing.trust import ALLOWED_SIGNERS, key_file, load_trust
from tasks.sealing.verify import verify_bundle, verify_evidence
from tasks.sealing.witness import open_witness
from tests.tasks.sealing.sealed import START, hour, signer
from tests.tasks.sealing.test_auditors import GUIDE
from tests.tasks.sealing.test_records import CHANGE
from tests.tasks.sealing.test_roles import named, roles, seal, trust
from tests.tasks.sealing.test_verify_md import catchers

AT = hour(1).at + timedelta(minutes=30)


@pytest.fixture(params=["a key of its own", "the collector's key"])
def bench(request, tmp_path):
    """Two hours whose log one of two keys signs, what a reader was given then, and the key of the log."""
    log = named(tmp_path, "log") if request.param == "a key of its own" else None
    for number in range(2):
        seal(tmp_path, number, by=signer(tmp_path), log=log)
    shutil.copytree(tmp_path / "evidence" / "trust", tmp_path / "before")
    return tmp_path, log


@pytest.fixture
def rotated(bench):
    """The same with another key for the log, one hour later; its folder, the record and the last bundle."""
    folder, log = bench
    new = named(folder, "next")
    record = rotate_log(folder / "evidence", signer(folder), new, at=AT, log=log)
    return folder, record, seal(folder, 2, by=signer(folder), log=new)


def before(folder):
    """The trust folder of an auditor from before."""
    return load_trust(folder / "before", beside_evidence=False)


def died(*_, **__):
    raise KeyboardInterrupt


def failed(folder, policy, **as_of):
    return [report.failed for report in verify_evidence([folder / "evidence"], policy, **as_of)]


def test_old_and_new_evidence_verify_and_audit_clean_by_the_trust_folder_of_today(rotated):
    folder, record, _ = rotated
    assert record.name == "000000002.key-rotation-log.json"
    assert SignedRecord.parse(record.read_bytes()).weaknesses(trust(folder)) == []
    assert failed(folder, trust(folder)) == [()] * 3
    assert audit_log(folder / "evidence", trust(folder), as_of=hour(3).at).problems == ()
    assert roles(folder)["next"] == {Role.CHECKPOINTS}


def test_an_auditor_from_before_learns_the_new_key_and_is_told_of_which_role(rotated):
    folder, _, bundle = rotated
    assert failed(folder, before(folder)) == [()] * 3
    found = audit_log(folder / "evidence", before(folder), as_of=hour(3).at)
    assert found.problems == ()
    (note,) = verify_bundle(bundle.path, before(folder)).notes
    assert fingerprint(named(folder, "next").public_key) in note
    assert "in its place to sign the log at" in note
    assert note in found.remarks


def test_stock_tools_verify_old_and_new_bundles(rotated):
    folder, _, bundle = rotated
    anchor(folder / "evidence", witness=None, authority=None)
    assert catchers(folder / "evidence" / bundle_path(hour(0))) == set()
    assert catchers(bundle.path) == set()


def test_stock_tools_show_the_handing_over_by_the_guide_s_commands(rotated, tmp_path_factory):
    folder, record, _ = rotated
    (block,) = [one for one in re.findall(r"```sh\n(.*?)```", GUIDE, flags=re.DOTALL) if "key-rotation" in one]
    hand = shutil.copytree(folder / "evidence" / "trust", tmp_path_factory.mktemp("hand") / "trust")
    apart = (hand / key_file(named(folder, "log"), "log")).exists()
    old = key_file(named(folder, "log"), "log") if apart else key_file(signer(folder))
    shutil.copy(hand / old, hand / "old.pem")
    shutil.copy(hand / key_file(named(folder, "next"), "log"), hand / "new.pem")
    script = block.replace("records/00000000N.key-rotation.json", str(record))
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], cwd=hand, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.stdout.count("Signature Verified Successfully") == 2, ran.stdout + ran.stderr
    assert '"kind":"key-rotation-log"' in ran.stdout


def test_the_old_key_signs_no_further_checkpoint(rotated, bench):
    folder, log = bench
    with pytest.raises(SealError, match=r"does not allow the key .* to sign the log .* READINESS_LOG_KEY"):
        seal(folder, 3, by=signer(folder), log=log)
    writer, late = RecordWriter(folder / "evidence", signer(folder), log=log), hour(3).at
    with pytest.raises(SealError, match="READINESS_LOG_KEY"):
        writer.append(CHANGE.model_copy(update={"at": late}))
    assert failed(folder, trust(folder)) == [()] * 3


def test_a_checkpoint_that_the_old_key_signs_after_all_does_not_count(bench, tmp_path_factory):
    folder, log = bench
    fork = tmp_path_factory.mktemp("fork")
    shutil.copytree(folder, fork / "it", symlinks=True)
    thief = seal(fork / "it", 2, by=signer(folder), log=log)
    record = rotate_log(folder / "evidence", signer(folder), named(folder, "next"), at=AT, log=log)
    assert record.exists()
    report = verify_bundle(thief.path, trust(folder))
    assert 8 in report.failed
    assert 4 not in report.failed
    assert "good no more" in report.steps[7].problems[0]


def test_the_collector_s_key_goes_on_sealing_and_can_be_rotated_by_itself(rotated):
    folder, _, _ = rotated
    new, log = signer(folder, "collector-2"), named(folder, "next")
    rotate(folder / "evidence", signer(folder), new, at=hour(2).at + timedelta(minutes=30), log=log)
    seal(folder, 3, by=new, log=log)
    assert failed(folder, trust(folder)) == [()] * 4
    assert failed(folder, before(folder)) == [()] * 4
    assert trust(folder).misused(new.public_key, Role.CHECKPOINTS) is not None
    believed = verify_bundle(folder / "evidence" / bundle_path(hour(3)), before(folder))
    assert len(believed.notes) == 2


def test_it_follows_from_key_to_key(rotated):
    folder, _, _ = rotated
    last, at = named(folder, "last"), hour(2).at + timedelta(minutes=30)
    rotate_log(folder / "evidence", signer(folder), last, at=at, log=named(folder, "next"))
    seal(folder, 3, by=signer(folder), log=last)
    assert failed(folder, before(folder)) == [()] * 4
    assert failed(folder, trust(folder)) == [()] * 4


def test_as_of_an_instant_before_nothing_is_learned_and_the_evidence_of_then_stands(rotated):
    folder, _, _ = rotated
    then = AT - timedelta(minutes=20)
    reports = verify_evidence([folder / "evidence"], before(folder), at=then)
    assert [(report.failed, report.notes) for report in reports] == [((), ())] * 2
    assert failed(folder, trust(folder), at=then) == [()] * 2


@pytest.mark.parametrize("who", ["old alone", "new alone", "the collector for the log"])
def test_a_rotation_that_both_did_not_sign_teaches_nothing(tmp_path, who):
    collector, log, new = signer(tmp_path), named(tmp_path, "log"), named(tmp_path, "next")
    for number in range(2):
        seal(tmp_path, number, by=collector, log=log)
    shutil.copytree(tmp_path / "evidence" / "trust", tmp_path / "before")
    by = {"old alone": (log,), "new alone": (new,), "the collector for the log": (collector, new)}[who]
    told = {"old": key_text(log.public_key), "new": key_text(new.public_key), "by": "log", "name": "next"}
    record = LogKeyRotation(at=AT, good_until=AT, **told)
    RecordWriter(tmp_path / "evidence", collector, log=log).append(record, signers=by)
    bundle = seal(tmp_path, 2, by=collector, log=new)
    report = verify_bundle(bundle.path, before(tmp_path))
    assert report.failed == (8, 11)
    assert "no trusted key of the log" in report.steps[7].problems[0]


def test_the_log_s_heir_seals_no_bundle(rotated, tmp_path_factory):
    """Even where the reader has the heir from the log alone."""
    folder, _, _ = rotated
    line = AllowedSigner("collector", named(folder, "next").public_key, START, roles=frozenset(Role)).line()
    (folder / "evidence" / "trust" / ALLOWED_SIGNERS).write_text(line)
    bundle = seal(folder, 3, by=named(folder, "next"))
    assert {4, 5} <= set(verify_bundle(bundle.path, before(folder)).failed)


def test_the_witness_cosigns_again_once_it_has_the_new_key(bench):
    folder, log = bench
    root, key = folder / "evidence", folder / "witness" / "key"
    new_key(key)

    def witness(logs):
        return open_witness(key, name="witness", state=folder / "state", logs=logs, now=lambda: AT)

    old = load_trust(folder / "before", beside_evidence=False).logs
    assert witness(old).add_checkpoint(request_of(root, 0).data).status is HTTPStatus.OK
    rotate_log(root, signer(folder), named(folder, "next"), at=AT, log=log)
    seal(folder, 2, by=signer(folder), log=named(folder, "next"))
    refused = witness(old).add_checkpoint(request_of(root, 2).data)
    assert refused.status is HTTPStatus.FORBIDDEN
    assert "no known key" in refused.because
    assert witness(trust(folder).logs).add_checkpoint(request_of(root, 2).data).status is HTTPStatus.OK


def test_a_rotation_that_died_before_the_trust_folder_was_written_is_finished_by_rotating_again(
    bench, monkeypatch: pytest.MonkeyPatch
):
    folder, log = bench
    root, new = folder / "evidence", named(folder, "next")
    monkeypatch.setattr("tasks.sealing.rotation.publish_trust", died)
    with pytest.raises(KeyboardInterrupt):
        rotate_log(root, signer(folder), new, at=AT, log=log)
    monkeypatch.undo()
    rotate_log(root, signer(folder), new, at=AT, log=log)
    seal(folder, 2, by=signer(folder), log=new)
    assert failed(folder, trust(folder)) == [()] * 3
    assert failed(folder, before(folder)) == [()] * 3
    assert audit_log(root, trust(folder), as_of=hour(3).at).problems == ()


@pytest.mark.parametrize("which", ["collector_ed25519", "log"])
def test_to_the_same_key_or_the_collector_s_nothing_is_rotated(tmp_path, which):
    log = named(tmp_path, "log")
    seal(tmp_path, 0, by=signer(tmp_path), log=log)
    with pytest.raises(SealError, match="the new key is the"):
        rotate_log(tmp_path / "evidence", signer(tmp_path), named(tmp_path, which), at=AT, log=log)
    assert not (tmp_path / "evidence" / "records").exists()
