"""The evidence log: appends leaves to a tiled Merkle log in plain files, one signed checkpoint after another."""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from checks.errors import SealError, VerificationError
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.merkle import leaf_hash
from checks.evidence.notes import NoteKey, NoteKeyType, NoteSignature, SignedNote
from checks.evidence.tiles import WIDTH, Tile, entry_tiles_after, subtree_from, tiles_after
from tasks.sealing.log_files import CHECKPOINT, LOG, LogFiles
from tasks.sealing.signers import Signer

NEXT = ".checkpoint.next"
_LONGEST = 0xFFFF


@dataclass(frozen=True, slots=True)
class Appending:
    """A leaf on its way: its place, the checkpoint that will hold it, the tiles it changes, and what has to be synced.

    It is in the log as soon as the checkpoint is in force, and not before. A crash leaves tiles beyond the checkpoint,
    where nobody looks and the next leaf overwrites, and the next checkpoint beside the one in force.
    """

    index: int
    note: SignedNote
    tiles: tuple[Tile, ...]
    paths: tuple[Path, ...]


class EvidenceLog:
    """Appends to the log beneath an evidence root; only to be used under the writer's lock.

    The checkpoint is what counts: replacing it, in one step, is what puts a leaf into the log. One that was signed is
    put in force by whoever comes next, unless what it was to hold never reached the disk.
    """

    def __init__(self, root: Path, signer: Signer) -> None:
        self.files = LogFiles(root / LOG)
        self._signer = signer

    @property
    def size(self) -> int:
        """How many leaves there are, and so the index of the next."""
        checkpoint = self.files.checkpoint()
        return 0 if checkpoint is None else checkpoint.size

    def key(self, origin: str) -> NoteKey:
        """The key that signs checkpoints, under the log's name."""
        return NoteKey(origin, NoteKeyType.NOTE, self._signer.public_key)

    def origin(self, entry: bytes) -> str:
        """The log's name. A log that begins with an entry is called so that no other is: two that begin with the same
        leaf under the same key are the same log.
        """
        checkpoint = self.files.checkpoint()
        if checkpoint is not None:
            return checkpoint.origin
        raw = self._signer.public_key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return f"readiness-evidence/log/{hashlib.sha256(raw + entry).hexdigest()[:16]}"

    def holds_last(self, entry: bytes) -> bool:
        """Whether an entry is the newest leaf."""
        size = self.size
        return size > 0 and self.files.leaf(size - 1, size) == leaf_hash(entry)

    def prepare(self, entry: bytes) -> Appending:
        """Writes what a further leaf needs; refused where the tiles that are there do not fit the checkpoint."""
        if len(entry) > _LONGEST:
            raise SealError(f"an entry of the evidence log has {len(entry)} bytes; {_LONGEST} are the most")
        before = self._sound_checkpoint()
        size = 0 if before is None else before.size
        tiles = tiles_after(size, [leaf_hash(entry)], self.files.read)
        changed = {**tiles, **entry_tiles_after(size, [entry], self.files.read)}
        root = subtree_from(lambda tile: tiles.get(tile) or self.files.read(tile), size + 1)(0, size + 1)
        checkpoint = Checkpoint(self.origin(entry), size + 1, root)
        note = self._signed(checkpoint)
        files = {**{tile.path: data for tile, data in changed.items()}, NEXT: note.data}
        paths = [path for name, data in files.items() for path in _written(self.files.folder / name, data)]
        return Appending(size, note, tuple(changed), tuple(dict.fromkeys(paths)))

    def commit(self, tiles: Sequence[Tile] = ()) -> Path:
        """Puts the checkpoint that was prepared in force; returns the folder that has to be synced."""
        (self.files.folder / NEXT).replace(self.files.folder / CHECKPOINT)
        for tile in tiles:
            if tile.width == WIDTH:
                shutil.rmtree(f"{self.files.folder / tile.path}.p", ignore_errors=True)
        return self.files.folder

    def pending(self) -> tuple[SignedNote, bytes] | None:
        """A checkpoint that was prepared and never put in force, and the entry it adds; `None` if there is none whole.

        A power cut may have torn what had not reached the disk.
        """
        path = self.files.folder / NEXT
        try:
            note = SignedNote.parse(path.read_bytes())
            checkpoint = Checkpoint.of(note)
            entry = self.files.entry(checkpoint.size - 1, checkpoint.size)
            whole = self.files.subtree(checkpoint.size)(0, checkpoint.size) == checkpoint.root
            fits = checkpoint.size == self.size + 1
        except FileNotFoundError:
            return None
        except VerificationError:
            whole = fits = False
        return (note, entry) if whole and fits else None

    def drop(self) -> bool:
        """Forgets a checkpoint that was prepared, since what it was to hold is not there; whether there was one."""
        try:
            (self.files.folder / NEXT).unlink()
        except FileNotFoundError:
            return False
        return True

    def _sound_checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint, if the tiles still come to the root that it states."""
        checkpoint = self.files.checkpoint()
        if checkpoint is None:
            return None
        try:
            found = self.files.subtree(checkpoint.size)(0, checkpoint.size)
        except VerificationError as error:
            raise SealError(f"{error}; restore {self.files.folder} from another copy of the evidence") from error
        if found != checkpoint.root:
            raise SealError(
                f"the tiles in {self.files.folder} do not come to the root of its checkpoint;"
                " restore it from another copy of the evidence"
            )
        return checkpoint

    def _signed(self, checkpoint: Checkpoint) -> SignedNote:
        key = self.key(checkpoint.origin)
        signature = NoteSignature(key.name, key.id, self._signer.sign(checkpoint.text))
        return SignedNote(checkpoint.text, (signature,))


def _written(path: Path, data: bytes) -> Iterator[Path]:
    """Writes a file; what has to be synced so that it is found again: itself and the folders that changed."""
    made = [folder for folder in path.parents if not folder.exists()]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    yield path
    yield path.parent
    yield from (folder.parent for folder in made)
