"""Writes a slot's verdicts, whole and once, and later its seal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, Row, select, update

from checks.errors import StoreError
from checks.findings import Verdict
from checks.slots import Slot
from tasks.store.content import Written, written
from tasks.store.inserting import insert_all, insert_new
from tasks.store.packing import PackedSamples
from tasks.store.records import RunContext, SlotContents, SlotStatus
from tasks.store.sample_recording import packed_samples, store_samples
from tasks.store.schema import bundles, run_stages, series, slots, verdicts
from tasks.store.slot_numbers import number_of

Key = tuple[str, str]
_AT_ONCE = 500  # names in one IN (...): every server takes that many


@dataclass(frozen=True, slots=True)
class WrittenSlot:
    """What a slot brought, as it is stored."""

    verdicts: Sequence[Written]
    samples: Sequence[PackedSamples]


def written_slot(slot: Slot, given: SlotContents) -> WrittenSlot:
    """What a slot brought as it is stored; what cannot be of one slot is refused."""
    return WrittenSlot(_written_verdicts(slot, given.verdicts), packed_samples(given.samples))


def _written_verdicts(slot: Slot, given: Sequence[Verdict]) -> list[Written]:
    """Verdicts as they are stored; one of another slot, or two that differ under one key, are refused."""
    by_key: dict[Key, Written] = {}
    for verdict in given:
        content = written(verdict)
        if verdict.slot != slot:
            raise StoreError(
                f"{_named(content.key)} is of slot {verdict.slot.label}; it cannot be stored in {slot.label}"
            )
        if by_key.setdefault(content.key, content).digest != content.digest:
            raise StoreError(f"slot {slot.label} has two verdicts that differ for {_named(content.key)}; store one")
    return [by_key[key] for key in sorted(by_key)]


def store_bundle(connection: Connection, slot: Slot, *, contents: WrittenSlot, row: dict[str, object]) -> bool:
    """Adds a slot with what it brought; False if that very content was there, `StoreError` if another was."""
    number = number_of(slot)
    if not _add_bundle(connection, row):
        _require_same(connection, slot, contents=contents.verdicts, digest=row["digest"])
        return False
    numbers = _series_numbers(connection, [one.key for one in contents.verdicts])
    insert_all(connection, verdicts, (_row(one, numbers[one.key], number) for one in contents.verdicts))
    store_samples(connection, number, contents.samples)
    period = number_of(Slot.current(slot.cadence, slot.at))
    unfilled = (slots.c.slot == period) & slots.c.filled_by.is_(None)
    connection.execute(update(slots).where(unfilled).values(filled_by=number))
    return True


def store_stages(connection: Connection, slot: Slot, stages: Mapping[str, float]) -> None:
    """Adds the seconds that each stage of a run took."""
    number = number_of(slot)
    insert_all(
        connection,
        run_stages,
        ({"slot": number, "stage": stage, "seconds": seconds} for stage, seconds in stages.items()),
    )


def bundle_row(
    slot: Slot, contents: WrittenSlot, *, status: SlotStatus, context: RunContext, staging: str
) -> dict[str, object]:
    """A slot's row; its digest covers all but the staging folder, which says where and not what."""
    parts = [status, context.environment, context.version or "", context.catalog_digest]
    digest = sha256("\x1f".join(parts).encode("utf-8", "surrogatepass"))
    for one in (*(each.digest for each in contents.verdicts), *(each.digest for each in contents.samples)):
        digest.update(one)
    return {
        "slot": number_of(slot),
        "cadence": slot.cadence,
        "at": slot.at,
        "status": status,
        "environment": context.environment,
        "version": context.version,
        "catalog_digest": context.catalog_digest,
        "digest": digest.digest(),
        "staging": staging,
    }


def store_seal(connection: Connection, slot: Slot, *, digest: str, path: str, at: datetime) -> None:
    """Notes a slot's sealed bundle; noting it again is a no-op, another bundle for the slot is refused."""
    unsealed = (bundles.c.slot == number_of(slot)) & bundles.c.sealed_at.is_(None)
    seal = update(bundles).where(unsealed).values(bundle_digest=digest, bundle_path=path, sealed_at=at)
    if connection.execute(seal).rowcount:
        return
    columns = (bundles.c.bundle_digest, bundles.c.bundle_path)
    there = connection.execute(select(*columns).where(bundles.c.slot == number_of(slot))).one_or_none()
    if there is None:
        raise StoreError(f"slot {slot.label} is not recorded, so it cannot be sealed; record its verdicts first")
    if tuple(there) != (digest, path):
        raise StoreError(f"slot {slot.label} is sealed already, as {there[1]} ({there[0]}); a seal is never replaced")


def _add_bundle(connection: Connection, row: dict[str, object]) -> bool:
    new = insert_new(connection)(bundles).values(row).on_conflict_do_nothing().returning(bundles.c.slot)
    return connection.execute(new).one_or_none() is not None


def _series_numbers(connection: Connection, keys: Sequence[Key]) -> dict[Key, int]:
    """The number of every series, new ones added."""
    numbers = _known_series(connection, keys)
    new = [{"check_id": key[0], "subject": key[1]} for key in keys if key not in numbers]
    if not new:
        return numbers
    connection.execute(insert_new(connection)(series).on_conflict_do_nothing(), new)
    return _known_series(connection, keys)


def _known_series(connection: Connection, keys: Iterable[Key]) -> dict[Key, int]:
    checks = sorted({check for check, _ in keys})
    numbers = {}
    for start in range(0, len(checks), _AT_ONCE):
        some = series.c.check_id.in_(checks[start : start + _AT_ONCE])
        for number, check, subject in connection.execute(select(series).where(some)):
            numbers[check, subject] = number
    return numbers


def _row(content: Written, number: int, slot: int) -> dict[str, object]:
    verdict = content.verdict
    return {
        "series": number,
        "slot": slot,
        "kind": verdict.kind,
        "outcome": verdict.outcome,
        "severity": content.severity,
        "because": verdict.because,
        "judged_at": verdict.judged_at,
        "fingerprint": verdict.fingerprint,
        "digest": content.digest,
        "findings": content.findings,
    }


def _require_same(connection: Connection, slot: Slot, *, contents: Sequence[Written], digest: object) -> None:
    number = number_of(slot)
    there: Row[tuple[bytes]] = connection.execute(select(bundles.c.digest).where(bundles.c.slot == number)).one()
    if bytes(there[0]) == digest:
        return
    stored = (
        select(series.c.check_id, series.c.subject, verdicts.c.digest).join(verdicts).where(verdicts.c.slot == number)
    )
    old = {(check, subject): bytes(found) for check, subject, found in connection.execute(stored)}
    new = {content.key: content.digest for content in contents}
    differing = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    what = _listed(differing) if differing else "its status, its context or its samples"
    raise StoreError(
        f"slot {slot.label} already holds other evidence: {what} differs; what is stored is never overwritten"
    )


def _listed(keys: Sequence[Key]) -> str:
    rest = f" (and {len(keys) - 1} more)" if len(keys) > 1 else ""
    return _named(keys[0]) + rest


def _named(key: Key) -> str:
    check, subject = key
    return f"the verdict of {check}" if subject == check else f"the verdict of {check} on {subject!r}"
