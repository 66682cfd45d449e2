"""Completeness: which slots the catalogues in force owed, and have no leaf in the log."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.errors import VerificationError
from checks.evidence.log_records import AnyRecord, Pause, Resume
from checks.slots import Cadence, Slot, owed
from checks.yaml_text import read_yaml


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing was owed on a cadence from one instant until another (exclusive)."""

    cadence: Cadence
    since: datetime
    until: datetime

    def covers(self, slot: Slot) -> bool:
        return slot.cadence is self.cadence and self.since <= slot.at < self.until


@dataclass(frozen=True, slots=True)
class Owing:
    """What has been owed since an instant: each cadence's slots, and the stream whose they are."""

    since: datetime
    streams: Mapping[Cadence, str]

    @classmethod
    def by(cls, catalog: bytes, since: datetime) -> "Owing":
        """What a catalogue owes; read leniently, since another version of this program may have written it."""
        try:
            found = read_yaml(catalog.decode())
            owner = f"{found['system']}/{found['environment']}"
            every = {Cadence(check.get("every", Cadence.HOURLY)) for check in found["checks"].values()}
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise VerificationError(f"it does not say which cadences its checks have: {error}") from error
        return cls(since, {cadence: f"{owner}/{cadence}" for cadence in Cadence if cadence in every})


def pauses(records: Iterable[AnyRecord]) -> list[Paused]:
    """The pauses among the log's records, each cut short by a resume that follows."""
    found: list[Paused] = []
    for record in records:
        if isinstance(record, Pause):
            found += [Paused(cadence, record.at, record.until) for cadence in record.cadences]
        elif isinstance(record, Resume):
            found = [
                Paused(one.cadence, one.since, min(one.until, record.at)) if one.cadence in record.cadences else one
                for one in found
            ]
    return found


def absent(
    filled: Mapping[str, Sequence[Slot]],
    catalogs: Sequence[Owing],
    *,
    until: datetime,
    departed: Sequence[Slot] = (),
    paused: Sequence[Paused] = (),
) -> list[tuple[str, Slot]]:
    """The calendar slots that were owed, were over at an instant, and have no leaf; with the streams that owe them.

    From the first catalogue on record, each owes what begins while it is in force. Before that, and where there is
    none, a stream owes every slot from its first on. A slot is filled by evidence of any minute within its period, also
    by what has `departed` from the disk since.
    """
    everything = [*(slot for slots in filled.values() for slot in slots), *departed]
    there = {(slot.cadence, slot.cadence.floor(slot.at)) for slot in everything}
    found = {
        (stream, slot) for stream, slot in _by_presence(filled, departed, catalogs[0].since if catalogs else until)
    }
    for owing, end in zip(catalogs, [*(one.since for one in catalogs), until][1:], strict=True):
        found |= {
            (stream, slot) for cadence, stream in owing.streams.items() for slot in owed(cadence, owing.since, end)
        }
    return [
        (stream, slot)
        for stream, slot in sorted(found)
        if slot.end <= until and (slot.cadence, slot.at) not in there and not any(one.covers(slot) for one in paused)
    ]


def _by_presence(
    filled: Mapping[str, Sequence[Slot]], departed: Sequence[Slot], until: datetime
) -> Iterator[tuple[str, Slot]]:
    for stream, slots in filled.items():
        cadence = slots[0].cadence
        known = (*slots, *(slot for slot in departed if slot.cadence is cadence))
        first = min(cadence.floor(slot.at) for slot in known)
        yield from ((stream, slot) for slot in owed(cadence, first, until))
