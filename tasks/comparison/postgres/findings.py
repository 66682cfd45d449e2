"""Turns matched keys into findings: the first of each class by their rows, the rest in bulk, columns up to a cap."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.comparison.pairing import Values
from tasks.comparison.postgres.digesting import Digesting
from tasks.comparison.postgres.digests import Longs, both, gathered, packed, stream
from tasks.comparison.postgres.matching import Matched
from tasks.comparison.side import Selection
from tasks.comparison.sides.postgresql import PostgresSide, conditions_sql
from tasks.comparison.tally import Counts, Key, Tally
from tasks.comparison.ways.reference import canonical
from tasks.comparison.ways.way import Pair

ROWS_AT_ONCE = 10_000
"""Keys whose rows are read at once."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one side's rows are found again: `key` is the SQL of what the digests have as key."""

    side: PostgresSide
    selection: Selection
    key: str


Places = tuple[Place, Place]


class Findings:
    """Tells a tally what the digests showed; it asks through the companions of both sides, in the same snapshots."""

    def __init__(
        self, pair: Pair, tally: Tally, digesting: Digesting, places: tuple[Place, Place], *, at_once: int
    ) -> None:
        self._pair = pair
        self._places = places
        self._at_once = at_once
        self._tally = tally
        self._digesting = digesting
        look = pair.task.request.second_look
        each = max(pair.task.request.samples.each, look.keys if look else 0)
        each = sys.maxsize if tally.needs_values else each
        self._room = {"missing": each, "extra": each, "changed": each}
        self._columns_left = pair.task.request.column_cap
        self._quota: int | None = None
        self._by_rows: list[Longs] = []
        self._waiting: list[Longs] = []

    def spread(self, changed: float, chunks: int) -> None:
        """Prepares for about so many changed rows: past the cap, columns are counted in a share of every chunk."""
        request = self._pair.task.request
        if not request.exact_columns and changed > request.column_cap:
            self._quota = max(1, request.column_cap // max(chunks, 1))

    def tell(self, found: Matched) -> None:
        """Counts what was matched in one range."""
        rest = {name: self._first_by_rows(name, getattr(found, name)) for name in self._room}
        missing, extra, changed = (len(rest[name]) for name in ("missing", "extra", "changed"))
        pairs = found.same + changed
        self._tally.add(
            Counts(
                left=pairs + missing, right=pairs + extra, matched=pairs, missing=missing, extra=extra, changed=changed
            )
        )
        self._gather(found.unsettled)
        if sum(map(len, self._by_rows)) >= self._at_once:
            self._tell_by_rows()
        self._wait(rest["changed"])

    def _first_by_rows(self, name: str, keys: Longs) -> Longs:
        """Gathers the first keys of a class to be told by their rows; returns the others."""
        room = self._room[name]
        self._room[name] -= min(room, len(keys))
        self._gather(keys[:room])
        return keys[room:]

    def _gather(self, keys: Longs) -> None:
        """Keeps keys for a query by rows; copied, so that not all keys of their range are kept with them."""
        if len(keys):
            self._by_rows.append(keys.copy())

    def _tell_by_rows(self) -> None:
        """Tells the keys that were gathered by their rows."""
        keys = np.concatenate(self._by_rows)
        self._by_rows = []
        for start in range(0, len(keys), ROWS_AT_ONCE):
            for key, rows in self._rows_of(keys[start : start + ROWS_AT_ONCE]).items():
                self._tally.meet(key, *rows)

    def _rows_of(self, keys: Longs) -> dict[Key, tuple[list[Values], list[Values]]]:
        """Reads the rows of some keys from both sides."""
        found: dict[Key, tuple[list[Values], list[Values]]] = {}
        for number, place in enumerate(self._places):
            rows = place.side.companion().rows_where(place.selection, f"{place.key} = any($1::int8[])", keys.tolist())
            for key, values in canonical(rows, place.selection, self._pair):
                found.setdefault(key, ([], []))[number].append(values)
        return found

    def _wait(self, changed: Longs) -> None:
        """Gathers changed keys until a query for their columns is worth its while."""
        if not self._pair.task.request.exact_columns:
            limit = self._columns_left if self._quota is None else min(self._quota, self._columns_left)
            if len(changed) > limit:
                changed = changed[np.linspace(0, len(changed) - 1, limit).astype(np.int64)] if limit else changed[:0]
            self._columns_left -= len(changed)
        if len(changed):
            self._waiting.append(changed)
        if sum(map(len, self._waiting)) >= self._at_once:
            self._count_columns()

    def finish(self) -> None:
        """Tells what was gathered."""
        if self._by_rows:
            self._tell_by_rows()
        if self._waiting:
            self._count_columns()

    def _count_columns(self) -> None:
        """Counts the columns of the keys that wait."""
        keys = np.concatenate(self._waiting)
        self._waiting = []
        queries = self._column_queries()
        companions = tuple(place.side.companion().session for place in self._places)
        streams = [
            stream(session, query, (keys.tolist(),), label="columns")
            for session, query in zip(companions, queries, strict=True)
        ]
        for left, right in both(streams[0], streams[1], (companions[0], companions[1])):
            self._count(left, right)

    def _column_queries(self) -> Iterable[str]:
        for one in self._places:
            columns = self._digesting.columns(one.selection)
            selected, packs = gathered(columns, hashes=len(self._pair.task.values))
            where = " and ".join([f"{one.key} = any($1::int8[])", *conditions_sql(one.selection)])
            yield (
                f"select {packed('k')}, {packs} from (select {one.key}::int8 as k, {selected}"  # noqa: S608 — quoted names
                f" from {one.side.relation.sql} where {where}) r"
            )

    def _count(self, left: tuple[Any, ...], right: tuple[Any, ...]) -> None:
        """Compares each column in the order of the keys; where numbers cannot tell, the rows do."""
        here, there = np.argsort(left[0]), np.argsort(right[0])
        both_sides = [(one[here], other[there]) for one, other in zip(left[1:], right[1:], strict=True)]
        values = self._pair.task.values
        differs = [one != other for one, other in both_sides[: len(values)]]
        unsure = np.zeros(len(here), bool)
        for tolerated, numbers in zip(self._digesting.tolerated, both_sides[len(values) :], strict=True):
            within, doubtful = tolerated.close(*numbers)
            hashed = differs[tolerated.place]
            unsure |= doubtful & ~hashed
            differs[tolerated.place] = hashed | ~within
        for column, changed in zip(values, differs, strict=True):
            self._tally.columns[column.name] += int(np.count_nonzero(changed & ~unsure))
        self._tally.columns_seen += int(np.count_nonzero(~unsure))
        if unsure.any():
            for rows in self._rows_of(left[0][here][unsure]).values():
                self._tally.tell_columns([places for _, _, places in self._tally.pairs.pair(*rows).changed])
