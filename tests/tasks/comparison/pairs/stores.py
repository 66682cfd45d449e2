"""Writes one table of plain Python values into every kind of store the engine reads, with the store's own tools."""

import gzip
import json
import sqlite3
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql
import pytest

from tasks.comparison import ColumnRule, Comparison, Kind, Location

Row = tuple[Any, ...]

COLUMNS = ("id", "name", "amount", "score", "tenant", "active", "seen", "born")
RULES = {"seen": ColumnRule(kind=Kind.TIMESTAMP, zone_utc=True), "born": ColumnRule(kind=Kind.DATE)}
"""SQLite and MySQL keep no zone; SQLite has no dates."""
POSTGRES = (
    "id bigint, name text, amount numeric(20,4), score float8, tenant int, active bool, seen timestamptz, born date"
)
MYSQL = (
    "id bigint, name varchar(200) character set utf8mb4 collate utf8mb4_bin, amount decimal(20,4), score double,"
    " tenant int, active tinyint(1), seen datetime(6), born date"
)
SQLITE = "id integer, name text, amount decimal(20,4), score real, tenant int, active bool, seen text, born text"
DUCKDB = (
    "id bigint, name varchar, amount decimal(20,4), score double, tenant int, active bool, seen timestamptz, born date"
)


def csv_field(value: Any) -> str:
    """Null is nothing, empty text is quoted."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = repr(value) if isinstance(value, float) else str(value)
    return '"' + text.replace('"', '""') + '"' if text == "" or set(text) & set(',"\n\r') else text


def write_csv(path: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> Path:
    lines = [",".join(columns), *(",".join(map(csv_field, row)) for row in rows)]
    text = "".join(f"{line}\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def json_value(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime | date):
        return json.dumps(value.isoformat())
    return json.dumps(value, ensure_ascii=False)


def write_jsonlines(path: Path, rows: Sequence[Row], columns: Sequence[str] = COLUMNS) -> Path:
    lines = (
        "{"
        + ", ".join(f"{json.dumps(name)}: {json_value(value)}" for name, value in zip(columns, row, strict=True))
        + "}"
        for row in rows
    )
    text = "".join(f"{line}\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


ROWS_AT_ONCE = 100
"""DuckDB takes nine times as long for rows one by one."""


def write_parquet(path: Path, rows: Sequence[Row], declared: str = DUCKDB) -> Path:
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create table made ({declared})")
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = rows[start : start + ROWS_AT_ONCE]
            marks = ", ".join(f"({', '.join('?' * len(row))})" for row in part)
            connection.execute(f"insert into made values {marks}", [value for row in part for value in row])
        connection.execute(f"copy made to '{path}' (format parquet)")
    return path


def sqlite_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return value.isoformat() if isinstance(value, date) else value


def write_sqlite(path: Path, table: str, rows: Sequence[Row], declared: str = SQLITE) -> Location:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(f"create table {table} ({declared})")
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(
                f"insert into {table} values ({marks})", [tuple(map(sqlite_value, row)) for row in rows]
            )
    connection.close()
    return Location(f"sqlite:///{path}", table)


def mysql_value(value: Any) -> Any:
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def write_mysql(database: str, table: str, rows: Sequence[Row], declared: str = MYSQL) -> Location:
    connection = pymysql.connect(host="127.0.0.1", user="root", database=database, charset="utf8mb4", autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("set time_zone = '+00:00'")
        cursor.execute(f"drop table if exists {table}")
        cursor.execute(f"create table {table} ({declared}) engine=innodb default charset=utf8mb4")
        if rows:
            marks = ", ".join(["%s"] * len(rows[0]))
            cursor.executemany(f"insert into {table} values ({marks})", [tuple(map(mysql_value, row)) for row in rows])
    return Location(f"mysql://root@127.0.0.1:3306/{database}", table)


def write_postgres(url: str, table: str, rows: Sequence[Row], declared: str = POSTGRES) -> Location:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"drop table if exists {table}")
        connection.execute(f"create table {table} ({declared})")
        with connection.cursor() as cursor, cursor.copy(f"copy {table} from stdin") as copy:
            for row in rows:
                copy.write_row(row)
    return Location(url, table)


@contextmanager
def mysql_database() -> Iterator[str]:
    """A database of its own on the MariaDB of this machine; a skip where there is none."""
    name = f"cmp_{uuid.uuid4().hex[:12]}"
    try:
        connection = pymysql.connect(host="127.0.0.1", user="root", connect_timeout=3, autocommit=True)
    except pymysql.MySQLError as error:
        pytest.skip(f"no MariaDB answers on 127.0.0.1:3306: {error.args[0]}")
    with connection, connection.cursor() as cursor:
        cursor.execute(f"create database {name}")
        try:
            yield name
        finally:
            # A session that a failed test left behind would have the drop wait for a day.
            cursor.execute("select id from information_schema.processlist where db = %s", (name,))
            for (session,) in cursor.fetchall():
                with suppress(pymysql.err.OperationalError):  # one that has ended just now
                    cursor.execute(f"kill {session}")
            cursor.execute(f"drop database {name}")


class Stores:
    """Every kind of store by name; each `write` gives a new place."""

    def __init__(self, folder: Path, postgres: str, mysql: str) -> None:
        self.folder = folder
        self.postgres = postgres
        self.mysql = mysql
        self._number = 0

    def write(self, kind: str, rows: Sequence[Row]) -> Location:
        """A table of `COLUMNS` in a store of a kind."""
        self._number += 1
        name = f"t{self._number}"
        if kind == "postgresql":
            return write_postgres(self.postgres, name, rows)
        if kind == "mysql":
            return write_mysql(self.mysql, name, rows)
        if kind == "sqlite":
            return write_sqlite(self.folder / f"{name}.sqlite", name, rows)
        if kind == "parquet":
            return Location(str(write_parquet(self.folder / f"{name}.parquet", rows)))
        if kind == "csv":
            return Location(str(write_csv(self.folder / f"{name}.csv", rows)))
        return Location(str(write_jsonlines(self.folder / f"{name}.jsonl", rows)))


KINDS = ("postgresql", "mysql", "sqlite", "parquet", "csv", "jsonlines")


def request(left: Location, right: Location, **more: Any) -> Comparison:
    """A comparison of two stores by id, with the rules that let every kind meet every other."""
    return Comparison(left, right, **({"key": ("id",), "rules": RULES} | more))
