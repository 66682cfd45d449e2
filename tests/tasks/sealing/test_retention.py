"""Retention: what is over its time goes and leaves a tombstone, what is held stays, and all else still proves."""

import shutil
import signal
from datetime import timedelta

import pytest
import yaml

from checks.errors import SealError
from checks.evidence.holds import Hold
from checks.evidence.layout import bundle_path
from checks.evidence.log_records import RECORDS
from checks.evidence.sshsig import key_text
from checks.retention import Retention
from checks.slots import Cadence
from tasks.sealing.attesting import Attesting
from tasks.sealing.audit import audit_log
from tasks.sealing.due import due_for_deletion
from tasks.sealing.records import RecordWriter
from tasks.sealing.retention import bury, retain
from tasks.sealing.sample import export_sample
from tasks.sealing.trust import allow_key, load_trust
from tasks.sealing.verify import verify_evidence
from tasks.sealing.waiting import unanchored
from tests.tasks.sealing.killing import killed
from tests.tasks.sealing.sealed import START, Sealing, hour, signer
from tests.tasks.sealing.test_attesting import WAIVER
from tests.tasks.sealing.test_crashes import start

POLICY = Retention(keep={Cadence.HOURLY: timedelta(days=90)})
THEN = hour(3).at
LATER = THEN + timedelta(days=90)


@pytest.fixture
def sealing(pristine, evidence):
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    return Sealing.at(evidence.parent)


def trust(root):
    return load_trust(root / "trust", beside_evidence=False)


def due(root, policy=POLICY, *, as_of=LATER, anchored=False):
    return due_for_deletion(root, policy, trust(root), as_of=as_of, anchored=anchored)


def delete(root, found=None):
    keeper = signer(root.parent)
    found = due(root) if found is None else found
    return retain(found, RecordWriter(root, keeper), signer=keeper, policy="the catalogue's", at=LATER)


def hours(root):
    return sorted(path.name for path in root.glob("2*/*/*/*"))


def assert_sound(root):
    assert audit_log(root, trust(root), as_of=THEN).problems == ()
    reports = verify_evidence([root], trust(root))
    assert [line for report in reports if not report.verified for line in report.lines()] == []


def person(root, name="counsel"):
    one = signer(root.parent, name)
    one = type(one)(one._key, name, one.kind)
    if not trust(root).knows(one.public_key):
        allow_key(root / "trust", key_text(one.public_key), identity=name, since=START)
    return Attesting(root, RecordWriter(root, signer(root.parent)), one)


def hold(root, **fields):
    told = {"at": THEN, "by": "counsel", "since": hour(1).at, "until": hour(2).at, "reason": "case 7"}
    return person(root).hold(Hold(**{**told, "expires_at": None, **fields}))


def test_nothing_is_due_before_its_time_and_everything_after(sealing):
    assert due(sealing.root, as_of=hour(1).at + timedelta(days=90, seconds=-1)) == []
    assert [one.slot for one in due(sealing.root, as_of=hour(1).at + timedelta(days=90))] == [hour(0)]
    assert [one.slot for one in due(sealing.root)] == [hour(0), hour(1), hour(2)]


def test_a_cadence_without_a_policy_is_kept_for_good(sealing):
    assert due(sealing.root, Retention(keep={Cadence.DAILY: timedelta(days=14)}), as_of=THEN.replace(year=9000)) == []


def test_a_kind_may_keep_a_bundle_longer_and_says_so(sealing):
    policy = Retention(keep=POLICY.keep, kinds={"health": timedelta(days=400)})
    assert due(sealing.root, policy) == []
    found = due(sealing.root, policy, as_of=LATER + timedelta(days=310))
    assert {one.words for one in found} == {"hourly 90 days, health 400 days"}


def test_looking_deletes_nothing(sealing):
    before = sorted(path for path in sealing.root.rglob("*") if not path.name.endswith(".lock"))
    due(sealing.root)
    assert sorted(path for path in sealing.root.rglob("*") if not path.name.endswith(".lock")) == before


