"""Merkle trees as RFC 6962, section 2.1 has them: hashes, proofs, and checking proofs."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

Subtree = Callable[[int, int], bytes]
"""The hash of the leaves in [start, end): `MTH(D[start:end])`."""

_LEAF, _NODE = b"\x00", b"\x01"
_HASH = 32
EMPTY_ROOT = hashlib.sha256().digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """What an entry contributes to the tree."""
    return hashlib.sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The same for many entries: a log is rebuilt at the pace of this loop."""
    sha256, leaf = hashlib.sha256, _LEAF
    return [sha256(leaf + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """What two neighbours come to."""
    return hashlib.sha256(_NODE + left + right).digest()


def root_hash(hashes: Sequence[bytes]) -> bytes:
    """The root above some leaf hashes, or above the roots of equally high full subtrees.

    Level by level over one run of bytes: a neighbourless node at the end rises as it is, which comes to the same tree
    as the recursive definition.
    """
    if not hashes:
        return EMPTY_ROOT
    level = b"".join(hashes)
    sha256, node = hashlib.sha256, _NODE
    while len(level) > _HASH:
        whole = len(level) // (2 * _HASH) * 2 * _HASH
        pairs = range(0, whole, 2 * _HASH)
        level = b"".join([sha256(node + level[at : at + 64]).digest() for at in pairs]) + level[whole:]
    return level


def subtree_of(hashes: Sequence[bytes]) -> Subtree:
    """Subtree hashes of leaves that are all at hand."""
    return lambda start, end: root_hash(hashes[start:end])


def inclusion_path(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """The hashes that lead from a leaf to the root of a tree of some size (section 2.1.1), the leaf's sibling first."""
    start, end, path = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start = middle
    return path[::-1]


def consistency_path(first: int, second: int, subtree: Subtree) -> list[bytes]:
    """The hashes that show a tree to begin with a smaller one (section 2.1.2); none for an empty or an equal one."""
    if first in (0, second):
        return []
    start, end, path, whole = 0, second, [], True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            path.append(subtree(middle, end))
            end = middle
        else:
            path.append(subtree(start, middle))
            start, whole = middle, False
    return ([] if whole else [subtree(start, end)]) + path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root that a path leads to from a leaf; `None` if no path of that length leads to any (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return None
    at, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return found if last == 0 else None


def is_consistent(first: tuple[int, bytes], second: tuple[int, bytes], path: Sequence[bytes]) -> bool:
    """Whether a path shows that the second tree (size, root) begins with the first (RFC 9162, section 2.1.4.2)."""
    (size, root), (later, later_root) = first, second
    if size > later:
        return False
    if size == later:
        return not path and root == later_root
    if size == 0:
        return not path and root == EMPTY_ROOT
    steps = list(path) if size & (size - 1) else [root, *path]
    return bool(steps) and _both_roots(size - 1, later - 1, steps) == (root, later_root)


def _both_roots(at: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if at & 1 or at == last:
            old, new = node_hash(step, old), node_hash(step, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, step)
        at, last = at >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """The largest power of two below a size of two or more."""
    return 1 << ((size - 1).bit_length() - 1)
