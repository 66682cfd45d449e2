"""Tables with known edits again: reladiff and datacompy find what the engine finds, where they can answer.

They need keys that do not repeat. reladiff knows neither floats to the last bit nor what is not in a database. The
tables are the same in every run: one day hypothesis would find a fault of theirs.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings

from tasks.comparison import Comparison, ComparisonResult, compare
from tests.tasks.comparison.pairs.stores import COLUMNS, RULES, Stores
from tests.tasks.comparison.pairs.test_known_edits import EDITS, ROWS, edited, keyed, small

pytestmark = pytest.mark.timeout(300)
PEERS = Path(__file__).parents[4] / ".peers/bin/python"
Ask = Callable[..., dict[str, Any]]


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


def known(examples: int):
    return settings(small(examples), derandomize=True)


def found(result: ComparisonResult) -> dict[str, list[Any]]:
    """The keys of missing, extra and changed rows; there are fewer than samples are kept."""
    samples = [(one.kind, one.key["id"]) for one in result.samples]
    return {kind: [key for of, key in samples if of == kind] for kind in ("missing", "extra", "changed")}


def tables(rows: list[Any], edits: list[Any]) -> tuple[list[Any], list[Any]]:
    before = keyed(rows)
    after = edited(before, [edit for edit in edits if edit[0] != "repeat"])
    after = list({row[0]: row for row in after}.values())
    assume(before and after)
    return before, after


@given(rows=ROWS, edits=EDITS)
@known(15)
def test_reladiff_finds_the_same_rows(ask: Ask, postgres_database, rows, edits):
    before, after = tables(rows, edits)
    columns = [name for name in COLUMNS[1:] if name != "score"]
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder), postgres_database, "")
        sides = [stores.write("postgresql", side) for side in (before, after)]
        ours = compare(Comparison(*sides, key=("id",), rules=RULES, columns=tuple(columns)))
        theirs = ask("reladiff", *([side.address, side.relation] for side in sides), columns)
    assert found(ours) == theirs


@given(rows=ROWS, edits=EDITS)
@known(25)
def test_datacompy_finds_the_same_rows_and_columns(ask: Ask, rows, edits):
    before, after = tables(rows, edits)
    with tempfile.TemporaryDirectory() as folder:
        stores = Stores(Path(folder), "", "")
        sides = [stores.write("parquet", side) for side in (before, after)]
        ours = compare(Comparison(*sides, key=("id",)))
        theirs = ask("datacompy", *(side.address for side in sides))
    columns = {name: column.changed for name, column in ours.columns.items()}
    assert found(ours) | {"columns": columns} == theirs
