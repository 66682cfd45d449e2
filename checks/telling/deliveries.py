"""Deliveries: what became of a message at a sink, where accepted is one thing and delivered another."""

from dataclasses import dataclass
from enum import StrEnum

from checks.telling.round import Message
from checks.telling.wording import plain


class Delivered(StrEnum):
    """Whether the sink showed what was told, when it was read back there."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "cannot be shown"


class Failure(StrEnum):
    """Why something was not told, each in words."""

    UNSET = "its address is not set in the environment"
    NO_ADDRESS = "its address is none that can be told anything"
    NO_TAG_MATCHED = "no service of its configuration has the tag"
    NO_ANSWER = "it gave no answer"
    REFUSED = "it did not accept the message"
    TIMED_OUT = "it took longer than its time limit"
    NOT_SHOWN = "it accepted the message and does not show it"
    STILL_SHOWN = "it accepted the end of an alert and still shows the alert"
    BROKE = "telling it broke"
    GONE = "the catalogue has no such sink any more"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one message in one attempt. `detail` says more of a failure, and never where the sink is."""

    accepted: bool
    delivered: Delivered = Delivered.UNKNOWN
    failure: Failure | None = None
    detail: str = ""

    @property
    def settled(self) -> bool:
        """Whether it need not be told again: the sink accepted it, and nothing there speaks against its arrival."""
        return self.accepted and self.delivered is not Delivered.NO

    @property
    def because(self) -> str:
        """What went wrong, in words; nothing if nothing did."""
        if self.failure is None:
            return ""
        return f"{self.failure}: {plain(self.detail)}" if self.detail else str(self.failure)


def failed(failure: Failure, detail: str = "") -> Delivery:
    """A delivery that was not accepted."""
    return Delivery(accepted=False, failure=failure, detail=detail)


@dataclass(frozen=True, slots=True)
class Claim:
    """A message that one run is about to tell, by its number on record, and the how-manieth attempt that is."""

    number: int
    attempt: int
    message: Message
