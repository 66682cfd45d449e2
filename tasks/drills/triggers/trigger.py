"""What every trigger is: something to set going, of which one learns how it ended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pulled:
    """How it ended: `ended` is false where it had to be stopped; `outputs` are its own words, by file name."""

    ended: bool
    succeeded: bool
    cause: str | None = None
    outputs: Mapping[str, bytes] = field(default_factory=dict)


class Trigger(Protocol):
    """Sets something going and waits until it is done, within its own time limit."""

    @property
    def shown(self) -> str:
        """What is set going, for people, without secrets."""
        ...

    async def pull(self) -> Pulled:
        """Sets it going now, once."""
        ...
