"""The order in which workers get tests: none is lost, modules stay whole, long ones come first."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import pytest

from tests.dealing import dealt


@dataclass(frozen=True)
class Test:
    """As much of a test as its place in the order depends on."""

    __test__ = False

    path: Path
    number: int
    fixturenames: tuple[str, ...] = ()
    slow: bool = False

    def get_closest_marker(self, name: str) -> object | None:
        return name if self.slow and name == "slow" else None


def module(name: str, tests: int, **said: object) -> list[Test]:
    """Tests of one file, of which the last is what is said."""
    plain = [Test(Path(name), number) for number in range(tests - 1)]
    return [*plain, Test(Path(name), tests - 1, **said)]  # type: ignore[arg-type]


TESTS = [
    *module("quick-1", 40),
    *module("flows-1", 5, fixturenames=("sandbox",)),
    *module("flows-2", 3, fixturenames=("prefect_environment",)),
    *module("flows-3", 4, fixturenames=("sandbox",), slow=True),
    *module("quick-2", 60),
    *module("slow-1", 2, slow=True),
    *module("slow-2", 6, slow=True),
]


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7, 64])
def test_every_test_is_dealt_once_and_long_modules_stay_whole(workers: int):
    found = dealt(TESTS, workers)  # type: ignore[type-var]
    assert sorted(map(TESTS.index, found)) == list(range(len(TESTS)))  # type: ignore[arg-type]
    long = [test.path.name for test in found if not test.path.name.startswith("quick")]
    assert len(list(groupby(long))) == 5


def test_every_worker_begins_with_its_share_of_the_long_ones():
    found, part = dealt(TESTS, 4), len(TESTS) // 4  # type: ignore[type-var]
    begin = [found[number * part].path.name for number in range(4)]
    assert begin == ["flows-1", "flows-2", "slow-1", "slow-2"]
    needing = [index // part for index, test in enumerate(found) if test.path.name.startswith("flows")]
    assert set(needing) == {0, 1}, "two workers need no server"


def test_one_worker_alone_goes_from_top_to_bottom():
    assert dealt(TESTS, 1) == TESTS  # type: ignore[type-var]
