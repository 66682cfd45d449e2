"""In which order tests run where several workers share them."""

from collections.abc import Sequence
from itertools import chain, groupby

import pytest

_SERVERS = ("prefect_environment", "sandbox")
"""Session fixtures that take a worker ten seconds to start."""


def dealt(items: Sequence[pytest.Item], workers: int) -> list[pytest.Item]:
    """The tests so ordered that each worker gets its share of the long ones, and begins with them.

    A worker is first given a part of the list, as long as the others' (`--dist worksteal`), and takes from the end of
    another's once it has nothing left. So every part is made of modules that take long, then of quick ones. Modules
    stay whole, since their tests share what is made once; those that need a server go to half of the workers, so that
    the others need not start one.
    """
    if workers < 2:
        return list(items)
    modules = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    served = [tests for tests in modules if any(_is_served(one) for one in tests)]
    slow = [tests for tests in modules if tests not in served and any(_is_slow(one) for one in tests)]
    quick = list(chain.from_iterable(tests for tests in modules if tests not in served and tests not in slow))
    half = (workers + 1) // 2
    parts = [*(_every(served, half, number) for number in range(half))]
    parts += [*(_every(slow, workers - half, number) for number in range(workers - half))]
    ordered: list[pytest.Item] = []
    for number, part in enumerate(parts, start=1):
        room = max(0, len(items) * number // workers - len(ordered) - len(part))
        ordered += [*part, *quick[:room]]
        del quick[:room]
    return [*ordered, *quick]


def _every(modules: Sequence[list[pytest.Item]], step: int, first: int) -> list[pytest.Item]:
    return list(chain.from_iterable(modules[first::step]))


def _is_served(item: pytest.Item) -> bool:
    return any(name in getattr(item, "fixturenames", ()) for name in _SERVERS)


def _is_slow(item: pytest.Item) -> bool:
    return item.get_closest_marker("slow") is not None
