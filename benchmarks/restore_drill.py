"""What a restore drill costs beside a bare `pg_restore -j 2` of the same archive: a generated database of 2 GB.

Drill and bare restore take turns in one run, both into new databases on the same server, which this script starts and
removes; the figures are medians of the rounds. A drill is a process of its own: it looks for the archive, hashes and
lists it, restores it with two jobs, compares schema and rows with the source, asks for the canary and the application's
questions, drops the copy, and ends with the row of its evidence. With `--temporary` it also restores into a server that
it starts itself.
Usage: python -m benchmarks.restore_drill [--quick] [--json] [--megabytes N] [--rounds N] [--folder DIR] [--temporary]
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from examples.sandbox.database import Cluster

MEGABYTES, QUICK_MEGABYTES, ROUNDS = 2_000, 60, 3
RATIO, PEAK_MEGABYTES = 1.25, 300
TABLES = 4
_ROWS_OF_A_MEGABYTE = 1_000_000 / 190 / TABLES
"""A row takes about 190 bytes with what its two indexes hold of it."""
_COLUMNS = """
    i::bigint as id, 'tenant ' || i % 997 as tenant, (i::bigint * 7919 % 10000000)::numeric(12, 2) / 100 as amount,
    timestamptz '2026-01-01' + i * interval '1 second' as booked_at, md5(i::text) || md5((i + 1)::text) as note
"""
SOURCE = "ledger"
PARTS = ("source", "fetch", "restore", "verify", "smoke", "teardown")
"""What a drill consists of, in this order; its source is looked at before the disaster is declared."""


def make(cluster: "Cluster", folder: Path, megabytes: int) -> float:
    """Fills the source and dumps it, with its checksum beside it; returns the source's size in megabytes."""
    import psycopg

    from examples.sandbox.database import binaries

    rows = max(1, int(megabytes * _ROWS_OF_A_MEGABYTE))
    with psycopg.connect(cluster.url("postgres", SOURCE), autocommit=True) as connection:
        for number in range(TABLES):
            connection.execute(f"create table entries{number} as select {_COLUMNS} from generate_series(1, {rows}) i")
            connection.execute(f"alter table entries{number} add primary key (id)")
            connection.execute(f"create index on entries{number} (tenant, booked_at)")
        connection.execute("create table heartbeat as select 'canary' as name, now() as beat_at")
        connection.execute("vacuum (freeze, analyze)")
        (size,) = connection.execute("select pg_database_size(current_database())").fetchone() or (0,)
    archive = folder / "ledger.dump"
    environment = {**os.environ, **cluster.client_environment(SOURCE)}
    subprocess.run([binaries() / "pg_dump", "--format=custom", f"--file={archive}"], env=environment, check=True)
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    archive.with_name(f"{archive.name}.sha256").write_text(f"{digest}  {archive.name}\n")
    return float(size) / 1e6


def bare(cluster: "Cluster", archive: Path) -> float:
    """Seconds of `pg_restore -j 2` into a new database, which is made and dropped off the clock."""
    from psycopg import sql

    from examples.sandbox.database import binaries

    cluster.ask(sql.SQL("create database bare template template0"))
    began = time.perf_counter()
    restore: list[str | Path] = [binaries() / "pg_restore", "--jobs=2", "--dbname=bare", archive]
    subprocess.run(restore, env={**os.environ, **cluster.client_environment("bare")}, check=True)
    seconds = time.perf_counter() - began
    cluster.ask(sql.SQL("drop database bare with (force)"))
    return seconds


def drilled(cluster: "Cluster", folder: Path, *, temporary: bool) -> dict[str, Any]:
    """One drill in a process of its own: seconds of the whole collection, peak memory, its spans, what is wrong."""
    asked = {"folder": str(folder), "url": cluster.url("postgres", SOURCE), "temporary": temporary}
    command = [sys.executable, "-m", "benchmarks.restore_drill", "--one", "-"]
    here = Path(__file__).parent.parent
    done = subprocess.run(command, input=json.dumps(asked).encode(), stdout=subprocess.PIPE, check=True, cwd=here)
    told: dict[str, Any] = json.loads(done.stdout)
    if told["wrong"]:
        raise SystemExit(f"the drill did not pass: {told['wrong']}")
    return told


