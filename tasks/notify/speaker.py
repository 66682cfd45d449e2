"""Who speaks: what every sink is told of us, and what telling needs of the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from checks.telling.round import Message
from checks.telling.wording import Words, words_of


@dataclass(frozen=True, slots=True)
class Speaker:
    """The system that messages are about, the clock, and the environment that addresses are filled from."""

    system: str
    environment: str
    now: Callable[[], datetime]
    variables: Mapping[str, str] = field(repr=False)

    def words(self, message: Message) -> Words:
        """A message as people read it."""
        return words_of(message.notices, system=self.system, environment=self.environment)
