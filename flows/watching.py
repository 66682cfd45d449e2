"""What monitoring is told: where everything stands now, read without writing anything."""

from dataclasses import replace
from datetime import datetime

from checks.catalog import Catalog
from checks.errors import CatalogError, ReadinessError, VerificationError
from checks.evidence.digests import sha256
from checks.readiness.watched import unknown_checks, watched_checks
from flows.belonging import demand_own
from flows.facts import facts_at, waivers_of
from flows.scheduled import schedules
from flows.settings import Settings
from flows.wiring import load_catalog, made_with, now
from reports.exports.watched import Untold, Watched, WatchedLog
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.waiting import unanchored
from tasks.store.evidence_store import EvidenceStore


def watched(settings: Settings) -> Watched:
    """Where everything stands; whatever cannot be read is a `ReadinessError`."""
    catalog, data = load_catalog(settings.catalog)
    as_of = now()
    known = _of_catalog(_bare(settings, as_of), catalog, data)
    with EvidenceStore.open_to_read(settings.store_url) as store:
        demand_own(settings, catalog, store)
        facts = facts_at(catalog, store, waivers_of(settings), as_of=as_of)
        return replace(
            known,
            store_readable=True,
            checks=watched_checks(facts),
            schedules=schedules(settings, catalog, store, as_of=as_of),
            unsealed=len(store.unsealed()),
            untold=_untold(catalog, store),
        )


def watched_as_far_as_possible(settings: Settings) -> tuple[Watched, ReadinessError | None]:
    """The same for whoever keeps what he was told last, and so has to be told that nobody knows; and why nobody does.

    Every check is ERROR then; without a catalogue there is none, and the figures say that too.
    """
    try:
        return watched(settings), None
    except ReadinessError as error:
        bare = _bare(settings, now())
        try:
            catalog, data = load_catalog(settings.catalog)
        except CatalogError:
            return bare, error
        return replace(_of_catalog(bare, catalog, data), checks=unknown_checks(catalog)), error


def _bare(settings: Settings, as_of: datetime) -> Watched:
    """What can be told without catalogue and store."""
    return Watched(as_of, made_with()["readiness-evidence"], _log(settings))


def _of_catalog(bare: Watched, catalog: Catalog, data: bytes) -> Watched:
    return replace(bare, system=catalog.system, environment=catalog.environment, catalog_digest=sha256(data))


def _untold(catalog: Catalog, store: EvidenceStore) -> tuple[Untold, ...]:
    """What waits for each sink of a catalogue."""
    waiting = {one.sink: one for one in store.tellings.waiting()}
    sinks = catalog.notify.sinks if catalog.notify is not None else ()
    found = ((sink, waiting.get(sink)) for sink in sinks)
    return tuple(Untold(sink, one.messages, one.since) if one else Untold(sink) for sink, one in found)


def _log(settings: Settings) -> WatchedLog:
    anchors = bool(settings.witness) + bool(settings.timestamps)
    try:
        checkpoint = LogFiles(settings.evidence / LOG).checkpoint()
        waiting = unanchored(settings.evidence)
    except (VerificationError, OSError):
        return WatchedLog(anchors)
    return WatchedLog(anchors, checkpoint.size if checkpoint else 0, waiting.bundles, waiting.since)
