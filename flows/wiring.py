"""Wiring: which kinds exist, and how everything a run needs is put together."""

import hashlib
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from importlib.metadata import entry_points, version
from importlib.resources import files
from pathlib import Path
from typing import Any

from checks.catalog import Catalog, Check
from checks.catalog_text import read_catalog
from checks.errors import CatalogError
from checks.evidence.bag import manifest_text
from checks.evidence.digests import sha256
from checks.evidence.records import EvidenceRow, RawCapture
from checks.kinds.availability import AvailabilityCheck
from checks.kinds.comparison import ComparisonCheck
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.pulsed import pulsed
from checks.kinds.registry import KINDS
from checks.readiness.registry import TEMPLATES
from flows.clock import now as now
from flows.discretion import redactor_for
from flows.settings import Settings, environment
from tasks.collectors.collector import Clock, Collector
from tasks.collectors.http_client import HttpClient
from tasks.collectors.pulse import pulse_rows_from
from tasks.collectors.redacting import Redactor
from tasks.collectors.registry import collector_of
from tasks.collectors.sources import Sources, resolve_sources
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.keys import load_signer, open_signer
from tasks.sealing.records import RecordWriter
from tasks.sealing.signers import Signer
from tasks.store.evidence_store import EvidenceStore

_LOOKS = 256
"""Looks of a pulse that wait for their answer at a time."""
_OF_INTERVAL = 0.9
"""The share of the time between two looks after which a look waits no longer."""
PLUGINS = "readiness.collectors"
"""The entry-point group through which others add kinds: each names a module with `CHECK`, `COLLECTOR` and `SUITE`."""


@cache
def plugins() -> tuple[Any, ...]:
    """The modules that other distributions add."""
    return tuple(point.load() for point in entry_points(group=PLUGINS))


def kinds() -> dict[str, type[Check]]:
    """Every kind of check that is installed, by name."""
    models = (*KINDS, *(plugin.CHECK for plugin in plugins()))
    return {model.model_fields["kind"].default: model for model in models}


def collector_type(kind: str) -> Any:
    """The collector of a kind; only its module is imported."""
    added = {plugin.COLLECTOR.kind: plugin.COLLECTOR for plugin in plugins()}
    return added.get(kind) or collector_of(kind)


def suites() -> Mapping[str, Any]:
    """Every kind's suite. Imports Great Expectations, which takes seconds, so nobody does until something is judged."""
    from checks.expectations.registry import PULSE, SUITES

    return {suite.kind: suite for suite in (*SUITES, PULSE, *(plugin.SUITE for plugin in plugins()))}


def rows_from(check: Check, captures: Sequence[RawCapture]) -> tuple[EvidenceRow, ...]:
    """The rows that a check's captures give, without asking anybody."""
    read = collector_type(check.kind).rows_from
    asked = pulsed(check)
    found: tuple[EvidenceRow, ...] = pulse_rows_from(asked, captures, read) if asked else read(check, captures)
    return found


@cache
def made_with() -> dict[str, str]:
    """The versions of what decides how evidence is judged and shown: this program, and what it judges with."""
    added = {point.dist.name for point in entry_points(group=PLUGINS) if point.dist}
    return {name: version(name) for name in sorted({"readiness-evidence", "great-expectations", *added})}


@cache
def suites_digest() -> str:
    """The digest of what judges: the modules that say what is expected of each kind and what it adds up
    to, others' suites among them."""
    folders = tuple(files("checks") / name for name in ("expectations", "kinds", "objectives", "readiness"))
    found = [(f"{folder.name}/{one.name}", one) for folder in folders for one in folder.iterdir()]
    modules = {name: one.read_bytes() for name, one in found if name.endswith(".py")}
    modules |= {plugin.__name__: Path(plugin.__file__).read_bytes() for plugin in plugins()}
    return sha256(manifest_text({name: sha256(data) for name, data in modules.items()}))


