"""What people are told, on record: decided in one transaction, waiting until a sink takes it, each attempt kept."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Connection, func, insert, select, text, update

from checks.errors import StoreError
from checks.telling.deliveries import Claim, Delivered, Delivery, Failure, failed
from checks.telling.round import Decision, Message
from checks.telling.topics import State, state_from
from tasks.store.inserting import insert_all, insert_new
from tasks.store.schema import deliveries, messages, topic_states, topics

Opening = Callable[[], AbstractContextManager[Connection]]
_ADVISORY_LOCK = 0x5EA1EF  # who decides must see what everybody else decided


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a sink was not told yet: how many messages, since when, after how many attempts, and why."""

    sink: str
    messages: int
    since: datetime
    attempts: int
    failure: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to tell one message; without an end, of a run that died or is at it."""

    key: str
    sink: str
    number: int
    began_at: datetime
    ended_at: datetime | None
    accepted: bool
    delivered: Delivered
    failure: str


@dataclass(frozen=True, slots=True)
class Tellings:
    """The part of an evidence store in which is kept what was told.

    What is decided is stored in one transaction with what is remembered, before anybody is told: a run that dies leaves
    a message that waits, and the next run tells it. It is told at least once, and its key says if that was twice.
    """

    read: Opening
    write: Opening

    def decide(self, decide: Callable[[Mapping[str, State]], Decision]) -> tuple[Message, ...]:
        """Stores what is decided from everything that is remembered; two runs decide one after the other."""
        with self.write() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ADVISORY_LOCK})
            known = {name: (number, revision, state) for name, number, revision, state in _newest(connection)}
            decision = decide({name: _read(name, state) for name, (_, _, state) in known.items()})
            _remember(connection, decision, {name: (number, revision) for name, (number, revision, _) in known.items()})
            _enqueue(connection, decision.messages, at=decision.at)
        return decision.messages

    def enqueue(self, given: Sequence[Message], *, at: datetime) -> None:
        """Lets messages wait that nothing had to be remembered for."""
        with self.write() as connection:
            _enqueue(connection, given, at=at)

    def claim(self, sink: str, *, at: datetime, lease: timedelta, keys: Collection[str] | None = None) -> Claim | None:
        """The oldest message that waits for a sink, with an attempt begun; nothing if a run is at it that may live."""
        asked = select(messages.c.id, messages.c.content).where(
            messages.c.sink == sink, messages.c.settled_at.is_(None)
        )
        if keys is not None:
            asked = asked.where(messages.c.key.in_(keys))
        with self.write() as connection:
            row = connection.execute(asked.order_by(messages.c.id).limit(1)).one_or_none()
            if row is None:
                return None
            newest = select(deliveries).where(deliveries.c.message == row.id).order_by(deliveries.c.attempt.desc())
            last = connection.execute(newest.limit(1)).one_or_none()
            if last is not None and last.ended_at is None and at - last.began_at < lease:
                return None
            attempt = last.attempt + 1 if last is not None else 1
            connection.execute(insert(deliveries).values(message=row.id, attempt=attempt, began_at=at))
            return Claim(row.id, attempt, Message.model_validate_json(row.content))

    def record(self, claim: Claim, delivery: Delivery, *, at: datetime) -> None:
        """Notes how an attempt ended; a message that is settled waits no longer, and a test is told only once."""
        with self.write() as connection:
            _end(connection, claim.number, claim.attempt, delivery, at)
            if delivery.settled or claim.message.is_test:
                _settle(connection, [claim.number], at)

    def drop_all_but(self, sinks: Collection[str], *, at: datetime) -> int:
        """Settles what waits for sinks that there are no more, as not told; returns how many messages that were."""
        gone = select(messages.c.id).where(messages.c.settled_at.is_(None), messages.c.sink.not_in(sinks))
        with self.write() as connection:
            numbers = list(connection.scalars(gone))
            for number in numbers:
                last = select(func.max(deliveries.c.attempt)).where(deliveries.c.message == number)
                attempt = (connection.scalar(last) or 0) + 1
                connection.execute(insert(deliveries).values(message=number, attempt=attempt, began_at=at))
                _end(connection, number, attempt, failed(Failure.GONE), at)
            _settle(connection, numbers, at)
        return len(numbers)

    def waiting(self) -> list[Waiting]:
        """What waits for each sink, in order of their names."""
        asked = (
            select(messages.c.sink, messages.c.id, messages.c.at, deliveries.c.failure, deliveries.c.attempt)
            .outerjoin_from(messages, deliveries)
            .where(messages.c.settled_at.is_(None))
            .order_by(messages.c.sink, messages.c.id, deliveries.c.attempt)
        )
        found: dict[str, Waiting] = {}
        seen: set[int] = set()
        with self.read() as connection:
            for sink, number, at, failure, attempt in connection.execute(asked):
                one = found.get(sink) or Waiting(sink, 0, at, 0, "")
                found[sink] = Waiting(
                    sink,
                    one.messages + (number not in seen),
                    one.since,
                    one.attempts + (attempt is not None),
                    failure or one.failure,
                )
                seen.add(number)
        return list(found.values())

    def attempts(self, keys: Sequence[str]) -> list[Attempt]:
        """Every attempt to tell some messages, in order."""
        asked = (
            select(messages.c.key, messages.c.sink, deliveries)
            .join_from(messages, deliveries)
            .where(messages.c.key.in_(keys))
            .order_by(deliveries.c.message, deliveries.c.attempt)
        )
        with self.read() as connection:
            return [
                Attempt(
                    row.key,
                    row.sink,
                    row.attempt,
                    row.began_at,
                    row.ended_at,
                    row.accepted == "yes",
                    Delivered(row.delivered) if row.delivered else Delivered.UNKNOWN,
                    row.failure or "",
                )
                for row in connection.execute(asked)
            ]


def _newest(connection: Connection) -> Iterable[tuple[str, int, int, str]]:
    """Every topic with its newest state: one step down the primary key for each, however long its history."""
    older = topic_states.alias("older")
    newest = select(func.max(older.c.revision)).where(older.c.topic == topics.c.id).scalar_subquery()
    chosen = select(topics.c.id, topics.c.name, newest.label("revision")).cte("chosen").prefix_with("MATERIALIZED")
    theirs = (topic_states.c.topic == chosen.c.id) & (topic_states.c.revision == chosen.c.revision)
    asked = select(chosen.c.name, chosen.c.id, chosen.c.revision, topic_states.c.state)
    return (tuple(row) for row in connection.execute(asked.join_from(chosen, topic_states, theirs)))


def _read(topic: str, state: str) -> State:
    try:
        return state_from(topic, state)
    except ValidationError as error:
        raise StoreError(
            f"what was told of {topic} cannot be read: a newer version wrote it, or it is damaged"
        ) from error


def _remember(connection: Connection, decision: Decision, known: Mapping[str, tuple[int, int]]) -> None:
    new = [{"name": topic} for topic in decision.states if topic not in known]
    if new:
        connection.execute(insert_new(connection)(topics).on_conflict_do_nothing(), new)
    numbers = {row.name: row.id for row in connection.execute(select(topics.c.name, topics.c.id))}
    rows = (
        {
            "topic": numbers[topic],
            "revision": known[topic][1] + 1 if topic in known else 1,
            "at": decision.at,
            "state": state.model_dump_json(exclude_defaults=True),
        }
        for topic, state in decision.states.items()
    )
    insert_all(connection, topic_states, rows)


def _enqueue(connection: Connection, given: Sequence[Message], *, at: datetime) -> None:
    rows = [{"key": one.key, "sink": one.sink, "at": at, "content": one.model_dump_json()} for one in given]
    if rows:
        connection.execute(insert_new(connection)(messages).on_conflict_do_nothing(), rows)


def _end(connection: Connection, message: int, attempt: int, delivery: Delivery, at: datetime) -> None:
    this = (deliveries.c.message == message) & (deliveries.c.attempt == attempt) & deliveries.c.ended_at.is_(None)
    said = {
        "ended_at": at,
        "accepted": "yes" if delivery.accepted else "no",
        "delivered": str(delivery.delivered),
        "failure": delivery.because,
    }
    connection.execute(update(deliveries).where(this).values(said))


def _settle(connection: Connection, numbers: Sequence[int], at: datetime) -> None:
    these = messages.c.id.in_(numbers) & messages.c.settled_at.is_(None)
    connection.execute(update(messages).where(these).values(settled_at=at))
