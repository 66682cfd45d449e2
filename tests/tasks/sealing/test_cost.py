"""What sealing costs does not grow with what was sealed before: the operating system is asked as often each time."""

import cProfile
from collections.abc import Callable

from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import leaf_hashes, root_hash
from checks.evidence.tiles import all_tiles
from tasks.sealing.durability import replace_file
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.log_files import CHECKPOINT
from tests.tasks.sealing.sealed import Sealing, hour, signer

MANY = 10_240
"""Leaves of a log of more than a year of hours; a multiple of a tile's 256."""


def asked(work: Callable[[], object]) -> int:
    """How often the operating system is asked for a file or a folder meanwhile."""
    with cProfile.Profile() as profile:
        work()
    profile.create_stats()
    return sum(one[1] for (_, _, name), one in profile.stats.items() if "io.open" in name or "posix." in name)


def test_the_twelfth_bundle_of_a_row_costs_what_the_third_did(tmp_path):
    sealing = Sealing.at(tmp_path)
    counts = {number: asked(lambda number=number: sealing.seal(hour(number))) for number in range(12)}
    assert counts[11] == counts[2]


def test_in_a_log_of_ten_thousand_leaves_a_bundle_costs_what_it_does_in_a_young_one(tmp_path):
    counts = {}
    for size in (0, MANY):
        sealing = Sealing.at(tmp_path / str(size))
        fill(EvidenceLog(sealing.root, signer(tmp_path / str(size))), size)
        for number in range(2):
            sealing.seal(hour(number))
        counts[size] = asked(lambda sealing=sealing: sealing.seal(hour(2)))
    assert counts[MANY] <= counts[0] + 8  # for the tiles of two more levels, read and written


def fill(log: EvidenceLog, size: int) -> None:
    """Leaves of bundles that lie elsewhere."""
    if not size:
        return
    entries = [b"%064d  bagit.txt\n" % number for number in range(size)]
    for tile, data in all_tiles(entries, leaf_hashes(entries)).items():
        replace_file(log.files.folder / tile.path, data)
    note = log._signed(Checkpoint("test/log", size, root_hash(leaf_hashes(entries))))
    replace_file(log.files.folder / CHECKPOINT, note.data)


def test_the_newest_entries_are_read_without_the_others(tmp_path):
    log = EvidenceLog(Sealing.at(tmp_path).root, signer(tmp_path))
    fill(log, MANY)
    newest = list(log.files.newest_entries(MANY))
    assert newest == list(log.files.entries(MANY))[::-1]
    assert asked(lambda: next(log.files.newest_entries(MANY))) <= 2
