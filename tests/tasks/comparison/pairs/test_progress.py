"""Who watches a comparison hears rows, and of about how many, whatever way it takes; a query under way is heard too."""

import gzip
import random
from pathlib import Path

import pyarrow as pa
import pytest

from tasks.comparison import Comparison, Location, Progress, compare
from tasks.comparison.duck import session
from tasks.comparison.duck.session import Duck
from tasks.comparison.files.lines_about import lines_about
from tests.tasks.comparison.pairs.stores import write_csv, write_jsonlines, write_parquet, write_postgres, write_sqlite

ROWS = [(number, f"name {number * 7919 % 10_007}") for number in range(1, 20_001)]
EDITED = [(key, "other" if key % 5_000 == 7 else name) for key, name in ROWS]
SHUFFLED = random.Random(5).sample(EDITED, len(EDITED))
NAMES, TYPES, KEYED = ("id", "name"), "id bigint, name varchar", "id bigint primary key, name text"
TOTAL = 2 * len(ROWS)


@pytest.fixture(autouse=True)
def told_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "TOLD_SECONDS", 0.002)


def heard(left: Location, right: Location, way: str | None = None) -> tuple[str, list[Progress]]:
    told: list[Progress] = []
    result = compare(Comparison(left, right, key=("id",), way=way), progress=told.append)
    assert (result.rows.left, result.rows.right, result.rows.changed) == (len(ROWS), len(ROWS), 4)
    return result.plan.way, told


def files(folder: Path, form: str, right: list[tuple[object, ...]] = EDITED) -> tuple[Location, Location]:
    def write(name: str, rows: list[tuple[object, ...]]) -> Location:
        path = folder / f"{name}.{form}"
        if form == "parquet":
            return Location(str(write_parquet(path, rows, TYPES)))
        return Location(str((write_csv if form.startswith("csv") else write_jsonlines)(path, rows, NAMES)))

    return write("a", ROWS), write("b", right)


@pytest.mark.parametrize(
    ("form", "right", "way", "phases"),
    [
        ("parquet", EDITED, "aligned", {"keys", "read"}),
        ("parquet", SHUFFLED, "joined", {"keys", "read", "join", "values"}),
        ("csv", EDITED, "merged", {"merge", "keys"}),
        ("jsonl", EDITED, "merged", {"merge", "keys"}),
        ("jsonl", SHUFFLED, "sifted", {"merge", "hash a.jsonl", "hash b.jsonl", "keys"}),
        ("csv.gz", EDITED, "joined", {"read", "join", "values"}),
        ("jsonl", EDITED, "reference", {"read", "prove"}),
    ],
)
def test_files_are_told_with_an_estimate(tmp_path: Path, form: str, right, way: str, phases: set[str]):
    taken, told = heard(*files(tmp_path, form, right), way=None if way in {"joined", "sifted"} else way)
    assert taken == way
    assert {one.phase for one in told} - {"values"} == phases - {"values"}
    main = [one for one in told if one.phase in {"read", "merge"} or one.phase.startswith("hash")]
    assert all(one.of is not None and abs(one.of - TOTAL) < TOTAL * 0.6 for one in main)
    assert all(one.rows >= 0 for one in told)
    for phase in phases:
        rows = [one.rows for one in told if one.phase == phase]
        assert rows == sorted(rows), f"{phase} goes back"


@pytest.mark.parametrize("way", ["segments", "digests", "streamed"])
def test_postgresql_is_told_with_an_estimate(postgres_database: str, way: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("tasks.comparison.postgres.ranged.ROWS_OF_A_PART", 4_000)
    monkeypatch.setattr("tasks.comparison.postgres.ranged.CHUNK_ROWS", 4_000)
    monkeypatch.setattr("tasks.comparison.postgres.streamed.ROWS_AT_ONCE", 4_000)
    left, right = (write_postgres(postgres_database, *one, KEYED) for one in (("told_l", ROWS), ("told_r", EDITED)))
    taken, told = heard(left, right, way)
    assert taken == way
    main = [one for one in told if one.phase == ("segments" if way == "segments" else "digests")]
    assert main[-1].rows == TOTAL
    assert len({one.rows for one in main}) > 3
    assert all(one.of for one in told if one.phase != "values")


def test_a_server_and_a_file_are_told_together(postgres_database: str, tmp_path: Path):
    left = write_postgres(postgres_database, "told_l", ROWS, KEYED)
    taken, told = heard(left, files(tmp_path, "parquet")[1])
    assert taken == "hashed"
    main = [one for one in told if one.phase == "read"]
    assert main[-1].rows == TOTAL
    assert all(one.of and abs(one.of - TOTAL) < TOTAL * 0.6 for one in main)


def test_sqlite_is_told_range_by_range(tmp_path: Path):
    declared = "id integer primary key, name text"
    left, right = (
        write_sqlite(tmp_path / f"{name}.db", "t", rows, declared) for name, rows in (("a", ROWS), ("b", EDITED))
    )
    taken, told = heard(left, right)
    assert taken == "attached"
    assert {one.of for one in told} == {TOTAL}
    assert [one.rows for one in told] == sorted(one.rows for one in told)
    assert (told[-1].rows, told[-1].of) == (TOTAL, TOTAL)


def test_a_query_under_way_is_heard_and_can_be_ended(tmp_path: Path):
    slow = "select count(*) from range(100000) a, range(100000) b where (a.range * b.range) % 7 = 3"
    shares: list[float] = []

    def heard_share(share: float) -> None:
        shares.append(share)
        if len(shares) > 20:
            raise InterruptedError

    with Duck("duck") as duck:
        with pytest.raises(InterruptedError), duck.telling(heard_share):
            duck.all(slow)
        assert duck.one("select 1") == (1,)
    assert len(shares) == 21
    assert all(0 <= share <= 1 for share in shares)


@pytest.mark.parametrize("form", ["", ".gz", ".zst"])
def test_about_how_many_lines_there_are(tmp_path: Path, form: str):
    data = "".join(f"{number},{number * 7919 % 10_007}\n" for number in range(900_000)).encode()
    packed = {"": data, ".gz": gzip.compress(data), ".zst": pa.Codec("zstd").compress(data, asbytes=True)}
    path = tmp_path / f"a.csv{form}"
    path.write_bytes(packed[form])
    assert 600_000 < lines_about(path) < 1_300_000
