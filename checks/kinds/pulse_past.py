"""What a slot's pulse leaves for those after it: its runs, and the newest document it saw."""

from collections.abc import Sequence
from typing import Self

from checks.epoch import milliseconds_of
from checks.kinds.pulse import PulseRow
from checks.records import Record
from checks.runs import Run

_LONGEST = 120


class PulsePast(Record):
    """The fingerprint of a row as a value: an outage may begin in one slot and be confirmed in the next."""

    runs: dict[str, tuple[Run, ...]]
    content_time: int | None = None
    digest: str | None = None

    @classmethod
    def of(cls, row: PulseRow) -> Self:
        """What a row leaves; reasons are cut."""
        runs = {
            aspect: tuple(run._replace(why=run.why[:_LONGEST]) for run in theirs)
            for aspect, theirs in row.aspects.items()
        }
        time = milliseconds_of(row.content_time) if row.content_time else None
        return cls(runs=runs, content_time=time, digest=row.content_digest)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads it back."""
        return cls.model_validate_json(text)

    @property
    def text(self) -> str:
        return self.model_dump_json(exclude_defaults=True)

    @property
    def last(self) -> int:
        """The instant of its last look."""
        return max((run.last for theirs in self.runs.values() for run in theirs), default=0)


def before(aspect: str, past: Sequence[PulsePast]) -> list[Run]:
    """The runs of an aspect in earlier slots, oldest first; the slots are given newest first."""
    return [run for one in reversed(past) for run in one.runs.get(aspect, ())]
