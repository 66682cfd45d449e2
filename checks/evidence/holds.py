"""Legal holds: evidence that nobody may delete, whatever the policy says, until the hold ends or is released."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal, Self

from pydantic import model_validator

from checks.evidence.digests import Digest
from checks.evidence.people import Attested, Words
from checks.records import Instant
from checks.slots import Slot


class Hold(Attested):
    """Whatever is of a slot that begins in [since, until) stays; without `expires_at`, until somebody releases it."""

    kind: Literal["hold"] = "hold"
    since: Instant
    until: Instant
    reason: Words
    expires_at: Instant | None

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if not self.since < self.until:
            raise ValueError("a hold is of slots from one instant until a later one")
        if self.expires_at is not None and self.expires_at <= self.at:
            raise ValueError("a hold expires after it is put on record")
        return self

    def covers(self, slot: Slot) -> bool:
        return self.since <= slot.at < self.until


class HoldRelease(Attested):
    """A hold is over. `of` is the digest of its record."""

    kind: Literal["hold-release"] = "hold-release"
    of: Digest
    record: Words
    reason: Words


def standing_holds(holds: Mapping[str, Hold], releases: Mapping[str, HoldRelease], *, as_of: datetime) -> list[Hold]:
    """The holds, by the digest of their record, that neither ran out nor were released at an instant."""
    released = {one.of for one in releases.values() if one.at <= as_of}
    return [
        hold
        for digest, hold in holds.items()
        if digest not in released and (hold.expires_at is None or as_of < hold.expires_at)
    ]
