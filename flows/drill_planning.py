"""Finds the drill that somebody names, and what it would do."""

from checks.catalog import Catalog, Check
from checks.errors import CatalogError
from checks.kinds.backup import BackupCheck
from checks.kinds.drill import DrillKind
from flows.wiring import Wiring
from tasks.collectors.drilling import DrillRoom
from tasks.drills.planning import planned


def fits(kind: DrillKind, check: Check) -> bool:
    """Whether a check is a drill of a kind; a backup check is one if it restores."""
    if kind is DrillKind.RESTORE:
        return isinstance(check, BackupCheck) and check.restore is not None
    return check.kind == kind.value


def is_drill(check: Check) -> bool:
    """Whether a check rehearses anything."""
    return any(fits(kind, check) for kind in DrillKind)


def drills_of(catalog: Catalog) -> tuple[Check, ...]:
    """Every drill of the catalogue, in its order."""
    return tuple(check for check in catalog.checks.values() if is_drill(check))


def chosen(wiring: Wiring, kind: DrillKind, name: str) -> Check:
    """The drill of that name; one that is not there is answered with those that are."""
    fitting = [check.id for check in wiring.catalog.checks.values() if fits(kind, check)]
    if name not in fitting:
        there = ", ".join(fitting) or "none"
        raise CatalogError(f"{wiring.settings.catalog}: no {kind} drill is called {name!r}; there are: {there}")
    return wiring.catalog.checks[name]


def steps_of(wiring: Wiring, kind: DrillKind, name: str) -> tuple[str, ...]:
    """What the drill of that name would do; nothing is asked and nothing is changed."""
    room = DrillRoom(wiring.sources, wiring.clock)
    return planned(chosen(wiring, kind, name), wiring.sources, room.triggers)
