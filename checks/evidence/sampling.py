"""Samples that an auditor draws: nobody can choose them beforehand, and anybody can draw them again."""

from collections.abc import Iterable

from checks.evidence.digests import sha256


def ranked(seed: str, leaves: Iterable[int]) -> list[int]:
    """The leaves by the digests of seed, newline and index: the order in which a seed draws them."""
    return sorted(set(leaves), key=lambda index: sha256(f"{seed}\n{index}".encode()))


def drawn(seed: str, leaves: Iterable[int], count: int) -> list[int]:
    """The leaves with the smallest digests of seed, newline and index, in the order of the log.

    With coreutils: `printf '%s\\n%d' "$seed" "$index" | sha256sum`, sorted.
    """
    return sorted(ranked(seed, leaves)[:count])
