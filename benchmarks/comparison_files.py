"""What a comparison of files costs beside the mere decoding of both: Parquet, CSV, JSON Lines, SQLite, totals.

Every measurement is a process of its own, import time included; the limit, ours and the peers take turns, and the
figures are medians of the rounds. The limit is DuckDB decoding every column of both files. The peers run in the
environment of `--peers`, a Python with what `make peers` installs; without it they are left out.
Usage: python -m benchmarks.comparison_files [--quick] [--json] [--rows N] [--rounds N] [--folder DIR] [--peers PYTHON]
       [--server URL]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROWS, QUICK_ROWS, ROUNDS = 5_000_000, 200_000, 3
NAMES = ("id", "name", "amount", "at", "score", "tenant", "active")
LEFT = """
    select i::bigint as id, 'customer ' || md5(i::varchar) as name,
    ((i * 7919) % 10000000 / 100.0)::decimal(12, 2) as amount,
    timestamptz '2024-01-01 00:00:00+00' + to_seconds(i * 7) as "at", sin(i) as score, ((i * 31) % 1000)::int as tenant,
    i % 3 = 0 as active from range(1, {rows} + 1) t(i)
"""
RIGHTS = {
    "100": "case when id % greatest({rows} // 100, 1) = 17 then amount + 0.01 else amount end",
    "1pct": "case when id % 100 = 3 then amount + 1 else amount end",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Two files of the benchmark's folder, and what is to be reached: the ratio to the limit and the memory."""

    name: str
    left: str
    right: str
    ratio: float | None
    megabytes: int


CASES = (
    Case("Parquet, 100 differences", "l.parquet", "r100.parquet", 1.6, 512),
    Case("Parquet, 1 %", "l.parquet", "r1pct.parquet", None, 512),
    Case("Parquet, any order", "l.parquet", "shuffled.parquet", 1.6, 512),
    Case("CSV, same order, 100 differences", "l.csv", "r100.csv", 0.6, 128),
    Case("CSV, same order, 1 %", "l.csv", "r1pct.csv", None, 128),
    Case("CSV, any order", "l.csv", "shuffled.csv", 1.5, 512),
    Case("JSON Lines, same order, 100 differences", "l.jsonl", "r100.jsonl", 0.6, 128),
    Case("JSON Lines, same order, 1 %", "l.jsonl", "r1pct.jsonl", None, 128),
    Case("JSON Lines, any order", "l.jsonl", "shuffled.jsonl", 1.5, 512),
)

DECODE = """
import duckdb, sys
duckdb.sql('set enable_progress_bar = false')
values = 'count(id), sum(length(name)), max(amount), max("at"), max(score), max(tenant), count(active)'
for path in sys.argv[1:]:
    duckdb.sql(f'select {values} from "{path}"').fetchall()
"""
DUCKDB = """
import duckdb, sys
duckdb.sql('set enable_progress_bar = false')
values = 'l.name is distinct from r.name or l.amount is distinct from r.amount or l."at" is distinct from r."at"' \\
    ' or l.score is distinct from r.score or l.tenant is distinct from r.tenant or l.active is distinct from r.active'
query = f'select count(*) from "{sys.argv[1]}" l full join "{sys.argv[2]}" r using (id) where {values}'
print(duckdb.sql(query).fetchall())
"""
DATACOMPY = """
import datacompy, polars, sys
reads = {'parquet': polars.read_parquet, 'csv': polars.read_csv, 'jsonl': polars.read_ndjson}
read = reads[sys.argv[1].rpartition('.')[2]]
found = datacompy.PolarsCompare(read(sys.argv[1]), read(sys.argv[2]), join_columns='id')
print(found.count_matching_rows())
"""
OURS = """
import sys
from tasks.comparison import Comparison, Location, compare
found = compare(Comparison(Location(sys.argv[1]), Location(sys.argv[2]), key=('id',)))
print(found.plan.way, found.rows.changed)
"""
TOTALS = """
import sys
from tasks.comparison.groups import compare_groups
from tasks.comparison import Comparison, GroupTotal, Location, open_side
from tasks.comparison.resolve import resolve
from tasks.comparison.watch import Watch
from tasks.comparison.ways.way import Pair
left, right = Location(sys.argv[1]), Location(sys.argv[2], 'l')
request = Comparison(left, right, key=('id',), groups=(GroupTotal(by=('tenant',), measure='amount'),))
sides = open_side(sys.argv[1]), open_side(sys.argv[2], 'l')
with Watch(sides) as watch:
    groups = compare_groups(Pair(resolve(request, *sides), *sides), watch)
print('totals', sum(not group.within for group in groups.groups))
for side in sides:
    side.close()
"""
POLARS_ALONE = """
import polars, sys
frame = polars.scan_ndjson(sys.argv[1]).group_by('tenant').agg(polars.col('amount').sum(), polars.len())
lines = frame.collect(engine='streaming')
"""
POLARS_TOTALS = f"""{POLARS_ALONE}
query = 'select tenant, sum(amount)::float8 amount, count(*) len from l group by tenant'
both = lines.join(polars.read_database_uri(query, sys.argv[2], engine='adbc'), on='tenant', how='full')
apart = (polars.col('amount') - polars.col('amount_right')).abs() > 0.5
same = polars.col('len').eq_missing(polars.col('len_right'))
print('totals', both.filter(apart | same.not_()).height)
"""
READ = """
import subprocess, sys
subprocess.run(['psql', '-qXc', 'copy l to stdout (format binary)', sys.argv[1]], stdout=subprocess.DEVNULL, check=True)
"""
PEAK = """
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
print('peak', int(status['VmHWM'].split()[0]) // 1024)
"""


