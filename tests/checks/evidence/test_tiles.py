"""Tiles: the same tree as files, whichever way it came to be."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.errors import VerificationError
from checks.evidence.merkle import leaf_hash, root_hash
from checks.evidence.tiles import (
    ENTRIES,
    Tile,
    all_tiles,
    entries_text,
    entry_tiles_after,
    read_entries,
    subtree_from,
    tiles_after,
    tiles_in,
)


def entries(size):
    return [b"entry %d" % number for number in range(size)]


def hashes(size):
    return [leaf_hash(entry) for entry in entries(size)]


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0, 17), "tile/0/000.p/17"),
        (Tile(2, 1000, 1), "tile/2/x001/000.p/1"),
        (Tile(ENTRIES, 5), "tile/entries/005"),
    ],
)
def test_a_tile_has_the_path_of_the_specification(tile, path):
    assert tile.path == path


def test_a_log_of_70000_has_the_tiles_of_the_specification():
    found = [tile for tile in tiles_in(70_000) if tile.level >= 0]
    assert sum(tile == tile.whole for tile in found) == 273 + 1
    assert {tile.path for tile in found if tile != tile.whole} == {
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    }


@settings(max_examples=25)
@given(st.integers(0, 70_000), st.integers(1, 70_000))
def test_the_tree_of_the_tiles_is_that_of_the_leaves(start, length):
    size = 66_000
    start, end = start % size, min(size, start % size + length)
    tiles = LARGE
    step = 1 << ((start & -start).bit_length() - 1 if start else 40)
    end = min(end, start + step)  # a subtree starts at a multiple of its own size
    assert subtree_from(tiles.__getitem__, size)(start, end) == root_hash(LARGE_HASHES[start:end])


LARGE_HASHES = hashes(66_000)
LARGE = all_tiles(entries(66_000), LARGE_HASHES)


@settings(max_examples=40)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_appending_bit_by_bit_gives_the_tiles_of_all_at_once(steps):
    size, tiles = 0, {}
    for step in steps:
        read = tiles.__getitem__
        more = entries(size + step)[size:]
        changed = tiles_after(size, [leaf_hash(entry) for entry in more], read)
        tiles |= {**changed, **entry_tiles_after(size, more, read)}
        size += step
    expected = all_tiles(entries(size), hashes(size))
    assert set(expected) == set(tiles_in(size))
    assert {tile: tiles[tile] for tile in expected} == expected


def test_entries_come_back_as_they_were():
    assert read_entries(entries_text([b"", b"a", b"b" * 65_535])) == [b"", b"a", b"b" * 65_535]


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_entries_that_end_too_early_are_refused(cut):
    with pytest.raises(VerificationError, match="ends within entry"):
        read_entries(entries_text([b"first", b"abc"])[:-cut])
