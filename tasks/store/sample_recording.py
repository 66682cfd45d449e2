"""Writes the samples that a slot brought, within the transaction that records it, and keeps the roll-ups in step."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, text

from checks.errors import StoreError
from checks.samples import Samples, SeriesKey
from tasks.store.inserting import insert_all, insert_new
from tasks.store.packing import PackedSamples, packed
from tasks.store.rolling_up import roll_up
from tasks.store.sample_rows import known_series
from tasks.store.schema import sample_series, samples

_ADVISORY_LOCK = 0x5EA1EE  # who rolls up must see what everybody else wrote


def packed_samples(given: Iterable[Samples]) -> list[PackedSamples]:
    """Samples as they are stored, in the order of their series; a series without samples leaves nothing."""
    by_key: dict[SeriesKey, PackedSamples] = {}
    for one in given:
        if not len(one):
            continue
        if one.key in by_key:
            raise StoreError(f"two lots of samples are given for {one.key}; join them")
        by_key[one.key] = packed(one)
    return [by_key[key] for key in sorted(by_key)]


def store_samples(connection: Connection, slot: int, given: Sequence[PackedSamples]) -> None:
    """Adds what the slot of a number brought, and rolls up the hours and days that are over."""
    if not given:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
    numbers = _series_numbers(connection, [one.key for one in given])
    insert_all(connection, samples, (_row(one, numbers[one.key], slot) for one in given))
    roll_up(connection, {numbers[one.key]: (one.first, one.last) for one in given})


def _series_numbers(connection: Connection, keys: Sequence[SeriesKey]) -> dict[SeriesKey, int]:
    """The number of every series, new ones added."""
    checks = {key.check for key in keys}
    numbers = known_series(connection, checks)
    new = [
        {"check_id": key.check, "subject": key.subject, "measure": key.measure} for key in keys if key not in numbers
    ]
    if not new:
        return numbers
    connection.execute(insert_new(connection)(sample_series).on_conflict_do_nothing(), new)
    return known_series(connection, checks)


def _row(one: PackedSamples, number: int, slot: int) -> dict[str, object]:
    return {
        "series": number,
        "slot": slot,
        "first_ms": one.first,
        "last_ms": one.last,
        "every_ms": one.every,
        "count": one.count,
        "packed": one.blob,
    }
