"""Open items: rows that two data sets do not agree on, followed from slot to slot by their key.

Only rows that a comparison shows as samples have a key on record, so only those can be followed. What is not among the
samples of a later slot is closed if every differing row was shown then, and else it is not known. An item of a group,
which has no key, is known by all that is shown of it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field

from checks.evidence.records import Instant, Record, Scalar

MOST_ITEMS = 1_000
CLASSES = ("missing", "extra", "changed")
REDACTED = "[redacted]"
_ANY = datetime(1970, 1, 1, tzinfo=UTC)


class OpenItem(Record):
    """One row that does not agree: how, since which slot, and the last slot that showed it."""

    kind: str
    key: dict[str, Scalar]
    first_seen: Instant
    last_seen: Instant

    @property
    def identity(self) -> str:
        """The key as text: a row that was missing and is now different is still the same item."""
        return json.dumps(self.key, sort_keys=True, default=str)


class OpenItems(Record):
    """What is open as of a slot. `open_rows` is how many rows differ, of which `items` are those with a known key.

    `since` is the slot that was followed first: no item can be known to be older. `closed` are items that the slot
    before had and this one does not.
    """

    since: Instant
    as_of: Instant
    open_rows: int = Field(ge=0)
    items: tuple[OpenItem, ...]
    closed: tuple[OpenItem, ...] = ()
    hidden: bool = False
    """Whether keys are redacted, so that nothing can be followed."""


def followed(previous: OpenItems | None, told: Mapping[str, Any], at: Instant) -> OpenItems:
    """The open items of a slot, from its comparison's result and the open items of the slot before."""
    now = {item.identity: item for item in _shown(told, at)}
    before = {item.identity: item for item in (previous.items if previous else ())}
    complete = all(_shown_rows(told, kind) >= told["rows"][kind] for kind in CLASSES)
    kept = [
        item.model_copy(update={"first_seen": before[name].first_seen}) if name in before else item
        for name, item in now.items()
    ]
    gone = [item for name, item in before.items() if name not in now]
    items = sorted(kept + ([] if complete else gone), key=lambda item: (item.first_seen, item.identity))
    return OpenItems(
        since=previous.since if previous else at,
        as_of=at,
        open_rows=sum(told["rows"][kind] for kind in CLASSES),
        items=tuple(items[:MOST_ITEMS]),
        closed=tuple(gone) if complete else (),
        hidden=any(REDACTED in _key(told, sample).values() for sample in told["samples"]),
    )


def _shown(told: Mapping[str, Any], at: Instant) -> Iterator[OpenItem]:
    for sample in told["samples"]:
        key = _key(told, sample)
        if sample["kind"] in CLASSES and REDACTED not in key.values():
            yield OpenItem(kind=sample["kind"], key=key, first_seen=at, last_seen=at)


def _key(told: Mapping[str, Any], sample: Mapping[str, Any]) -> dict[str, Scalar]:
    """What a row is known by from slot to slot."""
    if told["coverage"]["key_from"] != "group":
        return dict(sample["key"])
    return {**sample["key"], **(sample["left"] or sample["right"] or {})}


def shown_items(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The identities of the rows that a comparison shows to differ."""
    return tuple(item.identity for item in _shown(told, _ANY))


def oldest(previous: OpenItems | None, identities: Iterable[str], now: datetime) -> timedelta:
    """For how long the oldest of some items has been open, as far as the slots before show; nothing over none."""
    before = {item.identity: item.first_seen for item in (previous.items if previous else ())}
    return max((now - before.get(identity, now) for identity in identities), default=timedelta(0))


def _shown_rows(told: Mapping[str, Any], kind: str) -> int:
    return sum(sample["kind"] == kind or (sample["kind"], kind) in _NULL_KEYS for sample in told["samples"])


_NULL_KEYS = {("null_key_left", "missing"), ("null_key_right", "extra")}