def make(folder: Path, rows: int) -> None:
    """Makes the files, unless they are there from before."""
    import duckdb

    done = folder / f"made-{rows}"
    if done.exists():
        return
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table l as {LEFT.format(rows=rows)}")
        for name, amount in RIGHTS.items():
            query = f"select * replace (({amount.format(rows=rows)})::decimal(12, 2) as amount) from l"
            connection.execute(f"create table r{name} as {query}")
        for suffix, form in (("parquet", "format parquet"), ("csv", "format csv, header"), ("jsonl", "format json")):
            for table in ("l", *(f"r{name}" for name in RIGHTS)):
                connection.execute(f"copy {table} to '{folder / table}.{suffix}' ({form})")
            shuffled = "select * from r100 order by hash(id)"
            connection.execute(f"copy ({shuffled}) to '{folder / 'shuffled'}.{suffix}' ({form})")
    done.touch()


def load(server: str, folder: Path) -> str:
    """Loads the left side into a database of its own; its address."""
    import psycopg

    address = f"{server.rpartition('/')[0]}/readiness_benchmark_files"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop database if exists readiness_benchmark_files with (force)")
        connection.execute("create database readiness_benchmark_files")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "create unlogged table l (id bigint, name text, amount numeric(12, 2), at timestamptz, score float8,"
            " tenant int, active bool)"
        )
        csv = (folder / "l.csv").open("rb")
        with csv as file, connection.cursor().copy("copy l from stdin (format csv, header)") as copy:
            while part := file.read(1 << 20):
                copy.write(part)
        connection.execute("alter table l add primary key (id)")
        connection.execute("vacuum (freeze, analyze) l")
    return address


def drop(server: str) -> None:
    """Removes the benchmark's database."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("drop database if exists readiness_benchmark_files with (force)")


def run(python: str, program: str, *arguments: str) -> dict[str, Any]:
    """One program in a process of its own: seconds, peak memory, and what it printed first."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    done = subprocess.run(
        [python, "-c", program + PEAK, *arguments],
        stdout=subprocess.PIPE, check=True, env=environment, cwd=Path(__file__).parent.parent, text=True,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    *said, peak = done.stdout.strip().splitlines()
    return {"seconds": seconds, "megabytes": int(peak.split()[1]), "said": said[0] if said else ""}


