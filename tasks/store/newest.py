"""What was newest before an instant, for every series at once, however long its history.

Each series is one step down the primary key to its newest slot, and one more for every slot before that. The verdicts
are left-joined by their whole key, so that no planner is led to start from the verdicts and read them all.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, func, literal, select

from checks.findings import Verdict
from checks.slots import CLOCK_TOLERANCE, Slot
from tasks.store.reading import OF_VERDICT, verdicts_from
from tasks.store.schema import series, verdicts
from tasks.store.slot_numbers import first_number_after, number_of

_AT_ONCE = 500  # checks in one IN (...)

Fingerprints = dict[tuple[str, str], tuple[str, ...]]


def latest_verdicts(connection: Connection, *, as_of: datetime) -> list[Verdict]:
    """Each series' newest verdict of a slot that had begun, and had been judged, by an instant.

    Of a slot that was judged late nobody knew before; clocks of several machines may differ by a minute.
    """
    newest = _newest_judged(series.c.id, before=first_number_after(as_of), by=as_of + CLOCK_TOLERANCE)
    names = select(series.c.id, series.c.check_id, series.c.subject, newest.label("slot"))
    chosen = names.cte("chosen").prefix_with("MATERIALIZED")
    theirs = (verdicts.c.series == chosen.c.id) & (verdicts.c.slot == chosen.c.slot)
    asked = select(chosen.c.check_id, chosen.c.subject, *OF_VERDICT).outerjoin_from(chosen, verdicts, theirs)
    return verdicts_from(connection.execute(asked.where(chosen.c.slot.is_not(None))))


def recent_fingerprints(connection: Connection, checks: Sequence[str], *, before: Slot, depth: int) -> Fingerprints:
    """The fingerprints among each series' newest verdicts, at most `depth` of them, newest first."""
    found: dict[tuple[str, str], list[str]] = {}
    for start in range(0, len(checks), _AT_ONCE):
        asked = _fingerprint_query(checks[start : start + _AT_ONCE], before=number_of(before), depth=depth)
        for check, subject, fingerprint in connection.execute(asked):
            if fingerprint is not None:
                found.setdefault((check, subject), []).append(fingerprint)
    return {key: tuple(fingerprints) for key, fingerprints in found.items()}


def _fingerprint_query(checks: Sequence[str], *, before: int, depth: int) -> Select[tuple[str, str, str | None]]:
    """Walks back from slot to slot, `depth` times."""
    newest = _newest_slot(series.c.id, before=literal(before))
    names = select(series.c.id, series.c.check_id, series.c.subject, newest.label("slot"), literal(1).label("step"))
    walk = names.where(series.c.check_id.in_(checks)).cte("walk", recursive=True)
    back = select(
        walk.c.id, walk.c.check_id, walk.c.subject, _newest_slot(walk.c.id, before=walk.c.slot), walk.c.step + 1
    )
    walk = walk.union_all(back.where(walk.c.step < depth, walk.c.slot.is_not(None)))
    theirs = (verdicts.c.series == walk.c.id) & (verdicts.c.slot == walk.c.slot)
    asked = select(walk.c.check_id, walk.c.subject, verdicts.c.fingerprint).outerjoin_from(walk, verdicts, theirs)
    return asked.where(walk.c.slot.is_not(None)).order_by(walk.c.step)


def _newest_judged(number: ColumnElement[int], *, before: int, by: datetime) -> ColumnElement[int | None]:
    """The newest slot that was judged by an instant: one step back in nearly every case, so no index is needed."""
    older = verdicts.alias("older")
    found = select(older.c.slot).where(older.c.series == number, older.c.slot < before, older.c.judged_at <= by)
    return found.order_by(older.c.slot.desc()).limit(1).scalar_subquery()


def _newest_slot(number: ColumnElement[int], *, before: ColumnElement[int]) -> ColumnElement[int | None]:
    older = verdicts.alias("older")
    found = select(func.max(older.c.slot)).where(older.c.series == number, older.c.slot < before)
    return found.scalar_subquery()
