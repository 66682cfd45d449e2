"""Tables with known edits again: reladiff and datacompy find what the engine finds, where they can answer.

They need one key that does not repeat. reladiff knows neither floats to the last bit nor what is not in a database, and
to datacompy a null among bytes differs from a null. The tables are the same in every run: one day hypothesis would find
a fault of theirs.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tasks.comparison import ComparisonResult, compare
from tests.tasks.comparison.pairs import held_types as held
from tests.tasks.comparison.pairs.test_known_edits import small, tidy_tables, written
from tests.tasks.comparison.pairs.typed_stores import TypedStores

pytestmark = pytest.mark.timeout(300)
PEERS = Path(__file__).parents[4] / ".peers/bin/python"
Ask = Callable[..., dict[str, Any]]
PLAIN = ("postgresql", "mysql")
"""Stores whose common values are finite, and times that Python holds: the peers know no others."""
KNOWN_TO_BOTH = (held.SHORTS, held.INTS, held.LONGS, held.WORDS, held.FLAGS, held.INSTANTS, held.DATES)


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    if not PEERS.exists():
        pytest.skip("reladiff and datacompy are not here: make peers")
    program = Path(__file__).with_name("peers.py")
    with subprocess.Popen([PEERS, program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as peers:

        def asked(peer: str, *arguments: object) -> dict[str, Any]:
            peers.stdin.write(json.dumps([peer, arguments]) + "\n")
            peers.stdin.flush()
            return json.loads(peers.stdout.readline())

        yield asked
        peers.stdin.close()


def found(result: ComparisonResult) -> dict[str, list[Any]]:
    """The keys of missing, extra and changed rows; there are fewer than samples are kept."""
    samples = [(one.kind, one.key["id"]) for one in result.samples]
    return {kind: [key for of, key in samples if of == kind] for kind in ("missing", "extra", "changed")}


@given(made=tidy_tables(PLAIN, KNOWN_TO_BOTH))
@small(10)
def test_reladiff_finds_the_same_rows(ask: Ask, postgres_database, made):
    with tempfile.TemporaryDirectory() as folder:
        request = written(TypedStores(Path(folder), postgres_database, ""), made, ("postgresql", "postgresql"))
        sides = [[side.address, side.relation] for side in (request.left, request.right)]
        assert found(compare(request)) == ask("reladiff", *sides, [name for name, _ in made.columns[1:]])


@given(made=tidy_tables(PLAIN, (*KNOWN_TO_BOTH, held.MONEY, held.DOUBLES, held.TIMES)))
@small(20)
def test_datacompy_finds_the_same_rows_and_columns(ask: Ask, made):
    with tempfile.TemporaryDirectory() as folder:
        request = written(TypedStores(Path(folder), "", ""), made, ("parquet", "parquet"))
        ours = compare(request)
        theirs = ask("datacompy", request.left.address, request.right.address)
    columns = {name: column.changed for name, column in ours.columns.items()}
    assert found(ours) | {"columns": columns} == theirs
