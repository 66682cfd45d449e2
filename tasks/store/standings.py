"""Where readiness models stood when a run ended: noted by that run, and found again by an instant."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from checks.evidence.inputs import EarlierStanding
from checks.slots import Slot
from tasks.store.inserting import insert_all
from tasks.store.schema import bundles, model_standings
from tasks.store.slot_numbers import first_number_after, first_number_from, number_of

NEAR = timedelta(minutes=90)
"""How long before an instant a run may have ended and still say where models stood then: an hour, and some lateness."""
_LONGEST_RUN = timedelta(hours=1)
_IN_COLUMNS = {"model", "ago", "as_of"}


def store_standings(connection: Connection, slot: Slot, standings: Iterable[EarlierStanding]) -> None:
    """Adds where models stood at the end of a recorded slot's run."""
    number = number_of(slot)
    insert_all(
        connection,
        model_standings,
        (
            {
                "slot": number,
                "model": one.model,
                "as_of": one.as_of,
                "standing": one.model_dump_json(exclude=_IN_COLUMNS, exclude_defaults=True),
            }
            for one in standings
        ),
    )


def standings_near(
    connection: Connection, *, as_of: datetime, catalog_digest: str, ago: str
) -> tuple[EarlierStanding, ...]:
    """Where models stood by the last run of one catalogue before an instant, if that was near; else nothing."""
    first, last = first_number_from(as_of - NEAR - _LONGEST_RUN), first_number_after(as_of)
    asked = (
        select(model_standings.c.model, model_standings.c.as_of, model_standings.c.standing)
        .join(bundles, bundles.c.slot == model_standings.c.slot)
        .where(model_standings.c.slot >= first, model_standings.c.slot < last)
        .where(model_standings.c.as_of <= as_of, model_standings.c.as_of > as_of - NEAR)
        .where(bundles.c.catalog_digest == catalog_digest)
        .order_by(model_standings.c.model)
    )
    rows = connection.execute(asked).all()
    newest = max((row.as_of for row in rows), default=None)
    return tuple(
        EarlierStanding(model=row.model, ago=ago, as_of=row.as_of, **json.loads(row.standing))
        for row in rows
        if row.as_of == newest
    )
