"""The audit of the log: whatever is missing, moved, changed or taken back is named."""

import json
import shutil
import subprocess
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from checks.evidence.digests import sha256
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import CatalogChange, Pause, Resume, Tombstone
from checks.evidence.sshsig import key_text
from checks.slots import Cadence
from tasks.sealing.audit import audit_log
from tasks.sealing.catalogs import keep_catalog
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.log_files import LogFiles
from tasks.sealing.records import RecordWriter
from tasks.sealing.retention import bury, logged_departures
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tests.flows.cli.commands import readiness
from tests.tasks.sealing.sealed import START, SUITES, Sealing, hour, signer
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
    records.append(CHANGE.model_copy(update={"at": UNTIL}))
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


@pytest.mark.parametrize("resumed", [False, True])
def test_nothing_is_owed_while_a_pause_lasts(sealing, records, resumed):
    pause = {"by": "collector", "cadences": (Cadence.HOURLY,), "reason": "moving house"}
    records.append(Pause(at=hour(3).at, until=hour(9).at, **pause))
    if resumed:
        records.append(Resume(at=hour(8).at, **pause))
    sealing.seal(hour(9))
    found = [one.partition(" ")[0] for one in problems(sealing.root, until=hour(10).at)]
    assert found == ([hour(8).label] if resumed else [])


def test_a_pause_that_is_put_on_record_afterwards_is_named(sealing, records):
    sealing.seal(hour(9))
    told = {"by": "collector", "cadences": (Cadence.HOURLY,), "reason": "we forgot"}
    records.append(Pause(at=hour(3).at, until=hour(9).at, **told))
    assert problems(sealing.root, until=hour(10).at) == (
        "records/000000004.pause.json, leaf 4, is of 2026-11-22T17:00:00Z at the latest, by its own word, and"
        " 2026-11-22T2300Z.hourly, leaf 3, of 2026-11-22T23:00:00Z: a clock was wrong, or set back",
    )


def test_evidence_of_a_slot_that_had_not_begun_on_the_day_it_was_sealed_is_named(sealing, records):
    sealing.clock.reach = lambda _: None
    sealing.seal(hour(30))
    (told,) = [one for one in problems(sealing.root, until=UNTIL) if "clock" in one]
    assert told.startswith("2026-11-23T2000Z.hourly was sealed before its slot had begun")


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


@pytest.mark.parametrize("torn", [False, True])
def test_a_deletion_that_died_over_its_tombstone_leaves_one_tombstone(sealing, records, monkeypatch, torn):
    keeper, bundle = signer(sealing.root.parent), sealing.root / bundle_path(hour(1))
    monkeypatch.setattr("tasks.sealing.records.EvidenceLog.commit", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bury(bundle, records, signer=keeper, policy="p", at=UNTIL)
    monkeypatch.undo()
    (left,) = (sealing.root / "records").iterdir()
    if torn:
        left.write_bytes(left.read_bytes()[:9])
    assert [*logged_departures(sealing.root)] == []
    stone = bury(bundle, records, signer=keeper, policy="p", at=UNTIL)
    assert not bundle.exists()
    assert list((sealing.root / "records").iterdir()) == [stone]
    assert problems(sealing.root) == ()


def interrupted(*_):
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
    path = records.append(CHANGE.model_copy(update={"at": UNTIL}))
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


DAILY = b"system: desk-stack\nenvironment: production\nchecks: {a: {kind: health, every: daily}}\n"
BOTH = DAILY.replace(b"checks: {", b"checks: {b: {kind: health}, ")


def change(at, after, *, before=None):
    told = {"suites_before": SUITES if before else None, "suites_after": SUITES, "by": "collector"}
    return CatalogChange(at=at, before=sha256(before) if before else None, after=sha256(after), **told)


def put_in_force(root, records, at, catalog, *, before=None):
    keep_catalog(root, catalog)
    return records.append(change(at, catalog, before=before))


def named(root, *, until):
    """How many slots of each cadence the audit names."""
    return Counter(one.partition(" ")[0].partition(".")[2] for one in problems(root, until=until) if "was owed" in one)


def test_what_each_catalogue_in_force_owed_is_owed_while_it_was(sealing, records):
    put_in_force(sealing.root, records, hour(3).at, BOTH)
    put_in_force(sealing.root, records, hour(27).at, DAILY, before=BOTH)
    assert named(sealing.root, until=hour(60).at) == {"hourly": 24, "daily": 2}


def test_a_cadence_that_never_ran_is_owed_from_its_catalogue_on(sealing, records):
    put_in_force(sealing.root, records, hour(2).at, BOTH)
    assert named(sealing.root, until=hour(3).at) == {}
    assert named(sealing.root, until=START + timedelta(days=3)) == {"hourly": 69, "daily": 2}


def test_a_catalogue_is_found_in_the_bundle_it_judged_where_its_copy_is_gone(sealing, records):
    records.append(CHANGE.model_copy(update={"at": hour(2).at + timedelta(minutes=9)}))
    assert problems(sealing.root) == ()
    assert named(sealing.root, until=hour(5).at) == {"hourly": 2}


def test_of_a_catalogue_that_nobody_has_every_cadence_is_owed_and_that_is_said(sealing, records):
    records.append(change(hour(3).at, DAILY))
    (first, *rest) = problems(sealing.root, until=hour(5).at)
    assert first == (
        f"the catalogue sha256:{sha256(DAILY)[:16]}, in force since leaf 3: no copy of it is there,"
        " so nobody can say what it owed"
    )
    assert len(rest) == 2


def test_a_catalogue_that_was_changed_in_its_bundle_or_beside_the_log_is_none(sealing, records):
    put_in_force(sealing.root, records, hour(3).at, BOTH)
    (sealing.root / "catalogs" / f"{sha256(BOTH)}.yaml").write_bytes(DAILY)
    assert any("no copy of it is there" in one for one in problems(sealing.root, until=hour(5).at))


def test_what_a_bundle_says_of_itself_counts_only_as_it_was_sealed(evidence):
    info = evidence / bundle_path(hour(1)) / "bag" / "bag-info.txt"
    info.write_text(info.read_text().replace("Slot-Status: collected", "Slot-Status: late"))
    assert problems(evidence)[0] == "2026-11-22T1500Z.hourly: its bag-info.txt is not the one that was sealed"


def test_a_tombstone_for_another_bundle_than_its_leaf_s_is_named(sealing, records):
    records.append(Tombstone(at=UNTIL, by="collector", index=1, slot=hour(0).label, digest="0" * 64, policy="p"))
    told = "records/000000003.tombstone.json says that leaf 1 is 2026-11-22T1400Z.hourly, and it is another"
    assert told in problems(sealing.root)


def test_a_record_that_speaks_for_somebody_who_did_not_sign_it_is_named(sealing, records):
    records.append(CHANGE.model_copy(update={"at": UNTIL, "by": "somebody"}))
    assert any("it speaks for somebody, who did not sign it" in one for one in problems(sealing.root))


def test_a_tombstone_speaks_of_one_leaf(sealing, records):
    stone = Tombstone(at=UNTIL, by="collector", index=0, slot=hour(0).label, digest="0" * 64, policy="p")
    records.append(stone)
    shutil.rmtree(sealing.root / bundle_path(hour(1)))
    assert any("leaf 1 is not there" in one for one in problems(sealing.root))


def test_the_command_line_says_so_with_its_exit_code(evidence):
    def run():
        words = ["log", "audit", str(evidence), "--as-of", "2026-11-22T17:00Z", "--format", "json"]
        return readiness(*words, READINESS_HOME=str(evidence.parent))

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
