"""The sandbox's business data: a ledger, its shadow copy, a usage log and the event log, all from one seed."""

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg

from examples.sandbox.tables import BUSINESS

TENANTS = ("aurora", "borealis", "cascade")

_SEED = 20_260
_ENTRIES = 4_000
_SPAN = timedelta(days=7)
_USAGE_DAYS = 14
_CURRENCIES = ("EUR", "GBP", "USD")
# Odd ones on purpose: nobody's text arrives clean.
_NOTES = (None, "invoice", "refund, partly", "naïve | piped", "quote ' and <angle>", "")
_COLUMNS = "id, tenant, currency, amount, booked_at, note"
_SCHEMA = """
create table entries (
    id bigint primary key,
    tenant text not null,
    currency char(3) not null,
    amount numeric(18, 2) not null,
    booked_at timestamptz not null,
    note text
);
create index entries_by_tenant on entries (tenant, booked_at);
create table shadow_entries (like entries including all);
create table usage (
    day date,
    tenant text,
    requests bigint not null,
    retries bigint not null,
    compute_minutes numeric(12, 2) not null,
    primary key (day, tenant)
);
create table usage_totals (
    day date primary key,
    requests bigint not null,
    retries bigint not null,
    compute_minutes numeric(12, 2) not null
);
create table heartbeat (name text primary key, beat_at timestamptz not null);
create table notes (
    key text primary key,
    tenant text not null,
    body text not null,
    noted_at timestamptz not null default now()
);
grant usage on schema public to auditor, service;
grant select on all tables in schema public to auditor, service;
grant insert on notes to service;
"""
_USAGE_COLUMNS = "day, tenant, requests, retries, compute_minutes"
_TOTALS = """
insert into usage_totals
select day, sum(requests), sum(retries), sum(compute_minutes) from usage group by day
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger."""

    id: int
    tenant: str
    currency: str
    amount: Decimal
    booked_at: datetime
    note: str | None

    def row(self) -> tuple[object, ...]:
        """The values in the order of the table's columns."""
        return (self.id, self.tenant, self.currency, self.amount, self.booked_at, self.note)

    def event(self) -> dict[str, object]:
        """The event that booked this entry. The amount is text: a JSON number would be a float somewhere."""
        booked_at = self.booked_at.isoformat().replace("+00:00", "Z")
        facts = {"id": self.id, "tenant": self.tenant, "currency": self.currency, "amount": str(self.amount)}
        return {"event": "entry-booked", **facts, "booked_at": booked_at}


def entries(started: datetime) -> list[Entry]:
    """The ledger as it stands when the sandbox starts: the same keys and amounts every time, in the week before."""
    dice = random.Random(_SEED)
    step = _SPAN / _ENTRIES
    first = started.replace(microsecond=0) - _SPAN - timedelta(minutes=1)
    found, key = [], 100_000
    for position in range(_ENTRIES):
        # Keys have gaps, as those of any sequence that has seen a rollback.
        key += dice.choice((1, 1, 1, 2, 7))
        amount = Decimal(dice.randint(-500_000, 2_500_000) or 1).scaleb(-2)
        booked_at = (first + step * position).replace(microsecond=0)
        names = dice.choice(TENANTS), dice.choice(_CURRENCIES)
        found.append(Entry(key, *names, amount, booked_at, dice.choice(_NOTES)))
    return found


def _usage(started: datetime) -> Iterator[tuple[object, ...]]:
    """One row for each tenant and day, and what there is of today: once the day is over, nobody misses it."""
    dice = random.Random(_SEED + 1)
    for back in range(_USAGE_DAYS, -1, -1):
        for tenant in TENANTS:
            requests = dice.randint(20_000, 60_000)
            minutes = Decimal(requests * dice.randint(8, 12)).scaleb(-3)
            yield ((started - timedelta(days=back)).date(), tenant, requests, dice.randint(50, 400), minutes)


def write_events(path: Path, booked: Iterable[Entry]) -> None:
    """Writes the event log: one event for each entry, which names the hash of the one before it and its own."""
    previous: str | None = None
    with path.open("w", encoding="utf-8") as log:
        for entry in booked:
            event = entry.event() | {"trace": f"trace-{entry.id}", "previous": previous}
            canonical = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            previous = hashlib.sha256(canonical.encode()).hexdigest()
            log.write(json.dumps(event | {"hash": previous}) + "\n")


