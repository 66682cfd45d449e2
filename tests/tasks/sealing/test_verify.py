"""Our own verification: every tampering is caught by its step, everything wrong is said, nothing passes unseen."""

import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from checks.errors import VerificationError
from checks.evidence.dsse import envelope, open_envelope, pre_authentication_encoding, sigstore_bundle
from checks.evidence.layout import bundle_path
from checks.evidence.verification import StepState
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import find_bundles, trust_for, verify_bundle, verify_evidence
from tests.tasks.sealing.sealed import Sealing, hour, signer
from tests.tasks.sealing.tampering import BODY, MATRIX, VICTIM, flip, tampered
from tests.tasks.sealing.test_crashes import PRODUCT


@pytest.fixture(scope="module")
def trust(pristine):
    return load_trust(pristine / "trust", beside_evidence=False)


def states(report):
    return {step.number: step.state for step in report.steps}


def test_a_sound_bundle_verifies(pristine, trust):
    report = verify_bundle(pristine / bundle_path(VICTIM), trust)
    assert report.verified
    assert [step.number for step in report.steps] == list(range(1, 12))
    assert {states(report)[number] for number in range(1, 7)} == {StepState.VERIFIED}


def test_a_witness_and_a_timestamp_that_are_not_there_are_no_pass(pristine, trust):
    report = verify_bundle(pristine / bundle_path(VICTIM), trust)
    assert {states(report)[number] for number in (9, 10)} == {StepState.NOT_PRESENT}


def test_the_place_in_the_log_is_said(pristine, trust):
    step = verify_bundle(pristine / bundle_path(VICTIM), trust).steps[7]
    assert step.state is StepState.VERIFIED
    assert step.note.startswith("leaf 1 of readiness-evidence/log/")


def test_a_bundle_that_says_it_was_logged_needs_its_proof(evidence, trust):
    bundle = evidence / bundle_path(VICTIM)
    (bundle / "proof" / "evidence.tlog-proof").unlink()
    assert verify_bundle(bundle, trust).failed == (8,)


def test_a_reader_who_does_not_know_the_log_is_told_so(pristine, trust):
    step = verify_bundle(pristine / bundle_path(VICTIM), replace(trust, logs=())).steps[7]
    assert step.state is StepState.NOT_CHECKED
    assert "log.vkey" in step.note


def test_a_checkpoint_of_another_log_is_no_proof(evidence, trust, tmp_path):
    other = Sealing.at(tmp_path / "other").seal(hour(0))
    stranger = load_trust(tmp_path / "other" / "evidence" / "trust", beside_evidence=False)
    report = verify_bundle(evidence / bundle_path(VICTIM), replace(trust, logs=stranger.logs))
    assert report.failed == (8, 11)
    assert "not the one that the trust folder names" in report.steps[7].problems[0]
    assert verify_bundle(other.path, replace(trust, signers=stranger.signers)).failed == (8, 11)


def test_a_log_key_that_was_revoked_before_the_slot_was_over_does_not_count(pristine, trust):
    revoked = replace(trust.signers[0], valid_before=VICTIM.at)
    report = verify_bundle(pristine / bundle_path(VICTIM), replace(trust, signers=(revoked,)))
    assert report.failed == (4, 5, 8)
    assert "was good no more before" in report.steps[7].problems[0]


@pytest.mark.parametrize("attack", MATRIX, ids=lambda attack: attack.name)
def test_each_attack_is_caught_by_exactly_its_steps(evidence, trust, attack):
    report = verify_bundle(tampered(evidence, attack), trust)
    assert frozenset(report.failed) == attack.steps
    assert not report.verified


def test_a_changed_byte_is_named_with_what_to_do(evidence, trust):
    bundle = evidence / bundle_path(VICTIM)
    flip(bundle, bundle)
    (step,) = [one for one in verify_bundle(bundle, trust).steps if one.state is StepState.FAILED]
    assert step.problems[0].startswith(f"{BODY} has the digest ")
    assert "another copy" in step.remedy


