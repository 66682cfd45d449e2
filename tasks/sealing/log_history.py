"""The history of a log: its tiles hold what its entries come to, and every checkpoint ever kept is of this one tree."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import EMPTY_ROOT, leaf_hashes
from checks.evidence.notes import SignedNote
from checks.evidence.tiles import ENTRIES, HASH, Tile, all_tiles, subtree_from
from checks.evidence.tlog_proof import PROOF_FILE, LogProof
from tasks.sealing.bundle import bundle_folders
from tasks.sealing.log_files import CHECKPOINT, LOG, LogFiles


def rewritten(root: Path, entries: Sequence[bytes], origin: str) -> Iterator[str]:
    """What in a log of a name is not as its entries have it, and which checkpoints it has left behind."""
    log = LogFiles(root / LOG)
    tiles = all_tiles(entries, leaf_hashes(entries))
    yield from _damaged(log, tiles)
    level_and_number = {(tile.level, tile.number): data for tile, data in tiles.items()}

    def read(tile: Tile) -> bytes:
        return level_and_number[tile.level, tile.number][: tile.width * HASH]

    roots: dict[int, bytes] = {}
    for path in _kept(root, log):
        name = path.relative_to(root).as_posix()
        try:
            found = Checkpoint.of(_note(path))
        except FileNotFoundError:
            continue  # the bundle's own verification says so
        except VerificationError as error:
            yield f"{name}: {error}"
            continue
        if found.origin != origin:
            yield f"{name} is of another log, {found.origin}"
            continue
        if found.size > len(entries):
            yield f"{name} is of {found.size} leaves, and the log has {len(entries)}: it has gone back"
            continue
        if found.size not in roots:
            roots[found.size] = subtree_from(read, found.size)(0, found.size) if found.size else EMPTY_ROOT
        if roots[found.size] != found.root:
            yield f"the log does not begin with the {found.size} leaves of {name}: its past was changed"


def _damaged(log: LogFiles, tiles: Mapping[Tile, bytes]) -> Iterator[str]:
    for tile, data in tiles.items():
        if tile.level == ENTRIES:
            continue  # what was read, and so what the others were made from
        try:
            same = log.read(tile) == data
        except VerificationError as error:
            yield str(error)
        else:
            if not same:
                yield f"{log.folder / tile.path} does not hold the hashes of the entries"


def _kept(root: Path, log: LogFiles) -> Iterator[Path]:
    """Every checkpoint on the disk: the newest, those that were anchored, and those in the bundles."""
    yield from (path for path in sorted(log.folder.glob(f"{CHECKPOINT}*")) if path.suffix != ".tsr")
    yield from (folder / "proof" / PROOF_FILE for folder in bundle_folders(root))


def _note(path: Path) -> SignedNote:
    data = path.read_bytes()
    return LogProof.parse(data).note if path.name == PROOF_FILE else SignedNote.parse(data)
