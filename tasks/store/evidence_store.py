"""The evidence store: what was judged, slot by slot, written once and never changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Self

from sqlalchemy import URL, Connection, Engine

from checks.epoch import from_milliseconds, milliseconds_of
from checks.errors import StoreError
from checks.evidence.inputs import EarlierStanding
from checks.findings import Verdict
from checks.readiness.schedule import CalendarRecord
from checks.rollups import Rollup, Span
from checks.samples import Samples, SeriesKey
from checks.slots import Cadence, Slot
from tasks.store import calendar, newest, owing, reading, recording, sample_reading
from tasks.store.database import (
    clear_errors,
    create_reading_engine,
    create_store_engine,
    file_of,
    parse_url,
    place_of,
    writing,
)
from tasks.store.records import RunContext, SealedBundle, SlotContents, SlotRecord, SlotStatus, StoredSlot
from tasks.store.sample_rows import known_series
from tasks.store.standings import standings_near, store_standings
from tasks.store.tellings import Tellings
from tasks.store.upgrading import bring_up_to_date, require_current


class EvidenceStore:
    """Verdicts, owed slots and bundles in one database; every method is one transaction.

    A slot is recorded whole. Recording it again with equal content changes nothing; with other content it is refused,
    in the database too. Whatever the database itself refuses arrives as a `StoreError`.
    """

    def __init__(self, engine: Engine, url: URL) -> None:
        self._engine = engine
        self._writer = writing(engine)
        self._url = url

    @classmethod
    def open(cls, url: str) -> "EvidenceStore":
        """Opens a store and brings it to the present version; a SQLite file that does not exist is made."""
        address = parse_url(url)
        with clear_errors(address):
            _make_file(address)
            engine = create_store_engine(address)
            try:
                bring_up_to_date(engine, address)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, address)

    @classmethod
    def open_to_read(cls, url: str) -> "EvidenceStore":
        """Opens a store that is there for somebody who only looks: nothing is made, migrated or written."""
        address = parse_url(url)
        path = file_of(address)
        if path is not None and not path.exists():
            raise StoreError(f"{place_of(address)}: there is none yet; the first run makes it")
        with clear_errors(address):
            engine = create_reading_engine(address)
            try:
                require_current(engine, address)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, address)

    def close(self) -> None:
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def owe(self, cadence: Cadence, *, until: datetime) -> list[Slot]:
        """Notes every calendar slot up to the one that holds `until`; returns the unfilled ones older than it.

        The first call for a cadence owes that one slot alone: nothing is owed for the time before the store knew of it.
        """
        with self._write() as connection:
            owing.materialise(connection, cadence, until=until)
            return owing.unfilled(connection, cadence, before=Slot.current(cadence, until))

    def record(
        self, slot: Slot, contents: SlotContents, *, status: SlotStatus, context: RunContext, staging: str
    ) -> bool:
        """Stores a slot whole; False if the very same was there, then the staging folder noted first stands."""
        if status is SlotStatus.OWED:
            raise StoreError(f"slot {slot.label} cannot be recorded as owed; record it as collected, late or missed")
        written = recording.written_slot(slot, contents)
        row = recording.bundle_row(slot, written, status=status, context=context, staging=staging)
        with self._write() as connection:
            return recording.store_bundle(connection, slot, contents=written, row=row)

    def recorded(self, slot: Slot) -> bool:
        """Whether this very slot is stored, sealed or not."""
        with self._read() as connection:
            return reading.is_recorded(connection, slot)

    def seal(self, slot: Slot, *, digest: str, path: str, at: datetime) -> None:
        """Notes that a recorded slot's bundle is sealed; noting the same bundle again changes nothing."""
        with self._write() as connection:
            recording.store_seal(connection, slot, digest=digest, path=path, at=at)

    def note_run(self, slot: Slot, stages: Mapping[str, float], standings: Iterable[EarlierStanding] = ()) -> None:
        """Notes of the run that filled a recorded slot how many seconds each stage took, and where models stood.

        Once, at its end.
        """
        with self._write() as connection:
            recording.store_stages(connection, slot, stages)
            store_standings(connection, slot, standings)

    def standings(self, *, as_of: datetime, catalog_digest: str, ago: str) -> tuple[EarlierStanding, ...]:
        """Where models stood by one catalogue, as noted by the last run before an instant; nothing if none is near."""
        with self._read() as connection:
            return standings_near(connection, as_of=as_of, catalog_digest=catalog_digest, ago=ago)

    def unsealed(self) -> list[StoredSlot]:
        """What was stored and could not be sealed, oldest first."""
        with self._read() as connection:
            return reading.unsealed_slots(connection)

    def last_bundle(self, cadence: Cadence, *, before: Slot | None = None) -> SealedBundle | None:
        """The newest sealed bundle of a cadence, or the newest one older than a slot."""
        with self._read() as connection:
            return reading.newest_sealed(connection, cadence, before=before)

    def latest(self, *, as_of: datetime) -> list[Verdict]:
        """Of each check and subject the newest verdict that was known at an instant."""
        with self._read() as connection:
            return newest.latest_verdicts(connection, as_of=as_of)

    def verdicts(self, slot: Slot) -> list[Verdict]:
        """Everything judged in a slot, by check and subject."""
        with self._read() as connection:
            return reading.verdicts_of(connection, slot)

    def contexts(self, slots: Iterable[Slot]) -> dict[Slot, RunContext]:
        """Of what the verdicts of some recorded slots speak."""
        with self._read() as connection:
            return reading.contexts_of(connection, slots)

    def fingerprints(
        self, checks: Sequence[str], *, before: Slot, depth: int
    ) -> dict[tuple[str, str], tuple[str, ...]]:
        """The fingerprints in the newest `depth` verdicts of each check and subject, newest first, gaps left out."""
        with self._read() as connection:
            return newest.recent_fingerprints(connection, checks, before=before, depth=depth)

    def slots(self, cadence: Cadence, *, since: datetime, until: datetime) -> list[SlotRecord]:
        """The owed slots that start in [since, until) and how each stands, oldest first."""
        with self._read() as connection:
            return list(owing.slot_records(connection, cadence, since=since, until=until))

    def calendar(self, cadence: Cadence, *, as_of: datetime) -> CalendarRecord:
        """What is on record of a cadence's calendar at an instant; costs the same however long the history."""
        with self._read() as connection:
            return calendar.calendar_record(connection, cadence, as_of=as_of)

    def series(self, checks: Sequence[str]) -> list[SeriesKey]:
        """Every series that some checks left samples of, in order."""
        with self._read() as connection:
            return sorted(known_series(connection, checks))

    def samples(self, keys: Sequence[SeriesKey], *, since: datetime, until: datetime) -> dict[SeriesKey, Samples]:
        """The samples of each series in [since, until); none where there are none."""
        with self._read() as connection:
            return sample_reading.samples_of(connection, keys, _stretch(since, until))

    def samples_in(self, key: SeriesKey, stretches: Sequence[tuple[datetime, datetime]]) -> list[Samples]:
        """The samples of one series in each of several stretches, which are apart and in order; all in a few reads."""
        with self._read() as connection:
            return sample_reading.samples_in(connection, key, [_stretch(*one) for one in stretches])

    def rollups(
        self, keys: Sequence[SeriesKey], *, span: Span, since: datetime, until: datetime
    ) -> dict[SeriesKey, dict[datetime, Rollup]]:
        """What each series comes to in each hour or day, as far as it lies in [since, until), by its beginning.

        A span without samples has none. The present hour, too, is as of now: it is summed up from its samples.
        """
        with self._read() as connection:
            found = sample_reading.rollups_of(connection, keys, span, _stretch(since, until))
        return {key: {from_milliseconds(at): one for at, one in by.items()} for key, by in found.items()}

    def summaries(self, keys: Sequence[SeriesKey], *, since: datetime, until: datetime) -> dict[SeriesKey, Rollup]:
        """What each series comes to in all of [since, until), to the millisecond; empty where nothing was sampled.

        Costs the days, a few hours and the samples at both ends, however many samples lie between.
        """
        with self._read() as connection:
            return sample_reading.summaries_of(connection, keys, _stretch(since, until))

    @property
    def tellings(self) -> Tellings:
        """What people were told, and what waits to be told."""
        return Tellings(self._read, self._write)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with clear_errors(self._url), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with clear_errors(self._url), self._writer.begin() as connection:
            yield connection


def _stretch(since: datetime, until: datetime) -> tuple[int, int]:
    return milliseconds_of(since), milliseconds_of(until)


def _make_file(url: URL) -> None:
    """Makes the file of a new SQLite store, for its owner's eyes only."""
    path = file_of(url)
    if path is not None and not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
