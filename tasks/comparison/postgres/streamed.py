"""Reads digests in the order of the disk, for keys of any kind: the client divides them by hash of the key into parts.

A part is matched in memory; parts wait in files without names. Nothing is sorted on a server.
"""

import tempfile
from collections.abc import Generator
from typing import IO

import numpy as np

from tasks.comparison.postgres.digests import both, gathered, packed, stream
from tasks.comparison.postgres.findings import Place
from tasks.comparison.postgres.matching import Digests, Matched, match
from tasks.comparison.postgres.reading import Reading, sides_of
from tasks.comparison.sides.postgresql import PostgresSide, conditions_sql, value_sql
from tasks.comparison.tally import Counts
from tasks.comparison.ways.reference import canonical

ROWS_AT_ONCE = 131_072
ROWS_OF_A_PART = 200_000
KEYS_HELD = 500_000
KINDS = "rm"
KEY_SEEDS = 100_000
"""Where the seeds of keys begin, past those of any column: a hash of a key must not cancel out of its row's."""


class Streamed:
    """One comparison by streams in the order of the disk."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        task = reading.pair.task
        left, right = (
            f"({reading.digesting.hashing.row(task.key, selection.values[: selection.keys], first=KEY_SEEDS)})"
            for selection in (task.left, task.right)
        )
        self._places = reading.places(left, right)
        self._findings = reading.findings(self._places, at_once=task.request.column_cap)
        estimates = [side.row_estimate() or side.count() for side in sides_of(reading.pair)]
        self._rows = sum(estimates)
        self._parts = 1 << max(0, (max(estimates) // ROWS_OF_A_PART).bit_length())

    def run(self, share: float) -> None:
        """Divides both streams, then matches part by part; `share` of the rows are expected to differ."""
        for number, place in enumerate(self._places):
            self._null_keys(number, place)
        self._findings.spread(share * self._rows / 2, 1 + self._rows // 2 // KEYS_HELD)
        files = ([_file() for _ in range(self._parts)], [_file() for _ in range(self._parts)])
        try:
            self._divide(files)
            self._match(files)
        finally:
            for file in files[0] + files[1]:
                file.close()
        self._findings.finish()

    def _divide(self, files: tuple[list[IO[bytes]], list[IO[bytes]]]) -> None:
        streams = [self._stream(place) for place in self._places]
        for chunks in both(streams[0], streams[1], self._reading.sessions):
            for side_files, chunk in zip(files, chunks, strict=True):
                if chunk is not None:
                    self._keep(side_files, chunk)
                    self._reading.progress("digests", len(chunk[0]), self._rows)

    def _keep(self, files: list[IO[bytes]], digests: Digests) -> None:
        """Writes digests to the file of their part."""
        parts = digests[0] & (self._parts - 1)
        order = np.argsort(parts, kind="stable")
        pairs = np.stack([one[order].view(np.int64) for one in digests], axis=1)
        ends = np.searchsorted(parts[order], np.arange(self._parts + 1))
        for number, file in enumerate(files):
            file.write(pairs[ends[number] : ends[number + 1]].tobytes())

    def _stream(self, place: Place) -> Generator[Digests]:
        """The digests of one side, some blocks at a time."""
        conditions = [*conditions_sql(place.selection), f"not ({self._no_key(place)})"]
        values = self._reading.digesting.digest(place.selection)
        selected, packs = gathered(values)
        for blocks in place.side.block_ranges(ROWS_AT_ONCE):
            query = (
                f"select {packed('k')}, {packs} from (select {place.key} as k, {selected}"  # noqa: S608 — built from quoted names
                f" from {place.side.relation.sql} where {' and '.join([blocks, *conditions])}) r"
            )
            yield from stream(place.side.session, query, (), label="digests")

    def _match(self, files: tuple[list[IO[bytes]], list[IO[bytes]]]) -> None:
        """Matches the parts, and tells what was found some parts at a time: to find rows again costs a scan."""
        held: list[Matched] = []
        for left, right in zip(*files, strict=True):
            self._reading.watch.check()
            tolerated = self._reading.digesting.tolerated
            held.append(match(_read(left, len(tolerated)), _read(right, len(tolerated)), tolerated))
            if sum(len(one.missing) + len(one.extra) + len(one.changed) for one in held) >= KEYS_HELD:
                self._findings.tell(_joined(held))
                held = []
        if held:
            self._findings.tell(_joined(held))

    def _no_key(self, place: Place) -> str:
        return "false" if self._reading.pair.task.nulls_meet else null_key(place)

    def _null_keys(self, number: int, place: Place) -> None:
        """Counts rows without a key, and shows the first of them."""
        wanted = self._no_key(place)
        if wanted == "false":
            return
        conditions = " and ".join([wanted, *conditions_sql(place.selection)])
        (rows,) = place.side.session.one(
            f"select count(*) from {place.side.relation.sql} where {conditions}",  # noqa: S608 — built from quoted names
            label="null keys",
        )
        tally, each = self._reading.tally, self._reading.pair.task.request.samples.each
        shown, limit = 0, "" if tally.needs_values else f" limit {each}"
        for key, values in canonical(
            place.side.rows_where(place.selection, f"{wanted}{limit}"), place.selection, self._reading.pair
        ):
            tally.meet_nobody(number, key, values)
            shown += 1
        rest = rows - shown
        tally.add(Counts(left=rest, missing=rest) if number == 0 else Counts(right=rest, extra=rest))
        tally.null_left += rest if number == 0 else 0
        tally.null_right += rest if number == 1 else 0


def null_key(place: Place) -> str:
    """The SQL of: any part of the key is null."""
    chosen = place.selection.values[: place.selection.keys]
    nullable = [one for one in chosen if one.column.nullable]
    return f"({' or '.join(f'{value_sql(one)} is null' for one in nullable)})" if nullable else "false"


def _file() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _read(file: IO[bytes], numbers: int) -> Digests:
    """The digests of a part: keys, hashes, and so many numbers."""
    file.seek(0)
    columns = np.frombuffer(file.read(), np.int64).reshape(-1, 2 + numbers).T.copy()
    return columns[0], columns[1], *(column.view(np.float64) for column in columns[2:])


def _joined(parts: list[Matched]) -> Matched:
    """Several parts as one."""
    return Matched(
        sum(part.same for part in parts),
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("missing", "extra", "changed", "unsettled")
        ),
    )


def fit(side: PostgresSide) -> str | None:
    """Why a side cannot be read in the order of its blocks."""
    if side.relation.kind not in KINDS:
        return f"{side.name} is no plain table"
    return None if side.relation.whole else f"{side.name} may be read by this role in some columns only"