def test_what_goes_leaves_a_tombstone_and_every_other_proof_holds(sealing):
    assert len(delete(sealing.root)) == 2
    assert hours(sealing.root) == [hour(2).label]
    assert_sound(sealing.root)
    assert (sealing.root / "latest" / "hourly").resolve() == sealing.root / bundle_path(hour(2))
    assert unanchored(sealing.root).bundles == 1
    assert audit_log(sealing.root, trust(sealing.root), as_of=THEN).tombstones == 2
    assert delete(sealing.root) == []


def test_what_comes_later_stands_on_what_was_left(sealing):
    delete(sealing.root)
    shutil.rmtree(sealing.root / ".chain")
    sealing.clock.now = LATER
    sealing.seal(hour(3))
    assert_sound(sealing.root)


def test_empty_days_go_with_their_bundles(sealing):
    sealing.seal(hour(24))
    assert len(delete(sealing.root)) == 3
    assert not (sealing.root / "2026/11/22").exists()
    assert_sound(Sealing.at(sealing.root.parent).root)


def test_a_hold_keeps_its_span_until_it_is_released(sealing):
    record = hold(sealing.root)
    kept = {one.slot: one.kept_by for one in due(sealing.root)}
    assert kept[hour(0)] == ()
    assert kept[hour(1)] == ("hold by counsel until it is released: case 7",)
    delete(sealing.root)
    assert hours(sealing.root) == [hour(1).label, hour(2).label]
    person(sealing.root).release(record, reason="settled", at=LATER)
    assert {one.slot: one.kept_by for one in due(sealing.root)}[hour(1)] == ()
    assert_sound(sealing.root)


def test_a_hold_that_ran_out_keeps_nothing(sealing):
    hold(sealing.root, expires_at=LATER)
    assert {one.slot: one.kept_by for one in due(sealing.root)}[hour(1)] == ()


def test_a_release_by_somebody_nobody_allowed_releases_nothing(sealing):
    record = hold(sealing.root)
    person(sealing.root).release(record, reason="settled", at=THEN + timedelta(days=1))
    listed = sealing.root / "trust" / "allowed_signers"
    lines = listed.read_text().splitlines(keepends=True)
    listed.write_text("".join(line for line in lines if not line.startswith("counsel")))
    assert {one.slot: one.kept_by for one in due(sealing.root)}[hour(1)] != ()


def test_a_hold_whose_record_is_gone_stops_every_deletion(sealing):
    record = hold(sealing.root)
    record.rename(record.with_suffix(".aside"))
    with pytest.raises(SealError, match=r"hold\.json: No such file .*nothing is deleted"):
        due(sealing.root)
    record.write_bytes(record.with_suffix(".aside").read_bytes() + b"\n")
    with pytest.raises(SealError, match="it is not the record that was logged"):
        due(sealing.root)


def test_a_waiver_keeps_the_evidence_it_was_granted_on_while_it_lasts(sealing):
    person(sealing.root, "reviewer").waive(WAIVER)
    day = Retention(keep={Cadence.HOURLY: timedelta(days=2)})
    assert {len(one.kept_by) for one in due(sealing.root, day, as_of=WAIVER.expires_at - timedelta(1))} == {1, 2}
    assert [one.kept_by for one in due(sealing.root, day, as_of=WAIVER.expires_at)][:2] == [(), ()]


def test_what_nobody_has_vouched_for_stays_where_somebody_is_to(sealing):
    assert {one.kept_by[-1] for one in due(sealing.root, anchored=True)} == {
        "no witness or authority has vouched for it yet"
    }


