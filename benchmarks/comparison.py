"""What a comparison costs beside the mere reading of both sides: PostgreSQL, 5 million rows a side.

Every measurement is a process of its own, import time included; limit and comparison take turns, and the figures are
medians of the rounds. The limit is `COPY … (FORMAT BINARY)` of both sides to nowhere, in parallel, by psql. The peers
run on the first case, in the environment of `--peers`, a Python with what `make peers` installs in `.peers`; DuckDB
runs in the product's own. It is fed by ADBC, for its own reader of PostgreSQL comes from no package registry.
Usage: python -m benchmarks.comparison [--quick] [--json] [--rows N] [--rounds N] [--server URL] [--keep]
       [--peers PYTHON]
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER = "postgresql://postgres@127.0.0.1:5432/postgres"
DATABASE = "readiness_benchmark"
ROWS, QUICK_ROWS, ROUNDS = 5_000_000, 300_000, 5
COLUMNS = """
    i::bigint as id, 'customer ' || md5(i::text) as name,
    ((i::bigint * 7919 % 10000000) / 100.0)::numeric(12, 2) as amount,
    timestamptz '2024-01-01' + i * interval '7 seconds' as at, sin(i) as score, (i::bigint * 31 % 1000)::int as tenant,
    i % 3 = 0 as active
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One share of differences: which of the names and amounts are changed, and what is to be reached."""

    name: str
    changed_name: str
    changed_amount: str
    ratio: float
    megabytes: int


CASES = (
    Case("100 differences", "false", "id % greatest({rows} / 100, 1) = 17", 1.0, 100),
    Case("1 %", "false", "id % 100 = 3", 1.4, 128),
    Case("50 %", "id % 4 = 1", "id % 4 = 3", 1.4, 128),
)


RELADIFF = """
import sys, reladiff
tables = [reladiff.connect_to_table(sys.argv[1], name, 'id', extra_columns=(
    'name', 'amount', 'at', 'score', 'tenant', 'active')) for name in sys.argv[2:]]
found = reladiff.diff_tables(*tables, algorithm=reladiff.Algorithm.HASHDIFF, threaded=True)
print(len({key for _, (key, *_) in found}))
"""
DATACOMPY = """
import sys, datacompy, polars
sides = [polars.read_database_uri(f'select * from {name}', sys.argv[1], engine='adbc') for name in sys.argv[2:]]
found = datacompy.PolarsCompare(*sides, join_columns='id')
print(len(found.intersect_rows) - found.count_matching_rows())
"""
DUCKDB = """
import sys, duckdb, adbc_driver_postgresql.dbapi as adbc
duckdb.sql('set enable_progress_bar = false')
for side, name in zip('lr', sys.argv[2:]):
    cursor = adbc.connect(sys.argv[1]).cursor()
    cursor.execute(f'select id, name, amount::text as amount, at, score, tenant, active from {name}')
    duckdb.register(f'read_{side}', cursor.fetch_record_batch())
    duckdb.sql(f'create table {side} as from read_{side}')
values = 'l.name is distinct from r.name or l.amount is distinct from r.amount or l."at" is distinct from r."at"' \\
    ' or l.score is distinct from r.score or l.tenant is distinct from r.tenant or l.active is distinct from r.active'
print(duckdb.sql(f'select count(*) from l full join r using (id) where {values}').fetchall()[0][0])
"""
PEERS = {"reladiff": RELADIFF, "datacompy, polars": DATACOMPY, "DuckDB over ADBC": DUCKDB}
FASTER_THAN = {"reladiff": 20.0}


def database_of(server: str) -> str:
    """The address of the benchmark's own database."""
    return f"{server.rpartition('/')[0]}/{DATABASE}"


