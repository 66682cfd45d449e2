"""Where readiness models stood: as the last run before an instant noted it, by one catalogue, if that was near."""

from datetime import datetime, timedelta

import pytest

from checks.errors import StoreError
from checks.evidence.inputs import EarlierStanding
from tasks.store.evidence_store import EvidenceStore
from tasks.store.standings import NEAR
from tests.tasks.store.making import CONTEXT, TWO, hour, record, standing

AGO = "a day ago"
MINUTE = timedelta(minutes=1)


def asked(store: EvidenceStore, at: datetime, digest: str = CONTEXT.catalog_digest) -> list[EarlierStanding]:
    return list(store.standings(as_of=at, catalog_digest=digest, ago=AGO))


def noted(store: EvidenceStore, number: int, *models: str, after: timedelta = 7 * MINUTE) -> datetime:
    """A run of an hour that noted where models stood so long after its slot began; and when that was."""
    at = hour(number).at + after
    record(store, hour(number))
    store.note_run(hour(number), {}, [standing(at, model) for model in models or ("gate",)])
    return at


def test_what_was_noted_is_found_whole(store: EvidenceStore):
    at = noted(store, 0, "gate", "score")
    assert asked(store, at) == [standing(at, "gate", ago=AGO), standing(at, "score", ago=AGO)]


def test_the_newest_before_the_instant_counts(store: EvidenceStore):
    first, second = noted(store, 0), noted(store, 1)
    assert [one.as_of for one in asked(store, second + MINUTE)] == [second]
    assert [one.as_of for one in asked(store, second - MINUTE)] == [first]
    assert asked(store, first - MINUTE) == []


def test_a_model_that_the_newest_run_does_not_know_stood_nowhere(store: EvidenceStore):
    noted(store, 0, "gate", "score")
    at = noted(store, 1, "gate")
    assert [one.model for one in asked(store, at)] == ["gate"]


def test_what_was_long_before_says_nothing_of_then(store: EvidenceStore):
    """What held an hour and a half before may have grown too old meanwhile."""
    at = noted(store, 0)
    assert asked(store, at + NEAR - MINUTE)
    assert asked(store, at + NEAR) == []


def test_a_run_that_took_long_is_found(store: EvidenceStore):
    at = noted(store, 0, after=timedelta(minutes=59))
    assert [one.as_of for one in asked(store, at + NEAR - MINUTE)] == [at]


def test_what_another_catalogue_came_to_is_not_compared_with(store: EvidenceStore):
    at = noted(store, 0)
    assert asked(store, at, "sha256:" + "d" * 64) == []


def test_it_is_noted_once_and_of_a_recorded_slot(store: EvidenceStore):
    noted(store, 0)
    with pytest.raises(StoreError):
        store.note_run(hour(), {}, [standing(TWO)])
    with pytest.raises(StoreError):
        store.note_run(hour(1), {}, [standing(TWO)])