def tamper(path: Path, mark: str = "trace-tampered") -> None:
    """Changes one event in the middle of the log, and not its hash."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    event = json.loads(lines[len(lines) // 2])
    lines[len(lines) // 2] = lines[len(lines) // 2].replace(event["trace"], mark)
    path.write_text("".join(lines), encoding="utf-8")


def untamper(path: Path, mark: str = "trace-tampered") -> None:
    """Gives that event back what it said."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(number for number, line in enumerate(lines) if mark in line)
    lines[place] = lines[place].replace(mark, f"trace-{json.loads(lines[place])['id']}")
    path.write_text("".join(lines), encoding="utf-8")


class Ledger:
    """The ledger's tables in the database, its event log, and the ways in which they can go wrong."""

    def __init__(self, url: str, booked: Sequence[Entry], events: Path) -> None:
        self._url = url
        self.events = events
        self._booked = booked
        self._forgettable: tuple[object, ...] = ()

    def create(self, started: datetime) -> None:
        """Creates and fills every table."""
        used = list(_usage(started))
        self._forgettable = used[len(used) // 2]
        with psycopg.connect(self._url) as connection:
            connection.execute(_SCHEMA)
            connection.execute(BUSINESS)
            _copy(connection, f"entries ({_COLUMNS})", (entry.row() for entry in self._booked))
            connection.execute("insert into shadow_entries select * from entries order by id")
            _copy(connection, f"usage ({_USAGE_COLUMNS})", used)
            # The meter's own totals, which nobody adds up from the tenants' lines when they are read.
            connection.execute(_TOTALS)
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("vacuum (analyze)")

    def beat(self) -> None:
        """Writes the canary row: whoever restores a backup made after it must find this instant in the copy."""
        with psycopg.connect(self._url) as connection:
            connection.execute("insert into heartbeat values ('canary', %s)", [datetime.now(UTC)])

    def loosen(self) -> None:
        """Drops what lets each tenant and day stand only once in the usage log."""
        with psycopg.connect(self._url) as connection:
            connection.execute("alter table usage drop constraint usage_pkey")

    def tighten(self) -> None:
        """Brings that back."""
        with psycopg.connect(self._url) as connection:
            connection.execute("alter table usage add constraint usage_pkey primary key (day, tenant)")

    def forget_usage(self) -> None:
        """Deletes one tenant's usage of one day."""
        with psycopg.connect(self._url) as connection:
            connection.execute("delete from usage where (day, tenant) = (%s, %s)", list(self._forgettable[:2]))

    def recall_usage(self) -> None:
        """Brings it back."""
        with psycopg.connect(self._url) as connection:
            _copy(connection, f"usage ({_USAGE_COLUMNS})", [self._forgettable])

    @property
    def losable(self) -> Sequence[Entry]:
        """The entries that go missing."""
        return self._booked[150::400]

    @property
    def changeable(self) -> Sequence[Entry]:
        """The entries whose shadow changes; none of them ever goes missing."""
        return self._booked[50::800]

    def lose(self) -> None:
        """Deletes a few entries, and their shadows too: only the event log still knows of them."""
        keys = [entry.id for entry in self.losable]
        with psycopg.connect(self._url) as connection:
            connection.execute("delete from entries where id = any(%s)", [keys])
            connection.execute("delete from shadow_entries where id = any(%s)", [keys])

    def find(self) -> None:
        """Brings the lost entries and their shadows back."""
        with psycopg.connect(self._url) as connection:
            for table in ("entries", "shadow_entries"):
                _copy(connection, f"{table} ({_COLUMNS})", (entry.row() for entry in self.losable))

    def distort(self) -> None:
        """Adds a cent to a few shadow rows."""
        with psycopg.connect(self._url) as connection:
            keys = [entry.id for entry in self.changeable]
            connection.execute("update shadow_entries set amount = amount + 0.01 where id = any(%s)", [keys])

    def straighten(self) -> None:
        """Gives the changed shadow rows their amounts back."""
        statement = "update shadow_entries s set amount = e.amount from entries e where e.id = s.id and e.id = any(%s)"
        with psycopg.connect(self._url) as connection:
            connection.execute(statement, [[entry.id for entry in self.changeable]])


def _copy(connection: psycopg.Connection, target: str, rows: Iterable[tuple[object, ...]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"copy {target} from stdin") as copy:
        for row in rows:
            copy.write_row(row)
