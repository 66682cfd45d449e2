"""The tamper matrix of a whole log: attacks by somebody who holds its keys, and who catches each."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checks.evidence.layout import bundle_path
from checks.outcome import Outcome
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.log_files import LogFiles
from tests.tasks.sealing.sealed import Sealing, hour, signer

VICTIM, SIZE = hour(1), 3
"""The bundle that is looked at by itself, and how many there are: hours 0, 1 and 2."""


_BETTER = (Outcome.PASS, Outcome.PASS)
"""What the insider would rather have had: another bundle than the one that was sealed."""


@dataclass(frozen=True, slots=True)
class LogAttack:
    """What is done to an evidence folder of three hours, whose keys lie beside it; `caught_by` are those who notice."""

    name: str
    tamper: Callable[[Path], None]
    caught_by: frozenset[str]


def delete_a_slot(root: Path) -> None:
    shutil.rmtree(root / bundle_path(VICTIM))


def truncate_a_tile(root: Path) -> None:
    tile = root / "log" / "tile" / "0" / "000.p" / "3"
    tile.write_bytes(tile.read_bytes()[:-1])


def change_a_tile(root: Path) -> None:
    tile = root / "log" / "tile" / "0" / "000.p" / "3"
    tile.write_bytes(bytes(64) + tile.read_bytes()[64:])


def swap_two_bundles(root: Path) -> None:
    one, other, aside = root / bundle_path(VICTIM), root / bundle_path(hour(2)), root / "aside"
    for first, second in ((one, aside), (other, one), (aside, other)):
        first.rename(second)


def log_a_leaf_twice(root: Path) -> None:
    _log(root, LogFiles(root / "log").entry(1, SIZE))


def never_collect_a_slot(root: Path) -> None:
    Sealing.at(root.parent).seal(hour(4))


def set_the_log_back(root: Path) -> None:
    proof = (root / bundle_path(VICTIM) / "proof" / "evidence.tlog-proof").read_bytes()
    (root / "log" / "checkpoint").write_bytes(proof.partition(b"\n\n")[2])


def checkpoint_of_another_log(root: Path) -> None:
    other = Sealing.at(root.parent / "other")
    other.seal(hour(0))
    shutil.copy(other.root / "log" / "checkpoint", root / "log" / "checkpoint")


def fork_the_log(root: Path) -> None:
    """The last hour never happened, nor its bundle, and another takes its place."""
    _take_back(root, 2)
    Sealing.at(root.parent).seal(hour(2), *_BETTER)


def rebuild_everything(root: Path) -> None:
    """The insider: every key of the pipeline, the log's name, and all the time he wants."""
    origin = LogFiles(root / "log").checkpoint().origin
    for folder in ("2026", "log", ".chain", ".unanchored", "latest"):
        shutil.rmtree(root / folder)
    sealing = Sealing.at(root.parent)
    sealing.writer._log.origin = lambda _: origin
    for number in range(SIZE):
        sealing.seal(hour(number), *_BETTER)


def _take_back(root: Path, size: int) -> None:
    """Makes the log what it was at a size, with the bundles that it had."""
    proof = (root / bundle_path(hour(size - 1)) / "proof" / "evidence.tlog-proof").read_bytes()
    (root / "log" / "checkpoint").write_bytes(proof.partition(b"\n\n")[2])
    shutil.rmtree(root / bundle_path(hour(size)))
    shutil.rmtree(root / ".chain")


def _log(root: Path, entry: bytes) -> None:
    log = EvidenceLog(root, signer(root.parent))
    log.commit(log.prepare(entry).tiles)


def attack(tamper: Callable[[Path], None], caught_by: str) -> LogAttack:
    return LogAttack(tamper.__name__, tamper, frozenset(caught_by.split()))


LOG_MATRIX = (
    attack(delete_a_slot, "verify audit"),
    attack(never_collect_a_slot, "audit"),
    attack(swap_two_bundles, "verify audit"),
    attack(truncate_a_tile, "audit"),
    attack(change_a_tile, "audit lines"),
    attack(log_a_leaf_twice, "audit"),
    attack(set_the_log_back, "verify audit kept witness"),
    attack(checkpoint_of_another_log, "verify audit kept witness"),
    attack(fork_the_log, "kept witness"),
    attack(rebuild_everything, "kept witness"),
)
