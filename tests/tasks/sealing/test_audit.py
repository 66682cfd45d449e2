"""The audit of the log: whatever is missing, moved, changed or taken back is named."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest

from checks.evidence.layout import bundle_path
from checks.evidence.log_records import Pause, Resume, Tombstone
from checks.evidence.sshsig import key_text
from checks.slots import Cadence
from tasks.sealing.audit import audit_log
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.log_files import LogFiles
from tasks.sealing.records import RecordWriter
from tasks.sealing.retention import bury
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tests.tasks.sealing.sealed import START, Sealing, hour, signer
from tests.tasks.sealing.test_crashes import PRODUCT
from tests.tasks.sealing.test_records import CHANGE

UNTIL = hour(3).at


def problems(root, *, until=UNTIL):
    return audit_log(root, load_trust(root / "trust", beside_evidence=False), as_of=until).problems


@pytest.fixture
def sealing(pristine, evidence):
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return Sealing.at(evidence.parent)


@pytest.fixture
def records(sealing):
    return RecordWriter(sealing.root, signer(sealing.root.parent))


def test_a_whole_log_audits_clean(sealing, records):
    records.append(CHANGE)
    found = audit_log(sealing.root, load_trust(sealing.root / "trust", beside_evidence=False), as_of=UNTIL)
    assert found.problems == ()
    assert (found.leaves, found.bundles, found.records, found.tombstones, found.slots) == (4, 3, 1, 0, 3)


def test_a_deleted_slot_is_named_by_its_leaf_and_by_the_calendar(evidence):
    shutil.rmtree(evidence / bundle_path(hour(1)))
    leaf, slot = problems(evidence)
    assert leaf == (
        "the bundle of leaf 1 is not there, and no tombstone says why; it was logged after 2026-11-22T1400Z.hourly"
    )
    assert slot == "2026-11-22T1500Z.hourly of desk-stack/production/hourly was owed, and has no leaf"


def test_a_slot_that_was_owed_and_never_sealed_is_named(sealing):
    sealing.seal(hour(5))
    assert [one.partition(" ")[0] for one in problems(sealing.root, until=hour(7).at)] == [
        "2026-11-22T1700Z.hourly",
        "2026-11-22T1800Z.hourly",
        "2026-11-22T2000Z.hourly",
    ]


def test_nothing_is_owed_while_a_pause_lasts(sealing, records):
    pause = {"by": "collector", "cadences": (Cadence.HOURLY,), "reason": "moving house"}
    records.append(Pause(at=hour(3).at, until=hour(9).at, **pause))
    sealing.seal(hour(9))
    assert problems(sealing.root, until=hour(10).at) == ()
    records.append(Resume(at=hour(8).at, **pause))
    assert [one.partition(" ")[0] for one in problems(sealing.root, until=hour(10).at)] == [hour(8).label]


def test_a_deletion_that_is_on_record_is_no_gap_and_every_other_proof_holds(sealing, records):
    keeper = signer(sealing.root.parent)
    stone = bury(sealing.root / bundle_path(hour(1)), records, signer=keeper, policy="hourly, 400 days", at=UNTIL)
    assert problems(sealing.root) == ()
    reports = verify_evidence([sealing.root], load_trust(sealing.root / "trust", beside_evidence=False))
    assert [(report.slot, report.verified) for report in reports] == [(hour(0).label, True), (hour(2).label, True)]
    stone.unlink()
    assert any("tombstone.json, leaf 3, is not there" in one for one in problems(sealing.root))


def test_a_deletion_that_died_half_way_is_finished_under_the_same_tombstone(sealing, records, monkeypatch):
    keeper, bundle = signer(sealing.root.parent), sealing.root / bundle_path(hour(1))
    monkeypatch.setattr("tasks.sealing.retention.shutil.rmtree", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bury(bundle, records, signer=keeper, policy="p", at=UNTIL)
    monkeypatch.undo()
    assert problems(sealing.root) == ()
    bury(bundle, records, signer=keeper, policy="p", at=UNTIL)
    assert not bundle.exists()
    assert len(list((sealing.root / "records").iterdir())) == 1
    assert problems(sealing.root) == ()


def interrupted(_):
    raise KeyboardInterrupt


def test_a_tombstone_that_nobody_trusted_signed_is_said(sealing, records):
    stranger = signer(sealing.root.parent, "stranger")
    bury(sealing.root / bundle_path(hour(1)), records, signer=stranger, policy="mine", at=UNTIL)
    assert any("no allowed signer" in one for one in problems(sealing.root))
    reports = verify_evidence([sealing.root], load_trust(sealing.root / "trust", beside_evidence=False))
    assert [report.failed for report in reports] == [(), (7,)]


@pytest.mark.parametrize("tile", ["tile/0/000.p/3", "tile/entries/000.p/3"])
def test_a_truncated_tile_is_named(evidence, tile):
    path = evidence / "log" / tile
    path.write_bytes(path.read_bytes()[:-1])
    assert any(tile in one for one in problems(evidence))


def test_a_changed_hash_in_a_tile_is_named(evidence):
    path = evidence / "log/tile/0/000.p/3"
    path.write_bytes(bytes(32) + path.read_bytes()[32:])
    assert any("does not hold the hashes" in one for one in problems(evidence))


def test_two_bundles_that_changed_places_are_named(evidence):
    one, other = (evidence / bundle_path(hour(number)) for number in (1, 2))
    for first, second in ((one, evidence / "aside"), (other, one), (evidence / "aside", other)):
        first.rename(second)
    reports = verify_evidence([evidence], load_trust(evidence / "trust", beside_evidence=False))
    assert [report.failed for report in reports] == [(), (6,), (6,)]


def test_a_log_that_was_set_back_is_caught_by_the_bundles_themselves(evidence, pristine):
    proof = (evidence / bundle_path(hour(1)) / "proof" / "evidence.tlog-proof").read_bytes()
    (evidence / "log" / "checkpoint").write_bytes(proof.partition(b"\n\n")[2])
    found = problems(evidence)
    assert any("it has gone back" in one for one in found)
    assert any("2026-11-22T1600Z.hourly says that it is leaf 2 of the log, and is not" in one for one in found)


def append(root, entry):
    log = EvidenceLog(root, signer(root.parent))
    log.commit(log.prepare(entry).tiles)


def test_a_leaf_twice_is_named(sealing):
    log = LogFiles(sealing.root / "log")
    append(sealing.root, log.entry(1, 3))
    found = problems(sealing.root)
    assert "leaves 1, 3 are the same" in found
    assert any("the bundle of leaf 3 is not there" in one for one in found)


def test_a_past_that_the_insider_rewrote_is_caught_by_any_checkpoint_that_was_kept(sealing):
    """The log's own key signs all of it, but the bundle of an hour ago was handed out before."""
    root = sealing.root
    kept = root / "log" / "checkpoint.3"
    shutil.copy(root / "log" / "checkpoint", kept)
    origin = LogFiles(root / "log").checkpoint().origin
    shutil.rmtree(root / "log" / "tile")
    (root / "log" / "checkpoint").unlink()
    log = EvidenceLog(root, signer(root.parent))
    log.origin = lambda _: origin
    for entry in (b"one\n", b"two\n", b"three\n", b"four\n"):
        log.commit(log.prepare(entry).tiles)
    found = problems(root)
    assert "the log does not begin with the 3 leaves of log/checkpoint.3: its past was changed" in found


