"""What a comparison tells while it runs."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a comparison is: rows read of both sides, of an estimate that may be wrong or absent."""

    phase: str
    rows: int
    of: int | None


Report = Callable[[Progress], None]
Asked = Callable[[], bool]
