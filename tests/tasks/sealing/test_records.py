"""Records: what was decided is signed, logged, and survives a kill at every step."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest

from checks.errors import VerificationError
from checks.evidence.digests import sha256
from checks.evidence.log_records import CatalogChange, KeyRotation, Pause, record_entry
from checks.evidence.signed_records import SignedRecord
from checks.slots import Cadence
from tasks.sealing.log_files import LogFiles
from tasks.sealing.records import RecordWriter, newest_record
from tasks.sealing.trust import load_trust
from tests.checks.evidence.examples import CATALOG
from tests.tasks.sealing.killing import killed
from tests.tasks.sealing.sealed import START, SUITES, Sealing, hour, signer
from tests.tasks.sealing.test_crashes import PRODUCT, assert_sound

CHANGE = CatalogChange(
    at=START, by="collector", before=None, after=sha256(CATALOG), suites_before=None, suites_after=SUITES
)
PAUSE = Pause(at=START, by="collector", cadences=(Cadence.HOURLY,), until=START + timedelta(hours=2), reason="moving")

KILLED = killed("""
from tasks.sealing.records import RecordWriter
from tests.tasks.sealing.sealed import signer
from tests.tasks.sealing.test_records import CHANGE
RecordWriter(Path(folder) / "evidence", signer(Path(folder))).append(CHANGE)
""")
LOG = "tasks.sealing.evidence_log:EvidenceLog"
LOST = [(LOG, "prepare", "before"), (LOG, "_signed", "after"), (LOG, "prepare", "after")]
KEPT = [("tasks.sealing.records", "sync_all", "before"), (LOG, "commit", "before"), (LOG, "commit", "after")]


@pytest.fixture
def sealing(tmp_path):
    return Sealing.at(tmp_path)


@pytest.fixture
def records(tmp_path, sealing):
    return RecordWriter(sealing.root, signer(tmp_path))


def kept(root):
    return sorted(path.name for path in (root / "records").glob("*"))


def log_of(root):
    files = LogFiles(root / "log")
    return list(files.entries(files.checkpoint().size))


def test_a_record_is_a_leaf_between_bundles(sealing, records):
    sealing.seal(hour(0))
    path = records.append(CHANGE)
    bundle = sealing.seal(hour(1))
    assert path.relative_to(sealing.root).as_posix() == "records/000000001.catalog-change.json"
    assert log_of(sealing.root)[1] == record_entry("records/000000001.catalog-change.json", path.read_bytes())
    assert "Evidence-Log-Index: 2" in (bundle.bag / "bag-info.txt").read_text()


def test_sha256sum_reads_the_leaf_of_a_record(sealing, records):
    records.append(CHANGE)
    subprocess.run(
        ["sha256sum", "--strict", "-c", "-"], input=log_of(sealing.root)[0], cwd=sealing.root, check=True, timeout=20
    )


def test_a_record_names_those_who_signed_it(tmp_path, sealing, records):
    sealing.seal(hour(0))
    trust = load_trust(sealing.root / "trust", beside_evidence=False)
    signed = SignedRecord.parse(records.append(PAUSE).read_bytes())
    assert signed.record == PAUSE
    assert [one.identity for one in signed.signers(trust)] == ["collector"]
    stranger = SignedRecord.parse(records.append(PAUSE, signers=[signer(tmp_path, "other")]).read_bytes())
    assert stranger.signers(trust) == []


@pytest.mark.parametrize("change", [(b"kind", b"mind"), (b'","sig', b'", "sig'), (b"payloadType", b"payloadtype")])
def test_a_record_is_read_strictly(records, change):
    data = records.append(CHANGE).read_bytes()
    with pytest.raises(VerificationError):
        SignedRecord.parse(data.replace(*change) if change[0] in data else data[:-2] + b" }")


def test_the_newest_record_of_a_kind_is_found(sealing, records):
    assert newest_record(sealing.root, "catalog-change") is None
    records.append(CHANGE)
    records.append(PAUSE)
    later = CHANGE.model_copy(update={"before": CHANGE.after, "after": sha256(b"1")})
    records.append(later)
    assert newest_record(sealing.root, "catalog-change") == later


@pytest.mark.parametrize("left", ["whole", "torn"])
def test_a_file_that_no_leaf_is_of_is_not_in_force(sealing, records, left):
    whole = records.append(CHANGE).read_bytes()
    stray = sealing.root / "records" / "000000001.catalog-change.json"
    stray.write_bytes(whole if left == "whole" else whole[:9])
    for number in (0, 1):  # beyond the log's end, and later beside a leaf that is another
        assert newest_record(sealing.root, "catalog-change") == CHANGE
        sealing.seal(hour(number))
    (sealing.root / "records" / "000000000.catalog-change.json").unlink()
    assert newest_record(sealing.root, "catalog-change") is None


def test_a_file_beside_a_leaf_of_another_record_is_not_in_force(sealing, records):
    data = records.append(CHANGE).read_bytes()
    records.append(PAUSE)
    (sealing.root / "records" / "000000001.catalog-change.json").write_bytes(data[:9])
    assert newest_record(sealing.root, "catalog-change") == CHANGE


def test_a_record_in_force_that_is_not_the_one_that_was_logged_is_refused(sealing, records):
    path = records.append(CHANGE)
    path.write_bytes(records.append(CHANGE.model_copy(update={"by": "mallory"})).read_bytes())
    (sealing.root / "records" / "000000001.catalog-change.json").unlink()
    with pytest.raises(VerificationError, match=r"catalog-change.json is not the record that was logged as leaf 0"):
        newest_record(sealing.root, "catalog-change")


@pytest.mark.parametrize("torn", [False, True])
def test_what_a_writer_died_over_is_settled_when_asked(sealing, records, monkeypatch, torn):
    with monkeypatch.context() as dying:
        dying.setattr("tasks.sealing.evidence_log.EvidenceLog.commit", died)
        with pytest.raises(KeyboardInterrupt):
            records.append(CHANGE)
    (path,) = (sealing.root / "records").iterdir()
    if torn:
        path.write_bytes(b"")
    assert newest_record(sealing.root, "catalog-change") is None
    records.settle()
    assert newest_record(sealing.root, "catalog-change") == (None if torn else CHANGE)
    assert path.exists() is not torn


def died(*_):
    raise KeyboardInterrupt


def test_a_rotation_needs_keys_in_ssh_s_form():
    with pytest.raises(ValueError, match="pattern"):
        KeyRotation(at=START, by="collector", old="ssh-rsa AAAA", new="ssh-ed25519 AAAA")


@pytest.mark.parametrize(("step", "survives"), [*((one, False) for one in LOST), *((one, True) for one in KEPT)])
def test_a_run_killed_while_it_logged_a_record_leaves_all_of_it_or_nothing(sealing, tmp_path, step, survives):
    sealing.seal(hour(0))
    process = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), *step], cwd=PRODUCT, timeout=60, check=False)
    assert process.returncode == -signal.SIGKILL
    bundle = sealing.seal(hour(1))
    index = 2 if survives else 1
    assert f"Evidence-Log-Index: {index}" in (bundle.bag / "bag-info.txt").read_text()
    assert kept(sealing.root) == (["000000001.catalog-change.json"] if survives else [])
    assert len(log_of(sealing.root)) == index + 1
    assert_sound(sealing.root, 0, 1, leaves=index + 1)