def test_all_that_is_wrong_is_said_at_once(evidence, trust):
    bundle = evidence / bundle_path(VICTIM)
    flip(bundle, bundle)
    (bundle / "bag" / "data" / "catalog.yaml").write_bytes(b"system: another\n")
    (bundle / "bag" / "data" / "extra").write_bytes(b"")
    (bundle / "bag" / "fetch.txt").write_bytes(b"")
    (bundle / "proof" / "tagmanifest-sha256.txt.sig").unlink()
    report = verify_bundle(bundle, trust)
    assert report.failed == (1, 2, 4, 6)
    told = "\n".join(report.lines())
    for name in (BODY, "data/catalog.yaml", "data/extra", "fetch.txt", "proof/tagmanifest-sha256.txt.sig"):
        assert name in told


@pytest.mark.parametrize("name", ["manifest-sha256.txt", "tagmanifest-sha256.txt", "bag-info.txt", "bagit.txt"])
def test_a_tag_file_of_noise_does_not_stop_the_report(evidence, trust, name):
    bundle = evidence / bundle_path(VICTIM)
    (bundle / "bag" / name).write_bytes(b"\xff\x00noise")
    report = verify_bundle(bundle, trust)
    assert 3 in report.failed
    assert any(name in problem for step in report.steps for problem in step.problems)


@pytest.mark.parametrize("part", ["bag/data", "bag/data/verdicts.json", "proof", "bag/bag-info.txt"])
def test_a_part_that_is_missing_does_not_stop_the_report(evidence, trust, part):
    bundle = evidence / bundle_path(VICTIM)
    path = bundle / part
    path.rename(evidence / "elsewhere")
    assert not verify_bundle(bundle, trust).verified


def test_the_payload_folder_cannot_be_a_link(evidence, trust):
    bundle = evidence / bundle_path(VICTIM)
    (bundle / "bag" / "data").rename(evidence / "moved")
    (bundle / "bag" / "data").symlink_to(evidence / "moved")
    assert "data is a symbolic link" in verify_bundle(bundle, trust).steps[0].problems[0]


def test_a_bag_that_is_a_link_is_not_followed(evidence, trust):
    bundle = evidence / bundle_path(VICTIM)
    (bundle / "bag").rename(evidence / "moved")
    (bundle / "bag").symlink_to(evidence / "moved")
    assert 1 in verify_bundle(bundle, trust).failed


def test_nobody_trusted_means_nothing_is_verified(pristine, trust):
    report = verify_bundle(pristine / bundle_path(VICTIM), replace(trust, signers=()))
    assert report.failed == (4, 5)


def test_a_key_that_was_not_valid_at_the_time_of_the_slot_does_not_count(pristine, trust):
    later = replace(trust.signers[0], valid_after=VICTIM.end.replace(hour=17))
    report = verify_bundle(pristine / bundle_path(VICTIM), replace(trust, signers=(later,)))
    assert report.failed == (4, 5)
    assert "does not allow the key" in report.steps[3].problems[0]


def test_an_outsider_who_seals_it_all_again_is_caught(tmp_path, trust):
    forged = Sealing.at(tmp_path).seal(hour(1))
    assert verify_bundle(forged.path, trust).failed == (4, 5, 8, 11)