def make(server: str, rows: int) -> None:
    """Makes the left table and one right table for each case, unless they are there from before."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
            connection.execute(f"create database {DATABASE}")
    with psycopg.connect(database_of(server), autocommit=True) as connection:
        (there,) = connection.execute("select to_regclass('sides')").fetchone() or (None,)
        if there and connection.execute("select rows from sides").fetchone() == (rows,):
            return
        connection.execute("drop schema public cascade; create schema public")
        connection.execute(f"create table l as select {COLUMNS} from generate_series(1, {rows}) i")
        for number, case in enumerate(CASES):
            amount = case.changed_amount.format(rows=rows)
            connection.execute(
                f"create table r{number} as select id,"
                f" case when {case.changed_name} then name || 'x' else name end as name,"
                f" (case when {amount} then amount + 0.01 else amount end)::numeric(12, 2) as amount,"
                " at, score, tenant, active from l"
            )
        for table in ("l", *(f"r{number}" for number in range(len(CASES)))):
            connection.execute(f"alter table {table} add primary key (id)")
            connection.execute(f"vacuum (freeze, analyze) {table}")
        connection.execute(f"create table sides as select {rows} as rows")


def limit(address: str, right: str) -> float:
    """Seconds to copy both sides to nowhere, in parallel."""
    began = time.perf_counter()
    copies = [
        subprocess.Popen(
            ["psql", "-qX", address, "-c", f"copy {table} to stdout (format binary)"], stdout=subprocess.DEVNULL
        )
        for table in ("l", right)
    ]
    statuses = [copy.wait() for copy in copies]
    if any(statuses):
        raise SystemExit("the sides could not be copied")
    return time.perf_counter() - began


def compared(address: str, right: str) -> dict[str, Any]:
    """One comparison in a process of its own: seconds with start and imports, peak memory, counts, plan."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.comparison", "--one", address, right],
        stdout=subprocess.PIPE, check=True, env=environment, cwd=Path(__file__).parent.parent,
    )  # fmt: skip
    seconds = time.perf_counter() - began
    return {"seconds": seconds, **json.loads(done.stdout)}


def one(address: str, right: str) -> None:
    """Compares and prints what it took, for `compared`."""
    import resource

    from tasks.comparison import Comparison, Location, compare

    found = compare(Comparison(Location(address, "l"), Location(address, right)))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = resource.getrusage(resource.RUSAGE_SELF)
    client = used.ru_utime + used.ru_stime
    print(json.dumps({"megabytes": peak, "client": client, "changed": found.rows.changed, "way": found.plan.way}))


def peer(python: str, program: str, address: str, right: str, *, changed: int) -> float:
    """Seconds that another program takes for the same, start and imports included; it must find as many rows."""
    began = time.perf_counter()
    command = [python, "-W", "ignore", "-c", program, address, "l", right]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    seconds = time.perf_counter() - began
    if int(done.stdout) != changed:
        raise SystemExit(f"a peer found {done.stdout.strip()} changed rows and not {changed}: it did something else")
    return seconds


