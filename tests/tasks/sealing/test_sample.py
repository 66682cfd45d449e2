"""Samples: drawn by the seed alone, again by anyone, and checked where they were exported to."""

import subprocess

import pytest

from checks.errors import SealError
from checks.evidence.sampling import drawn
from tasks.sealing.sample import export_sample
from tasks.sealing.trust import load_trust
from tasks.sealing.verify import verify_evidence
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


def test_a_folder_that_is_there_is_not_written_into(pristine, tmp_path):
    with pytest.raises(SealError, match="name a new folder"):
        export_sample(pristine, tmp_path, seed="nonce", count=2)


def test_a_folder_without_evidence_is_refused(tmp_path):
    with pytest.raises(SealError, match="no bundle"):
        export_sample(tmp_path, tmp_path / "sample", seed="nonce", count=2)
