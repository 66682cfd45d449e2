"""The evidence log's files: reading them, by anyone, with or without the program that writes them."""

from collections.abc import Iterator
from pathlib import Path

from checks.errors import VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import Subtree, consistency_path, inclusion_path, leaf_hash, leaf_hashes, root_hash
from checks.evidence.notes import SignedNote
from checks.evidence.tiles import ENTRIES, HASH, WIDTH, Tile, read_entries, subtree_from, tile_of
from checks.evidence.tlog_proof import LogProof

LOG = "log"
CHECKPOINT = "checkpoint"


class LogFiles:
    """A log on disk: `checkpoint`, `tile/<level>/…` and `tile/entries/…` (C2SP tlog-tiles). Believes no signature."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def note(self) -> SignedNote | None:
        """The newest checkpoint, signed; `None` before the first leaf."""
        try:
            data = (self.folder / CHECKPOINT).read_bytes()
        except FileNotFoundError:
            return None
        with_name = f"{self.folder / CHECKPOINT}"
        try:
            return SignedNote.parse(data)
        except VerificationError as error:
            raise VerificationError(f"{with_name}: {error}") from error

    def checkpoint(self) -> Checkpoint | None:
        """What the newest checkpoint says."""
        note = self.note()
        return None if note is None else Checkpoint.of(note)

    def read(self, tile: Tile) -> bytes:
        """A tile's bytes; where the partial one is gone because it has been filled since, the start of the full one."""
        for one in dict.fromkeys((tile, tile.whole)):
            try:
                data = (self.folder / one.path).read_bytes()
            except FileNotFoundError:
                continue
            if tile.level == ENTRIES:
                return data
            if len(data) != one.width * HASH:
                raise VerificationError(f"{self.folder / one.path} has {len(data)} bytes, not {one.width * HASH}")
            return data[: tile.width * HASH]
        raise VerificationError(f"{self.folder / tile.path} is not there")

    def subtree(self, size: int) -> Subtree:
        """The hashes of the log's subtrees when it had a size."""
        return subtree_from(self.read, size)

    def leaf(self, index: int, size: int) -> bytes:
        """One leaf's hash."""
        return self.subtree(size)(index, index + 1)

    def entry(self, index: int, size: int) -> bytes:
        """One entry."""
        return read_entries(self.read(tile_of(ENTRIES, index, size)))[index % WIDTH]

    def holds(self, index: int, entry: bytes) -> bool:
        """Whether an entry is a certain leaf of the newest checkpoint."""
        checkpoint = self.checkpoint()
        size = 0 if checkpoint is None else checkpoint.size
        return index < size and self.leaf(index, size) == leaf_hash(entry)

    def proof(self, index: int, note: SignedNote) -> LogProof:
        """That a leaf is below a checkpoint."""
        size = Checkpoint.of(note).size
        return LogProof(index, tuple(inclusion_path(index, size, self.subtree(size))), note)

    def consistency(self, first: int, second: int) -> list[bytes]:
        """That the log of one size begins with the log of another."""
        return consistency_path(first, second, self.subtree(second))

    def entries(self, size: int) -> Iterator[bytes]:
        """Every entry of the log at a size, oldest first."""
        for first in range(0, size, WIDTH):
            yield from self._entries_of(tile_of(ENTRIES, first, size))

    def newest_entries(self, size: int) -> Iterator[bytes]:
        """Every entry of the log at a size, newest first: who looks for a late one need not read them all."""
        for first in reversed(range(0, size, WIDTH)):
            yield from reversed(self._entries_of(tile_of(ENTRIES, first, size)))

    def _entries_of(self, tile: Tile) -> list[bytes]:
        try:
            found = read_entries(self.read(tile))
        except VerificationError as error:
            raise VerificationError(f"{self.folder / tile.path}: {error}") from error
        if len(found) < tile.width:
            raise VerificationError(f"{self.folder / tile.path} holds {len(found)} entries, not {tile.width}")
        return found[: tile.width]

    def sound_entries(self) -> list[bytes]:
        """Every entry of the newest checkpoint, none before the first; refused unless they come to its root."""
        checkpoint = self.checkpoint()
        if checkpoint is None:
            return []
        entries = list(self.entries(checkpoint.size))
        if root_hash(leaf_hashes(entries)) != checkpoint.root:
            raise VerificationError(f"the entries in {self.folder} do not come to the root of its checkpoint")
        return entries