@contextmanager
def server_seconds(server: str) -> Iterator[list[float]]:
    """CPU seconds of the sessions that ended meanwhile, where the server is on this machine; else nothing."""
    import psycopg

    def ended(postmaster: int) -> float:
        fields = Path(f"/proc/{postmaster}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    found: list[float] = []
    with psycopg.connect(server) as connection:
        (backend,) = connection.execute("select pg_backend_pid()").fetchone() or (0,)
        stat = Path(f"/proc/{backend}/stat")
        postmaster = int(stat.read_text().rpartition(")")[2].split()[1]) if stat.exists() else None
        before = ended(postmaster) if postmaster else 0.0
        yield found
        time.sleep(0.2)
        if postmaster:
            found.append(ended(postmaster) - before)


def measure(server: str, rows: int, rounds: int, peers: str | None) -> list[dict[str, Any]]:
    """Every case: limit, comparison and, for the first case, peers in turns."""
    address = database_of(server)
    taken: dict[str, list[dict[str, Any]]] = {case.name: [] for case in CASES}
    for _ in range(rounds):
        for number, case in enumerate(CASES):
            with server_seconds(server) as copying:
                least = limit(address, f"r{number}")
            with server_seconds(server) as comparing:
                ours = compared(address, f"r{number}")
            servers = {"server": sum(comparing), "server_limit": sum(copying)}
            others = {
                name: peer(
                    sys.executable if program is DUCKDB else peers,
                    program,
                    address,
                    f"r{number}",
                    changed=ours["changed"],
                )
                for name, program in PEERS.items()
                if peers and not number
            }
            taken[case.name].append({**ours, **servers, **others, "limit": least, "ratio": ours["seconds"] / least})
    return [summary(case, taken[case.name], rows) for case in CASES]


def summary(case: Case, rounds: list[dict[str, Any]], rows: int) -> dict[str, Any]:
    """Medians of a case."""
    figures = [name for name in rounds[-1] if name not in ("changed", "way")]
    medians = {name: round(statistics.median(one[name] for one in rounds), 2) for name in figures}
    return {"case": case.name, "rows": rows, "changed": rounds[-1]["changed"], "way": rounds[-1]["way"], **medians}


def targets(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is to be reached, and whether it was; with few rows the start of the program is most of the time."""
    found = []
    for case, row in zip(CASES, rows, strict=True):
        reached = [("MB", row["megabytes"], float(case.megabytes))]
        if row["rows"] >= ROWS:
            reached.append(("× COPY", row["ratio"], case.ratio))
        found += [
            {"what": f"PostgreSQL, {case.name}: {what}", "value": value, "limit": most, "met": value <= most}
            for what, value, most in reached
        ]
    for name, least in FASTER_THAN.items():
        if name in rows[0] and rows[0]["rows"] >= ROWS:
            times = round(rows[0][name] / rows[0]["seconds"], 1)
            what = f"PostgreSQL, how many times as fast as {name}"
            found.append({"what": what, "value": times, "least": least, "met": times >= least})
    return found


def main() -> None:
    """Prints a table, or one JSON object."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROWS:,} rows a side and three rounds")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--server", default=SERVER)
    parser.add_argument("--keep", action="store_true", help="leaves the database for the next run")
    parser.add_argument("--peers", help="a Python with the peers: .peers/bin/python, after make peers")
    parser.add_argument("--one", nargs=2, metavar=("ADDRESS", "RIGHT"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(*asked.one)
        return
    rows = asked.rows or (QUICK_ROWS if asked.quick else ROWS)
    try:
        make(asked.server, rows)
        measured = measure(asked.server, rows, asked.rounds or (3 if asked.quick else ROUNDS), asked.peers)
    finally:
        if not asked.keep:
            drop(asked.server)
    result = {"name": "comparison", "cores": os.cpu_count(), "rows": measured, "targets": targets(measured)}
    print(json.dumps(result, ensure_ascii=False) if asked.json else table(result))


def drop(server: str) -> None:
    """Removes the benchmark's database."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"drop database if exists {DATABASE} with (force)")


def table(result: dict[str, Any]) -> str:
    """The measurements and targets as text."""
    form = "{case:<18}{seconds:>7}{limit:>8}{ratio:>7}{megabytes:>7}{client:>12}{server:>12}{server_limit:>16}  {way}"
    lines = ["case                    s   limit  ratio     MB  client CPU  server CPU  (of the limit)  way"]
    lines += [form.format(**row) for row in result["rows"]]
    first = result["rows"][0]
    peers = [name for name in PEERS if name in first]
    lines += [f"{name}: {first[name]} s, {first[name] / first['seconds']:.1f} × ours" for name in peers]
    for one in result["targets"]:
        bound = f"≥ {one['least']}" if "least" in one else f"≤ {one['limit']}"
        lines.append(f"{'met ' if one['met'] else 'MISS'} {one['what']}: {one['value']} ({bound})")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
