"""Writes tables of typed columns into every kind of store, each value as the store's own tools write it."""

import json
import math
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg

from tasks.comparison import Kind, Location
from tests.tasks.comparison.pairs.held_types import LABELS, Type, postgres_array
from tests.tasks.comparison.pairs.stores import write_csv, write_mysql, write_parquet, write_postgres, write_sqlite

Row = tuple[Any, ...]
TEXT = {"mysql": "longtext character set utf8mb4 collate utf8mb4_bin", "parquet": "varchar", "sqlite": "text"}
TIMES = {Kind.DATE, Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP}
UNIQUE = {"postgresql": " primary key", "mysql": " primary key", "sqlite": " primary key"}


class TypedStores:
    """Every kind of store by name; each `write` gives a new place."""

    def __init__(self, folder: Path, postgres: str, mysql: str) -> None:
        self.folder = folder
        self.postgres = postgres
        self.mysql = mysql
        self._number = 0

    def write(
        self, store: str, types: Sequence[tuple[str, Type]], rows: Sequence[Row], *, unique: bool, otherwise: bool
    ) -> Location:
        """A table in a store, its first column perhaps unique; its texts perhaps `otherwise` than the usual ones."""
        self._number += 1
        name = f"typed{self._number}"
        written = [
            tuple(
                None if value is None else raw(store, one, value, number if otherwise else 0)
                for (_, one), value in zip(types, row, strict=True)
            )
            for number, row in enumerate(rows)
        ]
        columns = [f"{column} {one.declared.get(store, TEXT.get(store, ''))}" for column, one in types]
        columns[0] += UNIQUE.get(store, "") if unique else ""
        declared, names = ", ".join(columns), [column for column, _ in types]
        if store == "postgresql":
            return write_postgres(self.postgres, name, written, declared.replace(" mood", f" {self._mood()}"))
        if store == "mysql":
            return write_mysql(self.mysql, name, written, declared)
        if store == "sqlite":
            return write_sqlite(self.folder / f"{name}.sqlite", name, written, declared)
        if store == "parquet":
            return Location(str(write_parquet(self.folder / f"{name}.parquet", written, declared)))
        if store == "csv":
            return Location(str(write_csv(self.folder / f"{name}.csv", written, names)))
        return Location(str(_write_lines(self.folder / f"{name}.jsonl", written, names)))

    def _mood(self) -> str:
        """An enum of its own for each table, its labels in another order."""
        name, turn = f"mood{self._number}", self._number % len(LABELS)
        labels = ", ".join("'" + label.replace("'", "''") + "'" for label in (*LABELS[turn:], *LABELS[:turn]))
        with psycopg.connect(self.postgres, autocommit=True) as connection:
            connection.execute("set client_min_messages = error")
            connection.execute(f"drop type if exists {name} cascade")
            connection.execute(f"create type {name} as enum ({labels})")
        return name


def raw(store: str, column: Type, value: Any, turn: int) -> Any:
    """A value as a store's own tool takes it; `turn` picks one of its texts where there are many."""
    texts = column.texts(value)
    text = texts[turn % len(texts)]
    if store == "jsonlines":
        return _member(column, value, text, turn)
    if store == "csv" or store not in column.declared:
        return text
    if store == "postgresql":
        return postgres_array(value) if column.kind is Kind.ARRAY else text
    if store == "sqlite":
        return int(value) if isinstance(value, bool) else value
    if column.kind in (Kind.BYTES, Kind.BOOLEAN) or (store == "parquet" and column.kind in (Kind.ARRAY, Kind.FLOAT)):
        return value
    if store == "mysql" and column.kind in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP):
        return texts[0].removesuffix("Z").replace("T", " ")
    if store == "parquet" and column.kind in TIMES:
        return re.sub("^([-0-9]+)(?:T([^ ]+))? BC$", r"\1 (BC) \2", texts[0])
    return texts[0]


def _member(column: Type, value: Any, text: str, turn: int) -> str:
    """The JSON of a value: of its own where JSON has it, else its text."""
    if column.kind in (Kind.JSON, Kind.ARRAY):
        return text
    finite = isinstance(value, int | Decimal) or (isinstance(value, float) and math.isfinite(value))
    own = finite and column.kind in (Kind.INTEGER, Kind.NUMERIC, Kind.FLOAT)
    if own or (isinstance(value, bool) and text in ("true", "false")):
        return text
    return json.dumps(text, ensure_ascii=turn % 2 == 1)


def _write_lines(path: Path, rows: Sequence[Row], names: Sequence[str]) -> Path:
    lines = [
        ", ".join(f'"{name}": {"null" if value is None else value}' for name, value in zip(names, row, strict=True))
        for row in rows
    ]
    path.write_text("".join(f"{{{line}}}\n" for line in lines), encoding="utf-8", newline="")
    return path
