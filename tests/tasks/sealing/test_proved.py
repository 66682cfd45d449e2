"""Records of a few kinds, each proved to be in the log: the same as whoever reads all of it finds, at any length."""

import shutil
from datetime import timedelta

import pytest

from checks.evidence.digests import sha256
from checks.evidence.log_records import record_entry
from checks.evidence.merkle import leaf_hash
from checks.evidence.tiles import HASH, tile_of
from tasks.sealing.changes import belief_beside
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.filed import record_files
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.logged import Belief
from tasks.sealing.records import RecordWriter
from tasks.sealing.rotation import rotate
from tasks.sealing.trust import load_trust
from tests.tasks.sealing.sealed import Sealing, hour, signer
from tests.tasks.sealing.test_as_of import changed
from tests.tasks.sealing.test_cost import MANY, asked, fill

KINDS = ("catalog-change", "catalog-approval")


@pytest.fixture
def root(pristine, evidence):
    """Three hours, a change, an hour, another change, and another key that signs one more."""
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    old, new = signer(evidence.parent), signer(evidence.parent, "next")
    RecordWriter(evidence, old).append(changed(3))
    RecordWriter(evidence, old).append(changed(4, after=sha256(b"stricter")))
    rotate(evidence, old, new, at=hour(4).at + timedelta(minutes=1))
    RecordWriter(evidence, new).append(changed(5, after=sha256(b"looser")))
    return evidence


def whole(root):
    return Belief.of(root, load_trust(root / "trust", beside_evidence=True))


def test_they_are_what_whoever_reads_the_whole_log_finds(root):
    some, every = belief_beside(root), whole(root)
    assert some.log.changes == every.log.changes
    assert [one.change.after for one in some.log.changes][1:] == [sha256(b"stricter"), sha256(b"looser")]
    assert some.trust == every.trust
    assert some.log.size == every.log.size


def test_before_anybody_is_listed_there_is_nothing_to_believe(tmp_path):
    """The folder is there a moment before the list of who may sign, where two runs begin a home at once."""
    (tmp_path / "trust").mkdir()
    assert belief_beside(tmp_path).log.changes == ()
    assert belief_beside(tmp_path).log.why_not is None


def test_a_record_that_is_not_the_one_that_was_logged_counts_for_nothing(root):
    first, second, _ = record_files(root, KINDS)
    second.write_bytes(first.read_bytes())
    assert belief_beside(root).log.changes == whole(root).log.changes
    assert len(belief_beside(root).log.changes) == 2


def test_a_record_that_no_leaf_is_of_counts_for_nothing(root):
    newest = record_files(root, KINDS)[-1]
    (root / "records" / "000000099.catalog-change.json").write_bytes(newest.read_bytes())
    (root / "records" / ".000000005.catalog-change.json").write_bytes(b"{")
    assert belief_beside(root).log.changes == whole(root).log.changes


def test_a_record_whose_leaf_was_changed_with_it_makes_the_log_unbelievable(root):
    """Whoever forges a record and its hash in the tile cannot forge the root, which is signed."""
    log, (path, other, _) = LogFiles(root / LOG), record_files(root, KINDS)
    index, size = int(path.name[:9]), log.checkpoint().size
    path.write_bytes(other.read_bytes())
    tile = root / LOG / tile_of(0, index, size).path
    hashes = bytearray(tile.read_bytes())
    forged = leaf_hash(record_entry(f"records/{path.name}", path.read_bytes()))
    hashes[index * HASH : (index + 1) * HASH] = forged
    tile.write_bytes(hashes)
    assert "do not come to the root" in belief_beside(root).log.why_not


def test_a_log_whose_checkpoint_nobody_trusted_signed_is_not_believed(root):
    keys = root / "trust" / "log.vkey"
    keys.write_text("")
    assert belief_beside(root).log.changes == ()


def test_what_it_costs_does_not_grow_with_the_log(tmp_path):
    counts = {}
    for size in (0, MANY):
        folder = tmp_path / str(size)
        sealing = Sealing.at(folder)
        fill(EvidenceLog(sealing.root, signer(folder)), size)
        sealing.seal(hour(0))
        RecordWriter(sealing.root, signer(folder)).append(changed(0))
        assert len(belief_beside(sealing.root).log.changes) == 1
        counts[size] = asked(lambda root=sealing.root: belief_beside(root))
    assert counts[MANY] <= counts[0] + 6  # tiles of two more levels
