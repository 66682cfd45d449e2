"""What a catalogue lets people except: which checks never, how many at once, and for how long."""

from datetime import timedelta

from pydantic import Field, field_validator

from checks.durations import Duration, parse_duration
from checks.records import Name, Record

LONGEST = parse_duration("90d")


class Exceptions(Record):
    """Bounds on waivers. One beyond them is on record and does not count.

    `warn` says how long before its end a waiver is spoken of on every page, the longest first.
    """

    never: tuple[Name, ...] = ()
    most: int = Field(default=10, ge=0)
    longest: Duration = LONGEST
    warn: tuple[Duration, ...] = (parse_duration("14d"), parse_duration("3d"))

    @field_validator("longest")
    @classmethod
    def _not_for_ever(cls, longest: timedelta) -> timedelta:
        if not timedelta(0) < longest <= LONGEST:
            raise ValueError("a waiver lasts 90 days at most; write a duration up to 90d")
        return longest