def measure(programs: dict[str, tuple[str, str]], arguments: tuple[str, ...], rounds: int) -> dict[str, dict[str, Any]]:
    """Every program in turns; medians."""
    taken: dict[str, list[dict[str, Any]]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, (python, program) in programs.items():
            taken[name].append(run(python, program, *arguments))
    return {
        name: {
            "seconds": round(statistics.median(one["seconds"] for one in runs), 2),
            "megabytes": round(statistics.median(one["megabytes"] for one in runs)),
            "said": runs[-1]["said"],
        }
        for name, runs in taken.items()
    }


def files(folder: Path, rounds: int, peers: str | None) -> list[dict[str, Any]]:
    """Every case with its limit and peers."""
    rows = []
    for case in CASES:
        ours = {"limit": DECODE, "ours": OURS, "DuckDB": DUCKDB}
        programs = {name: (sys.executable, program) for name, program in ours.items()}
        if peers and "100" in case.name:
            programs["datacompy, polars"] = (peers, DATACOMPY)
        found = measure(programs, (str(folder / case.left), str(folder / case.right)), rounds)
        ratio = round(found["ours"]["seconds"] / found["limit"]["seconds"], 2)
        rows.append({"case": case.name, "ratio": ratio, **found})
    return rows


def served(folder: Path, address: str, rounds: int, peers: str | None) -> list[dict[str, Any]]:
    """A server against files, and totals; of those polars adds up the file, and then asks the server for its own."""
    parquet = str(folder / "r100.parquet")
    ours = OURS.replace("Location(sys.argv[1])", "Location(sys.argv[1], 'l')")
    pair = measure({"limit": (sys.executable, READ), "ours": (sys.executable, ours)}, (address, parquet), rounds)
    ratio = round(pair["ours"]["seconds"] / pair["limit"]["seconds"], 2)
    programs = {"ours": (sys.executable, TOTALS)}
    if peers:
        programs |= {"polars": (peers, POLARS_TOTALS), "polars, file alone": (peers, POLARS_ALONE)}
    totals = measure(programs, (str(folder / "l.jsonl"), address), rounds)
    return [{"case": "PostgreSQL and Parquet", "ratio": ratio, **pair}, {"case": "totals by tenant", **totals}]


def targets(rows: list[dict[str, Any]], *, whole: bool) -> list[dict[str, Any]]:
    """What is to be reached; with few rows the start of the program is most of the time, so only memory counts."""
    wanted = {case.name: (case.ratio, case.megabytes) for case in CASES}
    wanted |= {"PostgreSQL and Parquet": (1.3, 512), "totals by tenant": (None, 200)}
    found = []
    for row in rows:
        ratio, megabytes = wanted[row["case"]]
        reached: list[tuple[str, float, float]] = [("MB", row["ours"]["megabytes"], megabytes)]
        reached += [("× the limit", row["ratio"], ratio)] if ratio is not None and whole else []
        if row["case"] == "totals by tenant" and whole:
            reached.append(("s", row["ours"]["seconds"], 2.5))
            reached += (
                [("s, beside polars", row["ours"]["seconds"], row["polars"]["seconds"])] if "polars" in row else []
            )
        found += [
            {"what": f"{row['case']}: {what}", "value": value, "limit": most, "met": value <= most}
            for what, value, most in reached
        ]
    return found


def main() -> None:
    """Prints a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows a side and one round")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--folder", type=Path, help="where the files are made and stay for the next run")
    parser.add_argument("--peers", help="a Python with the peers: .peers/bin/python, after make peers")
    parser.add_argument("--server", help="a PostgreSQL for the cases that need one")
    asked = parser.parse_args()
    rows, rounds = asked.rows or (QUICK_ROWS if asked.quick else ROWS), asked.rounds or (1 if asked.quick else ROUNDS)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as temporary:
        folder = asked.folder or Path(temporary)
        make(folder, rows)
        measured = files(folder, rounds, asked.peers)
        if asked.server:
            try:
                measured += served(folder, load(asked.server, folder), rounds, asked.peers)
            finally:
                drop(asked.server)
    result = {
        "name": "comparison_files", "cores": os.cpu_count(), "rows": measured,
        "targets": targets(measured, whole=rows >= ROWS),
    }  # fmt: skip
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


def table(result: dict[str, Any]) -> str:
    """The measurements and targets as text."""
    lines = []
    for row in result["rows"]:
        lines.append(f"{row['case']}: {row.get('ratio', '–')} × the limit")
        lines += [
            f"    {name:<18}{one['seconds']:>7} s {one['megabytes']:>6} MB  {one['said']}"
            for name, one in row.items()
            if isinstance(one, dict)
        ]
    lines += [
        f"{'met ' if one['met'] else 'MISS'} {one['what']}: {one['value']} (≤ {one['limit']})"
        for one in result["targets"]
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
