"""Messages, and an outbox in memory, for tests of sinks."""

from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from checks.outcome import Outcome
from checks.telling.deciding import step
from checks.telling.deliveries import Claim, Delivery
from checks.telling.round import Message, message_to
from checks.telling.topics import TopicState
from tasks.notify.speaker import Speaker
from tests.checks.telling.making import section, seen


def now() -> datetime:
    return datetime.now(UTC)


def speaker(**variables: str) -> Speaker:
    return Speaker("desk", "test", now, variables)


def told(*outcomes: Outcome, sink: str = "alerts", topic: str = "api", ago: int = 60) -> list[Message]:
    """A message for each notice that outcomes give, one after the other a minute apart, the last of them just now."""
    state: TopicState | None = None
    found = []
    for number, outcome in enumerate(outcomes):
        at = now() - timedelta(minutes=ago - number)
        state, notices = step(state, seen(outcome, at, topic=topic), section(default={"sinks": [sink]}))
        found += [message_to(sink, (notice,)) for notice in notices]
    return found


class MemoryOutbox:
    """An outbox that a test fills and looks into."""

    def __init__(self, *messages: Message) -> None:
        self.waiting: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            self.waiting[message.sink].append(message)
        self.recorded: list[tuple[str, Delivery]] = []

    def claim(self, sink: str, *, at: datetime, lease: timedelta, keys: Collection[str] | None = None) -> Claim | None:
        mine = [one for one in self.waiting[sink] if keys is None or one.key in keys]
        return Claim(1, 1, mine[0]) if mine else None

    def record(self, claim: Claim, delivery: Delivery, *, at: datetime) -> None:
        self.recorded.append((claim.message.sink, delivery))
        if delivery.settled:
            self.waiting[claim.message.sink].remove(claim.message)