def one(asked: dict[str, Any]) -> None:
    """Drills and prints what it took, for `drilled`; the questions put to the copy are those of a real catalogue."""
    import resource

    from checks.kinds.backup import BackupCheck
    from examples.sandbox.database import binaries
    from tasks.collectors.backup import BackupCollector
    from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources

    tables = {f"public.entries{number}": {"newest": "booked_at"} for number in range(TABLES)}
    into = {} if asked["temporary"] else {"into": "rehearsals", "isolated": True}
    questions = {"canary": "select true from heartbeat", "smoke": ["select * from entries0 order by id desc limit 1"]}
    check = BackupCheck.model_validate(
        {
            "id": "drill",
            "backups": "backups:*.dump",
            "of": "source",
            "programs": "programs",
            "tables": tables,
            "restore": {**into, **questions},
        }
    )
    sources = Sources(
        {
            "backups": FolderAccess("backups", Path(asked["folder"]), 0),
            "programs": FolderAccess("programs", binaries(), 0),
            "source": DatabaseAccess("source", asked["url"], 3600),
            "rehearsals": DatabaseAccess("rehearsals", asked["url"], 3600),
        }
    )
    called, began = datetime.now(UTC), time.perf_counter()
    evidence = asyncio.run(BackupCollector(sources, lambda: datetime.now(UTC)).collect(check))
    seconds = time.perf_counter() - began
    row = evidence.rows[0].model_dump()
    causes = {name: row[name] for name in row if name.endswith("cause") and row[name]}
    passed = row["restored"] and row["schema_differences"] == 0 and row["least_share"] == 1.0 and row["smoke"]
    spans = {name: row[f"{name}_seconds"] for name in ("fetch", "restore", "verify", "smoke", "teardown")}
    spans["source"] = (row["declared_at"] - called).total_seconds()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {"seconds": seconds, "megabytes": peak, "wrong": {} if passed else causes or row, **spans}, default=str
        )
    )


def measure(megabytes: int, rounds: int, parent: Path | None, *, temporary: bool) -> list[dict[str, Any]]:
    """Bare restore and drill in turns, on a server that is gone in the end with all that it holds."""
    from examples.sandbox.database import Cluster
    from examples.sandbox.folder import Folder

    root = Path(tempfile.mkdtemp(prefix="readiness-benchmark-", dir=parent))
    cluster: Cluster | None = None
    try:
        folder = Folder(root / "server")
        folder.root.mkdir()
        folder.clear()
        cluster = Cluster(folder)
        cluster.start()
        (root / "backups").mkdir()
        size = make(cluster, root / "backups", megabytes)
        kinds = {"a declared server": False} | ({"a temporary server": True} if temporary else {})
        taken: dict[str, list[dict[str, Any]]] = {name: [] for name in kinds}
        for _ in range(rounds):
            for name, into_temporary in kinds.items():
                least = bare(cluster, root / "backups" / "ledger.dump")
                ours = drilled(cluster, root / "backups", temporary=into_temporary)
                taken[name].append({**ours, "bare": least, "ratio": ours["seconds"] / least})
        archive = (root / "backups" / "ledger.dump").stat().st_size / 1e6
        sizes = {"database": round(size), "archive": round(archive)}
        return [{"into": name, **sizes, **_medians(each)} for name, each in taken.items()]
    finally:
        if cluster is not None:
            cluster.stop()
        shutil.rmtree(root, ignore_errors=True)


def _medians(rounds: list[dict[str, Any]]) -> dict[str, float]:
    figures = ("seconds", "bare", "ratio", "megabytes", *PARTS)
    return {name: round(statistics.median(one[name] for one in rounds), 2) for name in figures}


def targets(rows: list[dict[str, Any]], megabytes: int) -> list[dict[str, Any]]:
    """What is to be reached, and whether it was; of a small database the drill's fixed costs are most of the time."""
    found = []
    for row in rows:
        reached = [("MB", row["megabytes"], float(PEAK_MEGABYTES))]
        if megabytes >= MEGABYTES:
            reached.append(("× pg_restore -j 2", row["ratio"], RATIO))
        found += [
            {"what": f"{row['into']}: {what}", "value": value, "limit": most, "met": value <= most}
            for what, value, most in reached
        ]
    return found


def main() -> None:
    """Prints a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_MEGABYTES} MB and one round")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--megabytes", type=int, help="size of the generated database")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--folder", type=Path, help="where the server and the archive go meanwhile")
    parser.add_argument("--temporary", action="store_true", help="drills into a server of its own too")
    parser.add_argument("--one", metavar="-", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(json.load(sys.stdin))
        return
    megabytes = asked.megabytes or (QUICK_MEGABYTES if asked.quick else MEGABYTES)
    rounds = asked.rounds or (1 if asked.quick else ROUNDS)
    rows = measure(megabytes, rounds, asked.folder, temporary=asked.temporary)
    result = {"name": "restore_drill", "cores": os.cpu_count(), "rows": rows, "targets": targets(rows, megabytes)}
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


def table(result: dict[str, Any]) -> str:
    """The measurements and targets as text."""
    shown = {"into": "drill into", "database": "DB MB", "archive": "dump MB", "bare": "bare s", "seconds": "drill s"}
    shown |= {"ratio": "ratio", "megabytes": "peak MB", **{part: part for part in PARTS}}
    lines = [
        f"{row['into']:<19}" + "".join(f"{row[name]:>9}" for name in list(shown)[1:])
        for row in (shown, *result["rows"])
    ]
    lines += [
        f"{'met ' if one['met'] else 'MISS'} {one['what']}: {one['value']} (≤ {one['limit']})"
        for one in result["targets"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
