"""A process killed at any step of sealing, and two at once: nothing is lost, nothing half-made is seen."""

import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from checks.errors import SealError
from checks.evidence.layout import bundle_path
from checks.evidence.verification import StepState
from tasks.sealing.log_files import LogFiles
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tasks.sealing.waiting import unanchored
from tests.tasks.sealing.killing import killed
from tests.tasks.sealing.sealed import Sealing, files, hour

PRODUCT = Path(__file__).parents[3]

KILLED = killed("""
from tests.tasks.sealing.sealed import Sealing, hour
Sealing.at(Path(folder)).seal(hour(1))
""")

WRITER = "tasks.sealing.bundle_writer"
LOG = "tasks.sealing.evidence_log"
BEFORE_THE_SEAL = [
    ("tasks.sealing.staging:Staging", "write", "before"),
    ("tasks.sealing.staging:Staging", "write", "after"),
    (f"{WRITER}:BundleWriter", "seal", "before"),
    (WRITER, "make_durable", "before"),
    (WRITER, "make_durable", "after"),
    (WRITER, "publish_trust", "after"),
]
DURING_THE_SEAL = [
    (f"{LOG}:EvidenceLog", "prepare", "before"),
    (f"{LOG}:EvidenceLog", "_signed", "before"),
    (f"{LOG}:EvidenceLog", "_signed", "after"),
]
SIGNED_INTO_THE_LOG = [
    (f"{LOG}:EvidenceLog", "prepare", "after"),
    ("tasks.sealing.chain:Chain", "note", "before"),
    ("tasks.sealing.chain:Chain", "note", "after"),
    (f"{LOG}:EvidenceLog", "commit", "after"),
    (WRITER, "note_waiting", "after"),
    (WRITER, "make_folders", "after"),
    (f"{LOG}:EvidenceLog", "commit", "before"),
    ("pathlib:Path", "rename", "before"),
]
AFTER_THE_RENAME = [
    ("pathlib:Path", "rename", "after"),
    (WRITER, "switch_latest", "before"),
    (WRITER, "switch_latest", "after"),
]


def start(code, *arguments):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=PRODUCT)


def kill(folder, step):
    """Seals one hour, then dies while sealing the next."""
    sealing = Sealing.at(folder)
    sealing.seal(hour(0))
    assert start(KILLED, folder, *step).wait() == -signal.SIGKILL
    return sealing


def assert_sound(root, *numbers, leaves=None):
    """Exactly these hours are there, whole, in one chain, and `latest` is the newest of them."""
    reports = verify_evidence([root], load_trust(root / "trust", beside_evidence=True))
    assert [report.slot for report in reports] == [hour(number).label for number in numbers]
    assert [line for report in reports if not report.verified for line in report.lines()] == []
    assert [states(report)[8] for report in reports] == [StepState.VERIFIED] * len(numbers)
    assert LogFiles(root / "log").checkpoint().size == (leaves or len(numbers))
    assert (root / "latest" / "hourly").resolve() == root / bundle_path(hour(numbers[-1]))


def states(report):
    return {step.number: step.state for step in report.steps}


@pytest.mark.parametrize("step", [*BEFORE_THE_SEAL, *DURING_THE_SEAL], ids="-".join)
def test_a_run_killed_before_the_rename_leaves_the_earlier_state_and_a_record(tmp_path, step):
    sealing = kill(tmp_path, step)
    assert_sound(sealing.root, 0)
    (left,) = sealing.writer.leftovers()
    sealing.writer.discard(left)
    sealing.seal(hour(1))
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 1, 2)
    assert sealing.writer.leftovers() == []


@pytest.mark.parametrize("step", DURING_THE_SEAL, ids="-".join)
def test_a_run_killed_while_it_sealed_can_be_finished(tmp_path, step):
    sealing = kill(tmp_path, step)
    (left,) = sealing.writer.leftovers()
    assert sealing.writer.resume(left).slot == hour(1)
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 1, 2)


@pytest.mark.parametrize("step", SIGNED_INTO_THE_LOG, ids="-".join)
def test_a_run_killed_once_its_checkpoint_was_signed_is_finished_by_whoever_comes_next(tmp_path, step):
    sealing = kill(tmp_path, step)
    assert not (sealing.root / bundle_path(hour(1))).exists()
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 1, 2)
    assert sealing.writer.leftovers() == []
    assert not (sealing.root / "log" / ".checkpoint.next").exists()


