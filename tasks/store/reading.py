"""Reads back what is on record of a slot: its verdicts and its bundle."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Row, select

from checks.findings import Verdict
from checks.slots import Cadence, Slot
from tasks.store.content import VerdictRow, restored
from tasks.store.records import RunContext, SealedBundle, SlotStatus, StoredSlot
from tasks.store.schema import bundles, series, verdicts
from tasks.store.slot_numbers import number_of, slot_of

_AT_ONCE = 500  # slots in one IN (...)
OF_VERDICT = (
    verdicts.c.slot,
    verdicts.c.kind,
    verdicts.c.judged_at,
    verdicts.c.fingerprint,
    verdicts.c.findings,
)


def verdicts_of(connection: Connection, slot: Slot) -> list[Verdict]:
    """A slot's verdicts by check and subject."""
    asked = (
        select(series.c.check_id, series.c.subject, *OF_VERDICT)
        .join_from(verdicts, series)
        .where(verdicts.c.slot == number_of(slot))
    )
    return verdicts_from(connection.execute(asked))


def contexts_of(connection: Connection, slots: Iterable[Slot]) -> dict[Slot, RunContext]:
    """The environment, version and catalogue of each of some slots that is recorded."""
    columns = (bundles.c.slot, bundles.c.environment, bundles.c.version, bundles.c.catalog_digest)
    numbers = sorted({number_of(slot) for slot in slots})
    found = {}
    for start in range(0, len(numbers), _AT_ONCE):
        asked = select(*columns).where(bundles.c.slot.in_(numbers[start : start + _AT_ONCE]))
        for number, environment, version, digest in connection.execute(asked):
            found[slot_of(number)] = RunContext(environment, version, digest)
    return found


def unsealed_slots(connection: Connection) -> list[StoredSlot]:
    """What was stored and has no seal yet, oldest first."""
    asked = select(bundles).where(bundles.c.sealed_at.is_(None)).order_by(bundles.c.slot)
    return [
        StoredSlot(
            slot_of(row.slot),
            SlotStatus(row.status),
            RunContext(row.environment, row.version, row.catalog_digest),
            row.staging,
        )
        for row in connection.execute(asked)
    ]


def newest_sealed(connection: Connection, cadence: Cadence, *, before: Slot | None) -> SealedBundle | None:
    """The newest sealed bundle of a cadence, or the newest before a slot."""
    asked = select(bundles).where(bundles.c.cadence == cadence, bundles.c.sealed_at.is_not(None))
    if before is not None:
        asked = asked.where(bundles.c.slot < number_of(before))
    row = connection.execute(asked.order_by(bundles.c.slot.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return SealedBundle(slot_of(row.slot), row.bundle_digest, row.bundle_path, row.sealed_at)


def is_recorded(connection: Connection, slot: Slot) -> bool:
    """Whether a slot's verdicts are stored."""
    return connection.scalar(select(bundles.c.slot).where(bundles.c.slot == number_of(slot))) is not None


def verdicts_from(rows: Iterable[Row[tuple[str, str, int, str, datetime, str | None, str]]]) -> list[Verdict]:
    """Verdicts by check and subject, from rows of check, subject and `OF_VERDICT`."""
    found = [restored(VerdictRow(row[0], row[1], slot_of(row[2]), row[3], row[4], row[5], row[6])) for row in rows]
    return sorted(found, key=lambda verdict: (verdict.check, verdict.subject))
