"""Merkle trees: RFC 6962's known answers, and what holds for every tree."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from checks.evidence.merkle import (
    EMPTY_ROOT,
    consistency_path,
    inclusion_path,
    is_consistent,
    leaf_hash,
    node_hash,
    root_from_inclusion,
    root_hash,
    subtree_of,
)

# Inputs and roots that the Certificate Transparency projects share.
LEAVES = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

sizes = st.integers(1, 300)


def leaves(size):
    return [leaf_hash(b"%d" % number) for number in range(size)]


def recursive(hashes):
    """The definition, word for word."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node_hash(recursive(hashes[:split]), recursive(hashes[split:]))


def test_the_known_roots():
    assert [root_hash([leaf_hash(leaf) for leaf in LEAVES[:size]]).hex() for size in range(1, 9)] == ROOTS


def test_the_empty_tree_has_the_hash_of_nothing():
    assert root_hash([]) == EMPTY_ROOT == hashlib.sha256(b"").digest()


@given(sizes)
def test_the_root_is_the_one_of_the_recursive_definition(size):
    assert root_hash(leaves(size)) == recursive(leaves(size))


@given(st.data(), sizes)
def test_every_leaf_has_a_path_to_the_root(data, size):
    index = data.draw(st.integers(0, size - 1))
    hashes = leaves(size)
    path = inclusion_path(index, size, subtree_of(hashes))
    assert root_from_inclusion(hashes[index], index, size, path) == root_hash(hashes)


@given(st.data(), st.integers(2, 300))
def test_a_path_leads_to_the_root_from_no_other_place(data, size):
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    hashes = leaves(size)
    path = inclusion_path(index, size, subtree_of(hashes))
    assert root_from_inclusion(hashes[other], other, size, path) != root_hash(hashes)
    assert root_from_inclusion(hashes[index], other, size, path) != root_hash(hashes)


@given(st.data(), st.integers(2, 300))
def test_a_path_of_another_length_leads_nowhere(data, size):
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, subtree_of(leaves(size)))
    for wrong in (path[:-1], [*path, path[-1]]):
        assert root_from_inclusion(leaves(size)[index], index, size, wrong) is None


@given(st.data(), sizes)
def test_a_longer_log_is_shown_to_begin_with_every_shorter_one(data, size):
    first = data.draw(st.integers(0, size))
    hashes = leaves(size)
    path = consistency_path(first, size, subtree_of(hashes))
    assert is_consistent((first, root_hash(hashes[:first])), (size, root_hash(hashes)), path)


@given(st.data(), st.integers(2, 300))
def test_a_log_whose_past_was_changed_is_not_consistent(data, size):
    first = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, first - 1))
    hashes = leaves(size)
    other = [*hashes[:changed], leaf_hash(b"another"), *hashes[changed + 1 :]]
    path = consistency_path(first, size, subtree_of(other))
    assert not is_consistent((first, root_hash(hashes[:first])), (size, root_hash(other)), path)
    assert not is_consistent((first, root_hash(hashes[:first])), (size, root_hash(hashes)), [*path, path[-1]])
    assert not is_consistent((first, root_hash(hashes[:first])), (size, root_hash(hashes)), path[:-1])


def test_a_log_never_shrinks_and_equal_sizes_have_equal_roots():
    three, two = root_hash(leaves(3)), root_hash(leaves(2))
    assert not is_consistent((3, three), (2, two), [])
    assert not is_consistent((3, three), (3, two), [])
    assert is_consistent((3, three), (3, three), [])
    assert not is_consistent((3, three), (3, three), [two])
    assert not is_consistent((0, two), (3, three), [])
