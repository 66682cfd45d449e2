"""A bundle is stored, then sealed; what stays in between is on record."""

import subprocess
import sys
from datetime import timedelta

import pytest

from checks.errors import StoreError
from checks.slots import Cadence, Slot
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SealedBundle, SlotStatus, StoredSlot
from tests.tasks.store.making import CONTEXT, TWO, hour, record, seal

DIES_BEFORE_SEALING = """
import os, sys
from tasks.store.evidence_store import EvidenceStore
from tests.tasks.store.making import hour, record
record(EvidenceStore.open(sys.argv[1]), hour())
os._exit(9)
"""


def test_a_run_that_died_before_sealing_is_on_record_and_the_next_one_seals_it(url: str):
    assert subprocess.run([sys.executable, "-c", DIES_BEFORE_SEALING, url], check=False).returncode == 9
    with EvidenceStore.open(url) as store:
        staging = f".staging/{hour().label}"
        assert store.unsealed() == [StoredSlot(hour(), SlotStatus.COLLECTED, CONTEXT, staging)]
        seal(store, hour())
        assert store.unsealed() == []


def test_unsealed_slots_of_every_cadence_are_told_oldest_first(store: EvidenceStore):
    weekly = Slot(TWO - timedelta(days=6, hours=14), Cadence.WEEKLY)
    for slot in (hour(2), weekly, hour(1)):
        record(store, slot)
    seal(store, hour(1))
    assert [stored.slot for stored in store.unsealed()] == [weekly, hour(2)]


def test_the_newest_sealed_bundle_is_the_one_before(store: EvidenceStore):
    assert store.last_bundle(Cadence.HOURLY) is None
    for number in (0, 1, 2):
        record(store, hour(number))
    seal(store, hour(1))
    seal(store, hour(0))
    sealed_at = hour(1).at + timedelta(minutes=2, microseconds=5)
    second = SealedBundle(hour(1), f"sha256:{hour(1).label}", "2026/11/22/2026-11-22T1500Z.hourly", sealed_at)
    assert store.last_bundle(Cadence.HOURLY) == second
    assert store.last_bundle(Cadence.HOURLY, before=hour(2)) == second
    assert store.last_bundle(Cadence.HOURLY, before=hour(1)).slot == hour()
    assert store.last_bundle(Cadence.HOURLY, before=hour()) is None
    assert store.last_bundle(Cadence.DAILY) is None


def test_the_same_seal_twice_changes_nothing(store: EvidenceStore):
    record(store, hour())
    seal(store, hour())
    first = store.last_bundle(Cadence.HOURLY)
    store.seal(hour(), digest=first.digest, path=first.path, at=TWO + timedelta(days=1))
    assert store.last_bundle(Cadence.HOURLY) == first


def test_another_seal_is_refused(store: EvidenceStore):
    record(store, hour())
    seal(store, hour())
    first = store.last_bundle(Cadence.HOURLY)
    for digest, path in (("sha256:other", first.path), (first.digest, "elsewhere")):
        with pytest.raises(StoreError, match=r"2026-11-22T1400Z.hourly is sealed already, as .*never replaced"):
            store.seal(hour(), digest=digest, path=path, at=TWO)
    assert store.last_bundle(Cadence.HOURLY) == first


def test_a_slot_that_is_not_recorded_cannot_be_sealed(store: EvidenceStore):
    with pytest.raises(StoreError, match="is not recorded, so it cannot be sealed"):
        seal(store, hour())
