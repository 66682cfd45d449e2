"""The order of a log in time: nothing in it can be from before what was logged earlier."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from checks.evidence.bag_info import SealedInfo
from checks.records import rfc3339
from checks.slots import CLOCK_TOLERANCE, Slot


@dataclass(frozen=True, slots=True)
class Logged:
    """A leaf, and between which two instants it says that it was made."""

    leaf: int
    name: str
    earliest: datetime
    latest: datetime

    @classmethod
    def bundle(cls, leaf: int, info: SealedInfo) -> "Logged":
        """Not before its slot began, and on the day that it names."""
        midnight = datetime.combine(info.bagged_on, time(), tzinfo=UTC)
        begun = max(midnight, Slot.parse_label(info.slot).at)
        return cls(leaf, info.slot, begun, midnight + timedelta(days=1))

    @classmethod
    def record(cls, leaf: int, name: str, at: datetime) -> "Logged":
        return cls(leaf, name, at, at)


def set_back(leaves: Sequence[Logged]) -> Iterator[str]:
    """Each leaf that says that it is older than one before it, or than the slot that it is of."""
    newest: Logged | None = None
    for one in sorted(leaves, key=lambda one: one.leaf):
        if one.latest + CLOCK_TOLERANCE < one.earliest:
            yield f"{one.name} was sealed before its slot had begun, by its own word: a clock was wrong, or set back"
        elif newest is not None and one.latest + CLOCK_TOLERANCE < newest.earliest:
            yield (
                f"{one.name}, leaf {one.leaf}, is of {rfc3339(one.latest)} at the latest, by its own word, and"
                f" {newest.name}, leaf {newest.leaf}, of {rfc3339(newest.earliest)}: a clock was wrong, or set back"
            )
        if newest is None or one.earliest > newest.earliest:
            newest = one
