"""Tiles: a log's hashes and entries cut into plain files (C2SP tlog-tiles)."""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from checks.errors import VerificationError
from checks.evidence.merkle import Subtree, node_hash, root_hash

WIDTH = 256
HASH = 32
_HEIGHT = 8
_LENGTH = struct.Struct(">H")


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: its level, its number within the level, and how many hashes it holds; level -1 holds the entries."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """Its file beneath the log: `tile/0/x001/234`, and `tile/0/x001/234.p/17` while it is partial."""
        level = "entries" if self.level < 0 else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{_digits(self.number)}{partial}"

    @property
    def whole(self) -> "Tile":
        """The same tile once it is full."""
        return Tile(self.level, self.number)


ENTRIES = -1
ReadTile = Callable[[Tile], bytes]


def tile_of(level: int, index: int, size: int) -> Tile:
    """The tile that holds a hash of a level, in a log of a size; level -1 for an entry."""
    number = index // WIDTH
    at_level = size >> (_HEIGHT * max(level, 0))
    return Tile(level, number, min(WIDTH, at_level - number * WIDTH))


def subtree_from(read: ReadTile, size: int) -> Subtree:
    """Subtree hashes of a log of a size, from its tiles; each tile is read once."""
    tiles: dict[Tile, bytes] = {}

    def hashes(level: int, first: int, count: int) -> list[bytes]:
        tile = tile_of(level, first, size)
        if tile not in tiles:
            tiles[tile] = read(tile)
        start = first % WIDTH * HASH
        return [tiles[tile][at : at + HASH] for at in range(start, start + count * HASH, HASH)]

    def subtree(start: int, end: int) -> bytes:
        height = (end - start).bit_length() - 1
        if end - start != 1 << height:
            middle = start + (1 << height)
            return node_hash(subtree(start, middle), subtree(middle, end))
        level, within = divmod(height, _HEIGHT)
        return root_hash(hashes(level, start >> (_HEIGHT * level), 1 << within))

    return subtree


def tiles_after(size: int, hashes: Sequence[bytes], read: ReadTile) -> dict[Tile, bytes]:
    """The tiles that change when leaf hashes are added to a log of a size, with their new contents."""
    changed: dict[Tile, bytes] = {}
    level, before, added = 0, size, b"".join(hashes)
    while added:
        first = before // WIDTH
        kept = read(tile_of(level, before - 1, size)) if before % WIDTH else b""
        data = kept + added
        parts = [data[at : at + WIDTH * HASH] for at in range(0, len(data), WIDTH * HASH)]
        changed.update({Tile(level, first + at, len(part) // HASH): part for at, part in enumerate(parts)})
        full = [part for part in parts if len(part) == WIDTH * HASH]
        added = b"".join(root_hash([part]) for part in full)
        level, before = level + 1, before // WIDTH
    return changed


def entry_tiles_after(size: int, entries: Sequence[bytes], read: ReadTile) -> dict[Tile, bytes]:
    """The same for the entries themselves."""
    kept = read_entries(read(tile_of(ENTRIES, size - 1, size))) if size % WIDTH else []
    every, first = [*kept, *entries], size // WIDTH
    parts = [every[at : at + WIDTH] for at in range(0, len(every), WIDTH)]
    return {Tile(ENTRIES, first + at, len(part)): entries_text(part) for at, part in enumerate(parts)}


def entries_text(entries: Sequence[bytes]) -> bytes:
    """A file of entries: each with its length in two bytes before it."""
    lengths = {length: _LENGTH.pack(length) for length in {len(entry) for entry in entries}}
    return b"".join([lengths[len(entry)] + entry for entry in entries])


def read_entries(data: bytes) -> list[bytes]:
    """The entries in a file; one that ends too early is refused."""
    entries, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        entries.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    if entries_text(entries) != data:
        raise VerificationError(f"it ends within entry {len(entries) - 1}")
    return entries


def tiles_in(size: int) -> Iterator[Tile]:
    """Every tile of a log of a size, entries too; of each the widest."""
    for level in range(ENTRIES, _HEIGHT):
        at_level = size >> (_HEIGHT * max(level, 0))
        for number in range(-(-at_level // WIDTH)):
            yield Tile(level, number, min(WIDTH, at_level - number * WIDTH))


def all_tiles(entries: Sequence[bytes], hashes: Sequence[bytes]) -> Mapping[Tile, bytes]:
    """Every tile of a log that holds these entries, made anew."""

    def nothing(tile: Tile) -> bytes:
        raise VerificationError(f"{tile.path} cannot be needed by an empty log")

    return {**tiles_after(0, hashes, nothing), **entry_tiles_after(0, entries, nothing)}


def _digits(number: int) -> str:
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return "/".join(reversed(parts))
