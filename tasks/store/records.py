"""What the store tells about slots and their bundles."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.findings import RunContext as RunContext
from checks.findings import Verdict
from checks.samples import Samples
from checks.slots import Slot


class SlotStatus(StrEnum):
    """How an owed slot stands; only the last three are ever recorded."""

    OWED = "owed"
    COLLECTED = "collected"
    LATE = "late"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class SlotContents:
    """What a slot brought: its verdicts, and the samples of each series."""

    verdicts: Sequence[Verdict]
    samples: Sequence[Samples] = ()


@dataclass(frozen=True, slots=True)
class StoredSlot:
    """A slot whose verdicts are stored and whose bundle is not sealed yet; `staging` is where it was being built."""

    slot: Slot
    status: SlotStatus
    context: RunContext
    staging: str


@dataclass(frozen=True, slots=True)
class SealedBundle:
    """A sealed bundle: the digest of its tag manifest, and its path within the evidence folder."""

    slot: Slot
    digest: str
    path: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class SlotRecord:
    """One owed slot of the calendar, for people who ask how the schedule was kept.

    `filled_by` is the slot whose evidence fills it: itself, or one that a person asked for within its period.
    """

    slot: Slot
    status: SlotStatus
    filled_by: Slot | None = None
    sealed: bool = False
