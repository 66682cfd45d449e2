"""Summing up: a daily bundle lists the hours of the day before, a weekly one the days; nothing is left out."""

import subprocess
from datetime import timedelta

import pytest

from checks.evidence.layout import Origin, bundle_files, bundle_path
from checks.evidence.leaf_list import LEAVES, LeafList, Summed, leaf_path
from checks.slots import Cadence, Slot
from tasks.sealing.audit import audit_log
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_bundle
from tests.checks.evidence.examples import CATALOG, evidence, judgement
from tests.tasks.sealing.sealed import INFO, START, STREAM, Sealing, hour

DAY = Slot(Cadence.DAILY.floor(START) + timedelta(days=1), Cadence.DAILY)
WEEK = Slot(Cadence.WEEKLY.floor(START) + timedelta(weeks=1), Cadence.WEEKLY)


def stream(slot):
    return f"desk-stack/production/{slot.cadence}"


def seal(sealing, slot, change=lambda files: files):
    origin = Origin(stream(slot), "production", "1.4.2")
    files = dict(bundle_files(slot, [evidence()], [judgement(slot=slot)], origin=origin, catalog=CATALOG))
    files |= change(sealing.writer.summed(stream(slot), slot))
    sealing.clock.reach(slot)
    staging = sealing.writer.stage(slot, files)
    return sealing.writer.seal(staging, slot, INFO.model_copy(update={"stream": stream(slot)}))


@pytest.fixture
def sealing(tmp_path):
    sealing = Sealing.at(tmp_path)
    for number in (0, 1, 2, 9, 10):
        sealing.seal(hour(number))
    return sealing


def problems(root):
    found = audit_log(root, load_trust(root / "trust", beside_evidence=False), as_of=hour(3).at).problems
    return [one for one in found if "was owed" not in one]


def test_a_daily_bundle_lists_the_hours_before_it_and_a_weekly_one_the_days(sealing):
    day = seal(sealing, DAY)
    found = LeafList.parse(day.file(LEAVES).read_bytes())
    assert (found.size, list(found.digests)) == (5, [leaf_path(hour(number)) for number in (0, 1, 2, 9)])
    week = seal(sealing, WEEK)
    assert list(LeafList.parse(week.file(LEAVES).read_bytes()).digests) == []
    later = seal(sealing, Slot(WEEK.at + timedelta(weeks=1), Cadence.WEEKLY))
    assert list(LeafList.parse(later.file(LEAVES).read_bytes()).digests) == [leaf_path(DAY)]
    assert problems(sealing.root) == []
    trust = load_trust(sealing.root / "trust", beside_evidence=False)
    assert [verify_bundle(one.path, trust).failed for one in (day, week, later)] == [(), (), ()]


def test_sha256sum_checks_the_list_in_the_evidence_folder(sealing):
    listed = seal(sealing, DAY).file(LEAVES)
    command = ["sha256sum", "--strict", "--quiet", "-c", listed]
    assert subprocess.run(command, cwd=sealing.root, check=False).returncode == 0
    manifest = sealing.root / leaf_path(hour(1))
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    assert subprocess.run(command, cwd=sealing.root, check=False, capture_output=True).returncode != 0


def test_an_hourly_bundle_sums_up_nothing(sealing):
    assert sealing.writer.summed(STREAM, hour(3)) == {}


def test_a_run_by_hand_sums_up_what_its_day_s_run_would():
    noon = Slot(DAY.at + timedelta(hours=12, minutes=7), Cadence.DAILY)
    assert Summed.by(stream(DAY), noon) == Summed.by(stream(DAY), DAY)


def edited(change):
    def edit(files):
        found = LeafList.parse(files["leaves-sha256.txt"])
        return {"leaves-sha256.txt": change(found).data}

    return edit


def without_one(found):
    return LeafList(found.size, dict(list(found.digests.items())[1:]))


def of_another(found):
    return LeafList(found.size, {**found.digests, leaf_path(hour(1)): "0" * 64})


def swapped(found):
    one, other, *_ = found.digests
    return LeafList(found.size, {**found.digests, one: found.digests[other], other: found.digests[one]})


def from_the_future(found):
    return LeafList(99, found.digests)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (edited(without_one), "leaves out 2026/11/22/2026-11-22T1400Z.hourly/bag/tagmanifest-sha256.txt, leaf 0"),
        (edited(of_another), "which is no leaf of the log as it was then"),
        (edited(swapped), "which is no leaf of the log as it was then"),
        (edited(from_the_future), "is of a log of 99 leaves, and the bundle is leaf 5"),
        (lambda files: {}, "sums up leaves of desk-stack/production/hourly, and lists none"),
        (lambda files: {"leaves-sha256.txt": b"# 5\n"}, "its first line does not say the size of the log"),
    ],
    ids=["without one", "of another", "swapped", "from the future", "no list", "no size"],
)
def test_a_list_that_is_not_what_the_log_had_is_named_by_the_audit(sealing, change, problem):
    seal(sealing, DAY, change)
    assert any(problem in one for one in problems(sealing.root))


def test_a_leaf_that_was_logged_later_is_not_missed_in_the_list(sealing):
    day = seal(sealing, DAY)
    sealing.seal(hour(4))
    assert leaf_path(hour(4)) not in LeafList.parse(day.file(LEAVES).read_bytes()).digests
    assert problems(sealing.root) == []


@pytest.mark.parametrize("other", [hour(10), Slot(DAY.at, Cadence.DAILY)], ids=["another day", "another cadence"])
def test_a_list_of_other_slots_does_not_verify(sealing, other):
    strange = lambda found: LeafList(found.size, {**found.digests, leaf_path(other): "0" * 64})  # noqa: E731
    day = seal(sealing, DAY, edited(strange))
    trust = load_trust(sealing.root / "trust", beside_evidence=False)
    report = verify_bundle(day.path, trust)
    assert report.failed == (6,)
    assert bundle_path(other) in report.steps[5].problems[0]


def test_a_list_where_nothing_is_summed_up_does_not_verify(sealing):
    slot = hour(11)
    bundle = seal(sealing, slot, lambda _: {"leaves-sha256.txt": b"# size 0\n"})
    report = verify_bundle(bundle.path, load_trust(sealing.root / "trust", beside_evidence=False))
    assert report.failed == (6,)
