"""Compares what had settled before a backup was made, value by value: rows that nobody changes any more."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from checks.evidence.records import Instant, Record, rfc3339
from tasks.drills.connecting import DatabaseAddress
from tasks.drills.finishing import to_the_end

if TYPE_CHECKING:
    from tasks.comparison.result import Coverage


@dataclass(frozen=True, slots=True)
class Settled:
    """Rows of a table whose time, in `column`, is before an instant; `None` where the backup says no time."""

    table: str
    column: str
    before: datetime | None


class SettledFacts(Record):
    """How the settled rows of a table compare with the source's; `cause` says why they could not be compared.

    `bits` is the length of the hashes that were compared, `None` where the values themselves were.
    """

    table: str
    before: Instant | None
    source_rows: int = 0
    copy_rows: int = 0
    missing: int = 0
    extra: int = 0
    changed: int = 0
    bits: int | None = None
    way: str | None = None
    cause: str | None = None

    @property
    def differences(self) -> int:
        return self.missing + self.extra + self.changed


async def compare_settled(
    source: DatabaseAddress, copy: DatabaseAddress, wanted: Sequence[Settled], *, seconds: float
) -> tuple[SettledFacts, ...]:
    """One table after the other; `seconds` bounds each query. Cancelling ends the queries on both servers."""
    stop = threading.Event()

    def compare_all() -> tuple[SettledFacts, ...]:
        return tuple(_compare(source, copy, one, stop, seconds) for one in wanted)

    running = asyncio.ensure_future(asyncio.to_thread(compare_all))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.set()
        await to_the_end(_over(running))
        raise


async def _over(running: "asyncio.Future[tuple[SettledFacts, ...]]") -> None:
    await asyncio.wait({running})


def _compare(
    source: DatabaseAddress, copy: DatabaseAddress, wanted: Settled, stop: threading.Event, seconds: float
) -> SettledFacts:
    # The engine brings large libraries with it, which a drill that compares nothing need not hold.
    from tasks.comparison import Comparison, Location, compare
    from tasks.comparison.errors import ComparisonError
    from tasks.comparison.request import Samples

    facts = SettledFacts(table=wanted.table, before=wanted.before)
    if wanted.before is None:
        return facts.model_copy(update={"cause": "the backup says no time"})
    column = wanted.column.replace('"', '""')
    where = f"\"{column}\" < '{rfc3339(wanted.before)}'"
    left, right = (Location(one.url, wanted.table, where) for one in (source, copy))
    request = Comparison(left=left, right=right, samples=Samples(each=0), seconds=seconds)
    try:
        result = compare(request, cancelled=stop.is_set)
    except ComparisonError as error:
        return facts.model_copy(update={"cause": str(error)})
    rows = result.rows
    return facts.model_copy(
        update={
            "source_rows": rows.left,
            "copy_rows": rows.right,
            "missing": rows.missing,
            "extra": rows.extra,
            "changed": rows.changed,
            "bits": result.bits.bits,
            "way": result.plan.way,
            "cause": "no row is older than the backup" if result.nothing_compared else _lone_columns(result.coverage),
        }
    )


def _lone_columns(coverage: "Coverage") -> str | None:
    """Which columns could not be compared, since the source or the copy has them alone."""
    sides = (("source", coverage.left_only), ("copy", coverage.right_only))
    return "; ".join(f"the {name} alone has {', '.join(lone)}" for name, lone in sides if lone) or None
