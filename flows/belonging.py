"""Whose evidence a home and a store hold: one system's in one environment, and nobody else's.

Slots are counted without a system's name, so the evidence of two would fill each other's slots and answer for each
other's checks. Nothing is asked of a store that is another's, and nothing is written to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from checks.catalog import Catalog
from checks.errors import CatalogError
from checks.evidence.digests import sha256
from checks.evidence.layout import CATALOG
from checks.slots import Cadence
from flows.settings import Settings
from tasks.sealing.log_files import LOG, LogFiles
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SealedBundle

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_REMEDY = "give each system a home of its own (READINESS_HOME), and a store of its own if READINESS_STORE names one"


@contextmanager
def own_store(settings: Settings, catalog: Catalog) -> Iterator[EvidenceStore]:
    """The store of the settings, opened, if what it and the home hold is the catalogue's system's."""
    with EvidenceStore.open(settings.store_url) as store:
        demand_own(settings, catalog, store)
        yield store


def demand_own(settings: Settings, catalog: Catalog, store: EvidenceStore) -> None:
    """Refuses a home or a store whose evidence is of another system or environment, or was sealed in another home."""
    newest = _newest(store)
    if newest is not None and not _sealed_in(settings.evidence, newest):
        raise CatalogError(
            f"{settings.store_shown} holds {newest.path}, which was not sealed in {settings.evidence}: it is another "
            f"home's store; {_REMEDY}"
        )
    bundles = [settings.evidence / newest.path] if newest else []
    bundles += sorted((settings.evidence / "latest").glob("[a-z]*"))
    for bundle in bundles:
        theirs, ours = _told(bundle / "bag" / CATALOG), (catalog.system, catalog.environment)
        if theirs is not None and theirs != ours:
            raise CatalogError(
                f"{settings.home} holds the evidence of {_shown(theirs)}, and {settings.catalog} is about "
                f"{_shown(ours)}; {_REMEDY}"
            )


def _newest(store: EvidenceStore) -> SealedBundle | None:
    found = [one for cadence in Cadence if (one := store.last_bundle(cadence)) is not None]
    return max(found, key=lambda one: one.slot.at, default=None)


def _sealed_in(evidence: Path, bundle: SealedBundle) -> bool:
    """Whether a bundle lies in a home, or is a leaf of its log though it was archived or deleted since."""
    if (evidence / bundle.path).exists():
        return True
    log = LogFiles(evidence / LOG)
    checkpoint = log.checkpoint()
    return checkpoint is not None and any(
        sha256(entry) == bundle.digest for entry in log.newest_entries(checkpoint.size)
    )


def _told(catalog: Path) -> tuple[str, str] | None:
    """The system and the environment of a sealed catalogue; nothing where none can be read, which `verify` tells.

    They stand at its top, and whatever thousand checks follow are left alone: each run asks this of several bundles.
    """
    told: dict[str, str] = {}
    try:
        for name, value in _outermost(catalog.read_bytes()):
            told[name] = value
            if told.keys() >= {"system", "environment"}:
                return told["system"], told["environment"]
    except (OSError, yaml.YAMLError):
        pass
    return None


def _outermost(text: bytes) -> Iterator[tuple[str, str]]:
    """The scalars of a document's outermost mapping by their keys, read no further than somebody asks for more."""
    depth, key = 0, None
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
            key = None  # what ended was the value of it
        elif isinstance(event, yaml.ScalarEvent) and depth == 1:
            if key is not None:
                yield key, event.value
            key = event.value if key is None else None


def _shown(whose: tuple[str, str]) -> str:
    return f"{whose[0]} in {whose[1]}"
