"""Samples: drawn by the seed alone, again by anyone, and checked where they were exported to."""

import shutil
import subprocess
from datetime import timedelta

import pytest

from checks.errors import SealError, VerificationError
from checks.evidence.sampling import drawn
from checks.evidence.tiles import entries_text, read_entries
from checks.evidence.verification import StepState
from tasks.sealing.records import RecordWriter
from tasks.sealing.sample import export_sample
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
from tests.tasks.sealing.sealed import hour, signer
from tests.tasks.sealing.test_records import CHANGE
from tests.tasks.sealing.test_rotation import seal
from tests.tasks.sealing.test_verify_md import catchers


def test_the_seed_alone_decides():
    assert drawn("nonce", range(1000), 10) == drawn("nonce", reversed(range(1000)), 10)
    assert drawn("nonce", range(1000), 10) != drawn("another", range(1000), 10)
    assert drawn("nonce", range(3), 10) == [0, 1, 2]


def test_every_leaf_has_the_same_chance():
    counted = [leaf for seed in range(2000) for leaf in drawn(str(seed), range(20), 2)]
    assert all(140 < counted.count(leaf) < 260 for leaf in range(20))


def test_coreutils_draw_the_same():
    script = "for i in $(seq 0 49); do echo $(printf '%s\\n%d' nonce $i | sha256sum | cut -c 1-64) $i; done | sort"
    ranked = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True).stdout.splitlines()
    assert sorted(int(line.split()[1]) for line in ranked[:5]) == drawn("nonce", range(50), 5)


def test_what_is_exported_is_checked_by_itself_with_stock_tools_and_ours(pristine, tmp_path):
    copies = export_sample(pristine, tmp_path / "sample", seed="nonce", count=2)
    assert len(copies) == 2
    assert [catchers(copy) for copy in copies] == [set(), set()]
    trust = load_trust(tmp_path / "sample" / "trust", beside_evidence=False)
    assert [report.failed for report in verify_evidence(copies, trust)] == [(), ()]
    readme = (tmp_path / "sample" / "README.md").read_text()
    assert "    0-2\n" in readme
    assert all(copy.name in readme for copy in copies)


def test_a_sample_of_a_log_with_records_verifies_with_what_is_exported(evidence, pristine, tmp_path):
    shutil.copytree(pristine.parent / "keys", evidence.parent / "keys")
    key = signer(evidence.parent)
    RecordWriter(evidence, key).append(CHANGE.model_copy(update={"at": hour(2).at + timedelta(minutes=9)}))
    seal(evidence, key, 3)
    export_sample(evidence, tmp_path / "sample", seed="nonce", count=4)
    trust = load_trust(evidence / "trust", beside_evidence=False)
    reports = verify_evidence(sorted((tmp_path / "sample").glob("2*/*/*/*")), trust)
    assert [report.failed for report in reports] == [()] * 4
    assert reports[3].state(11) is StepState.VERIFIED


def test_a_sample_is_not_drawn_from_entries_that_the_checkpoint_does_not_cover(evidence, tmp_path):
    tile = evidence / "log" / "tile" / "entries" / "000.p" / "3"
    entries = read_entries(tile.read_bytes())
    tile.write_bytes(entries_text([b"0" * 64 + b"  records/x\n", *entries[1:]]))
    with pytest.raises(VerificationError, match="do not come to the root of its checkpoint"):
        export_sample(evidence, tmp_path / "sample", seed="nonce", count=2)


def test_a_folder_that_is_there_is_not_written_into(pristine, tmp_path):
    with pytest.raises(SealError, match="name a new folder"):
        export_sample(pristine, tmp_path, seed="nonce", count=2)


def test_a_folder_without_evidence_is_refused(tmp_path):
    with pytest.raises(SealError, match="no bundle"):
        export_sample(tmp_path, tmp_path / "sample", seed="nonce", count=2)