def test_a_checkpoint_from_another_log_is_named(evidence, tmp_path):
    other = Sealing.at(tmp_path / "other")
    other.seal(hour(0))
    shutil.copy(other.root / "log" / "checkpoint", evidence / "log" / "checkpoint.1")
    assert any(one.startswith("log/checkpoint.1 is of another log") for one in problems(evidence))
    shutil.copy(other.root / "log" / "checkpoint", evidence / "log" / "checkpoint")
    assert any(one.startswith("no trusted key of the log") for one in problems(evidence))


def test_a_record_that_was_changed_or_added_is_named(sealing, records):
    path = records.append(CHANGE)
    (path.parent / "000000009.waiver.json").write_bytes(b"{}")
    path.write_bytes(path.read_bytes() + b"\n")
    assert problems(sealing.root) == (
        f"records/{path.name} is not the record that was logged as leaf 3",
        "records/000000009.waiver.json is in no leaf of the log",
    )


def test_a_log_without_a_checkpoint_is_one_problem_and_its_bundles_follow(evidence):
    (evidence / "log" / "checkpoint").unlink()
    assert problems(evidence)[0].endswith("holds no checkpoint")


def test_no_trusted_log_key_is_a_problem(evidence):
    trust = replace(load_trust(evidence / "trust", beside_evidence=False), logs=())
    assert "no trusted key" in audit_log(evidence, trust, as_of=UNTIL).problems[0]


def test_a_cadence_that_the_catalogue_has_dropped_is_owed_no_more(sealing):
    catalog = sealing.root / bundle_path(hour(2)) / "bag" / "data" / "catalog.yaml"
    catalog.write_bytes(b"checks: {a: {every: daily}}\n")
    assert problems(sealing.root, until=START + timedelta(days=3)) == ()
    catalog.write_bytes(b"checks: {a: {every: hourly}}\n")
    assert len(problems(sealing.root, until=START + timedelta(days=3))) == 69


def test_a_tombstone_speaks_of_one_leaf(sealing, records):
    stone = Tombstone(at=UNTIL, by="collector", index=0, slot=hour(0).label, digest="0" * 64, policy="p")
    records.append(stone)
    shutil.rmtree(sealing.root / bundle_path(hour(1)))
    assert any("leaf 1 is not there" in one for one in problems(sealing.root))


def test_the_command_line_says_so_with_its_exit_code(evidence):
    def run():
        words = ["log", "audit", str(evidence), "--as-of", "2026-11-22T17:00Z", "--format", "json"]
        environment = {**os.environ, "READINESS_HOME": str(evidence.parent)}
        return subprocess.run(
            [sys.executable, "-m", "flows", *words],
            cwd=PRODUCT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    clean = run()
    assert (clean.returncode, json.loads(clean.stdout)["clean"]) == (0, True), clean.stderr
    shutil.rmtree(evidence / bundle_path(hour(1)))
    broken = run()
    assert (broken.returncode, len(json.loads(broken.stdout)["problems"])) == (3, 2)


def test_a_public_key_in_ssh_s_form_is_ssh_s_own(tmp_path):
    key = signer(tmp_path)
    path = tmp_path / "keys" / "collector_ed25519"
    told = subprocess.run(["ssh-keygen", "-y", "-f", path], check=True, capture_output=True, text=True).stdout
    assert told.startswith(key_text(key.public_key))