@pytest.mark.parametrize("step", [SIGNED_INTO_THE_LOG[0], SIGNED_INTO_THE_LOG[3]], ids="-".join)
def test_what_the_log_has_signed_can_be_finished_or_sealed_again_and_not_discarded(tmp_path, step):
    for number, again in enumerate(
        (
            lambda sealing, left: sealing.writer.resume(left),
            lambda sealing, left: sealing.seal(hour(1)),
            lambda sealing, left: sealing.writer.discard(left),
        )
    ):
        sealing = kill(tmp_path / str(number), step)
        (left,) = sealing.writer.leftovers()
        with pytest.raises(SealError, match="in the evidence log") if number == 2 else nullcontext():
            again(sealing, left)
        assert_sound(sealing.root, 0, 1)


@pytest.mark.parametrize("torn", ["log/.checkpoint.next", "log/tile/0/000.p/2", "log/tile/entries/000.p/2", "body"])
def test_a_signed_checkpoint_whose_leaf_a_power_cut_tore_is_dropped(tmp_path, torn):
    sealing = kill(tmp_path, SIGNED_INTO_THE_LOG[0])
    (left,) = sealing.writer.leftovers()
    path = left / "bag" / "data" / "verdicts.json" if torn == "body" else sealing.root / torn
    path.write_bytes(path.read_bytes()[:-7])
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 2)
    assert sealing.writer.leftovers() == [left]


def test_a_name_that_reached_the_disk_before_its_checkpoint_did_is_logged_all_the_same(tmp_path):
    sealing = kill(tmp_path, (f"{LOG}:EvidenceLog", "commit", "before"))
    (left,) = sealing.writer.leftovers()
    left.rename(sealing.root / bundle_path(hour(1)))
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 1, 2)


def test_a_link_of_the_chain_that_a_power_cut_tore_is_found_by_looking(tmp_path):
    sealing = kill(tmp_path, (f"{LOG}:EvidenceLog", "commit", "before"))
    for file in (sealing.root / ".chain").iterdir():
        file.write_bytes(file.read_bytes()[:-9])
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 1, 2)


def test_nobody_waits_for_a_leaf_that_a_power_cut_took(tmp_path):
    sealing = kill(tmp_path, (f"{LOG}:EvidenceLog", "commit", "before"))
    (sealing.root / "log" / ".checkpoint.next").unlink()
    assert unanchored(sealing.root).bundles == 2
    (left,) = sealing.writer.leftovers()
    sealing.writer.discard(left)
    assert unanchored(sealing.root).bundles == 1


@pytest.mark.parametrize("step", BEFORE_THE_SEAL, ids="-".join)
def test_a_run_killed_before_its_payload_was_there_is_not_finished(tmp_path, step):
    sealing = kill(tmp_path, step)
    (left,) = sealing.writer.leftovers()
    with pytest.raises(SealError, match="before all of its payload was there"):
        sealing.writer.resume(left)
    assert_sound(sealing.root, 0)


@pytest.mark.parametrize("step", AFTER_THE_RENAME, ids="-".join)
def test_a_run_killed_after_the_rename_has_sealed(tmp_path, step):
    sealing = kill(tmp_path, step)
    assert sealing.writer.leftovers() == []
    sealing.seal(hour(1))
    assert_sound(sealing.root, 0, 1)
    sealing.seal(hour(2))
    assert_sound(sealing.root, 0, 1, 2)


def test_another_slot_sealed_before_the_leftover_is_finished_keeps_one_chain(tmp_path):
    sealing = kill(tmp_path, DURING_THE_SEAL[2])
    (left,) = sealing.writer.leftovers()
    sealing.seal(hour(2))
    sealing.writer.resume(left)
    sealing.seal(hour(3))
    assert_sound(sealing.root, 0, 1, 2, 3)


def test_a_leftover_that_was_changed_is_not_finished(tmp_path):
    sealing = kill(tmp_path, DURING_THE_SEAL[1])
    (left,) = sealing.writer.leftovers()
    (left / "bag" / "data" / "catalog.yaml").write_bytes(b"system: another\n")
    with pytest.raises(SealError, match="before all of its payload was there"):
        sealing.writer.resume(left)


def test_what_somebody_works_on_is_no_leftover(tmp_path):
    sealing = Sealing.at(tmp_path)
    sealing.writer.stage(hour(), files(hour()))
    assert Sealing.at(tmp_path).writer.leftovers() == []


SEALER = """
import sys
from contextlib import nullcontext
from pathlib import Path
from tests.tasks.sealing.sealed import Sealing, hour

for number in map(int, sys.argv[2:]):
    Sealing.at(Path(sys.argv[1])).seal(hour(number))
"""


def test_two_writers_at_once_make_one_chain(tmp_path):
    Sealing.at(tmp_path)
    both = [start(SEALER, tmp_path, *range(one, 12, 2)) for one in (0, 1)]
    assert [process.wait() for process in both] == [0, 0]
    assert_sound(tmp_path / "evidence", *range(12))
    assert not [*(tmp_path / "evidence" / ".staging").iterdir()]