@pytest.mark.parametrize(
    ("file", "old", "new", "step"),
    [
        ("outcomes.dsse.json", b'"PASS":1', b'"PASS":2', 6),
        ("outcomes.dsse.json", b'"version":"1.4.2"', b'"version":"1.4.3"', 6),
        ("statement.dsse.json", b"PASSED", b"FAILED", 6),
        ("outcomes.dsse.json", b'"status":"collected"', b'"status":"late"', 5),
        ("outcomes.dsse.json", b'"environment":"production"', b'"environment":"staging"', 5),
        ("outcomes.dsse.json", b'"stream":"desk', b'"stream":"other', 5),
        ("statement.dsse.json", b"T1500Z.hourly/bag", b"T1600Z.hourly/bag", 5),
        ("statement.dsse.json", b'"predicate":{', b'"predicate":{"more":1,', 5),
    ],
)
def test_a_trusted_signature_on_a_wrong_statement_is_caught(evidence, pristine, trust, file, old, new, step):
    path = evidence / bundle_path(VICTIM) / "proof" / file
    payload, _ = open_envelope(path.read_bytes())
    assert old in payload
    forged, key = payload.replace(old, new), signer(pristine.parent)
    path.write_bytes(envelope(forged, keyid="", signature=key.sign(pre_authentication_encoding(forged))))
    if file == "statement.dsse.json":
        (path.parent / "statement.sigstore.json").write_bytes(sigstore_bundle(path.read_bytes()))
    assert verify_bundle(path.parents[1], trust).failed == (step,)


def test_a_tag_manifest_that_leaves_a_tag_file_out_is_caught(evidence, trust):
    path = evidence / bundle_path(VICTIM) / "bag" / "tagmanifest-sha256.txt"
    path.write_text("".join(line for line in path.read_text().splitlines(keepends=True) if "bagit.txt" not in line))
    report = verify_bundle(path.parents[1], trust)
    assert report.failed == (3, 4, 5, 8)
    assert report.steps[2].problems == ("tagmanifest-sha256.txt does not list bagit.txt",)


def test_a_manifest_that_lists_what_is_no_payload_is_caught(evidence, trust):
    path = evidence / bundle_path(VICTIM) / "bag" / "manifest-sha256.txt"
    path.write_text(f"{path.read_text()}{'0' * 64}  tags/more.txt\n")
    report = verify_bundle(path.parents[1], trust)
    assert report.failed == (2, 3)
    assert "not below data/" in report.steps[1].problems[0]


def test_large_payloads_are_hashed_in_threads_with_the_same_answer(evidence, trust):
    bundle = evidence / bundle_path(VICTIM)
    with (bundle / "bag" / BODY).open("r+b") as file:
        file.truncate(9 << 20)
    assert verify_bundle(bundle, trust).failed == (1, 2)


def test_a_whole_folder_verifies_and_its_chain_too(pristine, trust):
    reports = verify_evidence([pristine], trust)
    assert [report.slot for report in reports] == [hour(number).label for number in range(3)]
    assert all(report.verified for report in reports)
    assert {states(report)[7] for report in reports} == {StepState.VERIFIED}


def test_a_deleted_bundle_breaks_the_chain_of_the_whole(evidence, trust):
    shutil.rmtree(evidence / bundle_path(hour(1)))
    first, last = verify_evidence([evidence], trust)
    assert first.verified
    assert last.failed == (7,)
    assert "is not there" in last.steps[6].problems[0]


def test_a_deleted_first_bundle_breaks_the_chain_too(evidence, trust):
    shutil.rmtree(evidence / bundle_path(hour(0)))
    assert [report.failed for report in verify_evidence([evidence], trust)] == [(7,), ()]


def test_two_bundles_after_the_same_one_are_a_fork(evidence, trust, tmp_path):
    fork = tmp_path / "fork"
    shutil.copytree(evidence, fork / "evidence", symlinks=True)
    shutil.rmtree(fork / "evidence" / bundle_path(hour(2)))
    for file in (fork / "evidence" / ".chain").iterdir():
        file.unlink()
    other = Sealing.at(fork).seal(hour(3))
    shutil.copytree(other.path, evidence / bundle_path(hour(3)))
    both = load_trust(fork / "evidence" / "trust", beside_evidence=False)
    reports = verify_evidence([evidence], both)
    assert [7 in report.failed for report in reports] == [False, False, True, True]
    assert "so does another bundle" in reports[3].steps[6].problems[0]


def test_one_bundle_by_itself_says_that_its_chain_was_not_followed(pristine, trust):
    step = verify_bundle(pristine / bundle_path(VICTIM), trust).steps[6]
    assert step.state is StepState.NOT_CHECKED