def test_a_bundle_that_is_not_what_was_logged_stays_for_somebody_to_look_at(sealing):
    verdicts = sealing.root / bundle_path(hour(0)) / "bag" / "data" / "verdicts.json"
    verdicts.write_bytes(verdicts.read_bytes().replace(b"health", b"hearth"))
    assert "not those that were sealed" in due(sealing.root)[0].kept_by[0]


def test_a_bundle_that_says_it_is_another_s_leaf_is_not_buried(sealing):
    keeper, bundle = signer(sealing.root.parent), sealing.root / bundle_path(hour(1))
    info = bundle / "bag" / "bag-info.txt"
    info.write_text(info.read_text().replace("Evidence-Log-Index: 1", "Evidence-Log-Index: 0"))
    with pytest.raises(SealError, match="is not leaf 0 of the log"):
        bury(bundle, RecordWriter(sealing.root, keeper), signer=keeper, policy="p", at=THEN)
    assert bundle.exists()


def test_a_copy_elsewhere_is_not_buried(sealing, tmp_path):
    keeper = signer(sealing.root.parent)
    copy = shutil.copytree(sealing.root / bundle_path(hour(1)), tmp_path / hour(1).label)
    with pytest.raises(SealError, match="name that one"):
        bury(copy, RecordWriter(sealing.root, keeper), signer=keeper, policy="p", at=THEN)
    assert copy.exists()


def test_a_tombstone_that_is_in_no_log_deletes_nothing(sealing, tmp_path):
    other = shutil.copytree(sealing.root.parent, tmp_path / "other", symlinks=True) / "evidence"
    for stone in delete(other):
        (sealing.root / RECORDS).mkdir(exist_ok=True)
        shutil.copy(stone, sealing.root / RECORDS)
    delete(sealing.root, [])
    assert len(hours(sealing.root)) == 3


KILLED = killed("""
from tests.tasks.sealing.test_retention import delete
delete(Path(folder))
""")
STEPS = [
    ("tasks.sealing.evidence_log:EvidenceLog", "prepare", "after"),
    ("tasks.sealing.records:RecordWriter", "append", "after"),
    ("pathlib:Path", "rename", "before"),
    ("pathlib:Path", "rename", "after"),
    ("shutil", "rmtree", "before"),
    ("os", "unlink", "after"),
]


@pytest.mark.parametrize("step", STEPS, ids="-".join)
def test_a_deletion_that_was_killed_half_way_is_finished_by_the_next_run(sealing, step):
    assert start(KILLED, sealing.root, *step).wait() == -signal.SIGKILL
    assert_sound(sealing.root)
    assert_deleted(sealing.root)


def test_a_deletion_that_was_killed_over_its_tombstone_is_finished_under_the_same(sealing):
    step = ("tasks.sealing.evidence_log:EvidenceLog", "commit", "before")
    assert start(KILLED, sealing.root, *step).wait() == -signal.SIGKILL
    assert_deleted(sealing.root)


def assert_deleted(root):
    """The next run deletes whatever is still there, and each that is gone has one tombstone."""
    delete(root)
    assert hours(root) == [hour(2).label]
    assert not list(root.glob(".deleting/*"))
    assert audit_log(root, trust(root), as_of=THEN).tombstones == 2
    assert_sound(root)


def test_a_sample_passes_over_what_is_deleted_and_shows_its_tombstone(sealing, tmp_path):
    delete(sealing.root)
    (copy,) = export_sample(sealing.root, tmp_path / "sample", seed="nonce", count=3)
    assert copy.name == hour(2).label
    readme = (tmp_path / "sample" / "README.md").read_text()
    assert "    0-2\n" in readme
    assert sorted(path.name for path in (tmp_path / "sample" / RECORDS).iterdir()) == [
        "000000003.tombstone.json",
        "000000004.tombstone.json",
    ]
    assert yaml.safe_load(readme.partition("Gone, and drawn all the same:\n\n")[2].partition("\n\n")[0]) == [
        "0, records/000000003.tombstone.json",
        "1, records/000000004.tombstone.json",
    ]
