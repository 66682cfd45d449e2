"""What every collector is: asked about one check, it brings evidence or says why it could not ask."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import ClassVar, Protocol, TypeVar

from checks.catalog import Check
from checks.evidence.records import Evidence, EvidenceRow, Provenance, RawCapture, Scalar

Clock = Callable[[], datetime]
_VERSION = version("readiness-evidence")  # read once: it takes as long as asking an endpoint
C_contra = TypeVar("C_contra", bound=Check, contravariant=True)


class Collector(Protocol[C_contra]):
    """Collects one kind of evidence.

    What a source answers, a refused connection too, is an observation and becomes a row. Only what keeps the collector
    from asking at all raises `CollectionError`. Every row can be read again from the captures alone.
    """

    kind: ClassVar[str]

    async def collect(self, check: C_contra) -> Evidence:
        """Evidence of one check, gathered now."""
        ...

    @staticmethod
    def rows_from(check: C_contra, captures: Sequence[RawCapture]) -> tuple[EvidenceRow, ...]:
        """The rows that captures give, without asking anybody: `collect` makes its rows with it, and so can others."""
        ...

    async def aclose(self) -> None:
        """Lets go of what the collector holds open."""
        ...


class Stopwatch:
    """Notes when a collection began, and files its provenance when it is over."""

    def __init__(self, check: Check, now: Clock) -> None:
        self._check = check
        self._now = now
        self.started_at = now().astimezone(UTC)

    def evidence(
        self,
        rows: tuple[EvidenceRow, ...],
        captures: tuple[RawCapture, ...],
        *,
        source: str,
        request: str,
        parameters: dict[str, Scalar] | None = None,
    ) -> Evidence:
        """The evidence with its provenance; `request` is the exact URL or query, without credentials."""
        provenance = Provenance(
            collector=self._check.kind,
            collector_version=_VERSION,
            source=source,
            request=request,
            parameters=parameters or {},
            started_at=self.started_at,
            ended_at=self._now().astimezone(UTC),
            rows=len(rows),
        )
        return Evidence(self._check.id, rows, captures, provenance)
