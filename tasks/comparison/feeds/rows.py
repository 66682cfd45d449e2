"""Feeds DuckDB from the rows that any side gives, every value as text."""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]

from tasks.comparison.duck.forms import Held, Style, UnfitError
from tasks.comparison.kinds import Kind
from tasks.comparison.side import Raw, Selection, Side

BATCH = 20_000
_UNFIT = {Kind.JSON, Kind.ARRAY, Kind.OTHER, Kind.INTERVAL}


def feed(side: Side, selection: Selection) -> "RowsFeed":
    """The feed of any side."""
    return RowsFeed(side, selection)


class RowsFeed:
    """One reader over all rows."""

    def __init__(self, side: Side, selection: Selection) -> None:
        self._side = side
        self._selection = selection

    def held(self) -> tuple[Held, ...]:
        """Text, as the engine would read it."""
        for one in self._selection.values:
            if one.column.kind in _UNFIT:
                raise UnfitError(f"{one.name} is {one.column.kind.value}")
        return tuple(Held(f"c{place}", "VARCHAR", Style.TEXT) for place in range(len(self._selection.values)))

    def readers(self) -> tuple[Any]:
        """All rows, batch by batch."""
        names = [f"c{place}" for place in range(len(self._selection.values))]
        schema = pa.schema([(name, pa.string()) for name in names])
        return (pa.RecordBatchReader.from_batches(schema, self._batches(schema)),)

    def _batches(self, schema: Any) -> Iterator[Any]:
        texts = [_text_of(one.column.kind) for one in self._selection.values]
        rows = self._side.rows(self._selection)
        while chunk := list(islice(rows, BATCH)):
            columns = zip(texts, zip(*chunk, strict=True), strict=True)
            arrays = [
                pa.array([None if raw is None else text(raw) for raw in column], pa.string())
                for text, column in columns
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=schema)

    def cancel(self) -> None:
        """The side itself is cancelled."""

    def close(self) -> None:
        """The side itself is closed."""


def _text_of(kind: Kind) -> Callable[[Raw], str]:
    if kind is Kind.BYTES:
        return lambda raw: "\\x" + bytes(raw).hex() if isinstance(raw, bytes | bytearray | memoryview) else str(raw)
    return _text


def _text(raw: Raw) -> str:
    if isinstance(raw, str):
        return raw
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, bytes):
        raise UnfitError("bytes in a column of text")
    return repr(raw) if isinstance(raw, float) else str(raw)
