"""All that monitoring is told at an instant, as values."""

from dataclasses import dataclass
from datetime import datetime

from checks.readiness.schedule import Schedule
from checks.readiness.watched import WatchedCheck


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """The evidence log: how many outsiders the settings name, how long it is, and what not all of them vouch for yet.

    Of a log that cannot be read, `leaves` and `waiting` are `None`. Without any outsider, nothing is ever vouched for.
    """

    anchors: int
    leaves: int | None = None
    waiting: int | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Untold:
    """A sink, and how many messages wait for it; `since` when the oldest does, if any."""

    sink: str
    messages: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Watched:
    """All that monitoring is told at an instant.

    `untold` has every sink of the catalogue, also those that nothing waits for.

    Without a catalogue that can be read there is neither `catalog_digest` nor any check; where the store cannot be
    read, there is no schedule, and each check is ERROR.
    """

    as_of: datetime
    version: str
    log: WatchedLog
    system: str = ""
    environment: str = ""
    catalog_digest: str | None = None
    store_readable: bool = False
    checks: tuple[WatchedCheck, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    unsealed: int | None = None
    untold: tuple[Untold, ...] = ()