def test_some_bundles_follow_the_chain_among_them(pristine, trust):
    paths = [pristine / bundle_path(hour(number)) for number in (1, 2)]
    assert [states(report)[7] for report in verify_evidence(paths, trust)] == [
        StepState.NOT_CHECKED,
        StepState.VERIFIED,
    ]


def test_a_bundle_whose_bag_is_gone_is_reported_among_the_others(evidence, trust):
    shutil.rmtree(evidence / bundle_path(VICTIM) / "bag")
    reports = verify_evidence([evidence], trust)
    assert [report.verified for report in reports] == [True, False, False]


def test_trust_beside_the_evidence_proves_only_consistency(pristine):
    policy = trust_for([pristine / "latest" / "hourly"], None)
    report = verify_bundle(pristine / "latest" / "hourly", policy)
    assert report.verified
    assert "consistent, not who sealed it" in report.notes[0]


def test_trust_that_the_reader_names_is_taken_at_its_word(pristine, tmp_path):
    mine = shutil.copytree(pristine / "trust", tmp_path / "mine")
    report = verify_bundle(pristine / bundle_path(VICTIM), trust_for([pristine], mine))
    assert report.verified
    assert report.notes == ()


def test_trust_from_within_a_bundle_is_refused(evidence):
    bundle = evidence / bundle_path(VICTIM)
    inside = shutil.copytree(evidence / "trust", bundle / "trust")
    with pytest.raises(VerificationError, match="lies within the evidence"):
        trust_for([bundle], inside)
    shutil.rmtree(evidence / "trust")
    with pytest.raises(VerificationError, match="no trusted keys"):
        trust_for([bundle], None)


@pytest.mark.parametrize("name", ["empty", "absent", "file"])
def test_a_path_that_is_no_bundle_is_one_clear_line(tmp_path, name):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    with pytest.raises(VerificationError, match="is no evidence bundle") as refused:
        find_bundles(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_bundle_is_found_by_its_bag_a_month_or_the_root(pristine):
    bundle = pristine / bundle_path(VICTIM)
    assert find_bundles(bundle / "bag") == find_bundles(bundle) == [bundle]
    assert len(find_bundles(pristine / "2026" / "11")) == len(find_bundles(pristine)) == 3


def test_the_report_reads_well_and_goes_over_the_wire(pristine, trust):
    report = verify_bundle(pristine / bundle_path(VICTIM), trust)
    assert report.lines()[0].endswith("2026-11-22T1500Z.hourly: verified")
    assert type(report).model_validate_json(report.model_dump_json()) == report


def test_verifying_loads_nothing_heavy():
    code = "import sys, tasks.sealing.verify; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"pandas", "numpy", "great_expectations", "prefect", "sqlalchemy", "httpx", "jinja2"} & set(loaded)


SHARED = """
import os, sys
from pathlib import Path
from tasks.sealing import verify
from tasks.sealing.trust import load_trust

root = Path(sys.argv[1])
trust = load_trust(root / "trust", beside_evidence=False)
one_by_one, checked = verify.verify_evidence([root], trust), verify._checked
verify._MANY, verify._SHARD = 2, 1

def told(path, trust):
    report, sealed = checked(path, trust)
    return report.model_copy(update={"notes": (str(os.getpid()),)}), sealed

verify._checked = told
assert str(os.getpid()) not in {report.notes[0] for report in verify.verify_evidence([root], trust)}
verify._checked = checked
assert verify.verify_evidence([root], trust) == one_by_one
print([report.failed for report in one_by_one])
"""


def test_many_bundles_are_verified_in_processes_to_the_same_answers(evidence):
    tampered(evidence, next(one for one in MATRIX if one.name == "flip"))
    ran = subprocess.run(
        [sys.executable, "-c", SHARED, evidence], cwd=PRODUCT, capture_output=True, text=True, check=False
    )
    assert (ran.stdout, ran.stderr) == ("[(), (2,), ()]\n", "")