def load_catalog(path: Path) -> tuple[Catalog, bytes]:
    """The catalogue in a file, and the file's very bytes."""
    try:
        data = path.read_bytes()
        text = data.decode()
    except FileNotFoundError:
        raise CatalogError(
            f"{path}: there is no such file; `readiness init` writes a catalogue to start from"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: cannot be read: {error}; a catalogue is a UTF-8 text file") from error
    return read_catalog(text, name=str(path), kinds=kinds(), templates=TEMPLATES), data


@dataclass(frozen=True, slots=True)
class Wiring:
    """Everything one run needs, and the means to open what must be opened where it is used."""

    settings: Settings
    catalog: Catalog
    catalog_bytes: bytes
    sources: Sources
    clock: Clock = field(default_factory=lambda: now)
    stopping: threading.Event = field(default_factory=threading.Event)
    """Set when the run is interrupted: comparisons under way then end their queries."""
    redactor: Redactor = field(default_factory=Redactor)
    """Takes out of everything that is kept what the sources' references were filled with."""

    @classmethod
    def of(cls, settings: Settings) -> "Wiring":
        """Reads the catalogue and fills its references; every problem is found before anything starts."""
        catalog, data = load_catalog(settings.catalog)
        sources = resolve_sources(catalog, environment(), drills=settings.drills)
        redactor = redactor_for(catalog, sources, environment())
        return cls(settings, catalog, data, replace(sources, deploys=settings.deploys), redactor=redactor)

    @property
    def catalog_digest(self) -> str:
        return hashlib.sha256(self.catalog_bytes).hexdigest()

    def open_store(self) -> EvidenceStore:
        return EvidenceStore.open(self.settings.store_url)

    def open_writer(self) -> BundleWriter:
        return _writer(self.settings, self.clock)

    def open_records(self) -> RecordWriter:
        return records_of(self.settings)

    def collector(self, kind: str) -> Callable[[], Collector[Any]]:
        """How to open the collector of a kind; it is opened inside the task that uses it."""
        found, sources, clock = collector_type(kind), self.sources, self.clock
        if issubclass(kinds()[kind], ComparisonCheck):
            from tasks.compare import RangeComparer  # imports Prefect, which no command needs that only looks

            comparer = RangeComparer(self.settings.task_runner, environment, self.stopping)
            return lambda: found(sources, clock, compare=comparer)
        if issubclass(kinds()[kind], AvailabilityCheck | ObjectiveCheck):
            return lambda: found(sources, clock, open_store=self.open_store)
        return lambda: found(sources, clock)

    def hurried(self, kind: str, interval: timedelta, clock: Clock) -> Collector[Any]:
        """The collector of a kind that is asked again after an interval, and so waits no longer for an answer."""
        sources = self.sources.within(interval.total_seconds() * _OF_INTERVAL)
        opened: Collector[Any] = collector_type(kind)(sources, clock, http=HttpClient(clock, concurrency=_LOOKS))
        return opened


@cache
def _writer(settings: Settings, clock: Clock) -> BundleWriter:
    """One writer for a process: it holds the lock on what it stages, and a development key warns once."""
    return BundleWriter(settings.evidence, signer_of(settings), clock, log=log_signer_of(settings))


def records_of(settings: Settings) -> RecordWriter:
    """Writes records into the log of a home."""
    return RecordWriter(settings.evidence, signer_of(settings), log=log_signer_of(settings))


@cache
def log_signer_of(settings: Settings) -> Signer | None:
    """Who signs the log's checkpoints, if not the collector."""
    if settings.log_key is None:
        return None
    return chosen_signer(settings, settings.log_key, identity=f"{settings.identity}-log")


def chosen_signer(settings: Settings, key: Path, *, identity: str) -> Signer:
    """The signer of a key that somebody names: in a file, or with the agent."""
    return open_signer(key, evidence=settings.evidence, identity=identity, agent=settings.agent)


@cache
def signer_of(settings: Settings) -> Signer:
    """The collector's signer; a development key warns once in a process."""
    return load_signer(
        settings.key,
        keys=settings.keys,
        evidence=settings.evidence,
        identity=settings.identity,
        agent=settings.agent,
    )
