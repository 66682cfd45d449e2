"""Collects the evidence of HTTP contracts: makes the requests of a check one after another, each as it was agreed."""

from collections.abc import Sequence
from contextlib import nullcontext
from typing import ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.http_contract import HttpContractCheck, HttpContractRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_contract_rows import contract_rows
from tasks.collectors.http_course import Course
from tasks.collectors.sources import Sources
from tasks.drills.interruption import interruptible


class HttpContractCollector:
    """Carries the steps of a check out in order.

    A check that changes something is not broken off by a signal: waiting ends, and the steps that are left, which put
    things back, are still made.
    """

    kind: ClassVar[str] = "http-contract"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._http = http or HttpClient(now)

    async def collect(self, check: HttpContractCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        with interruptible() if check.changes else nullcontext() as interruption:
            if interruption is not None:
                interruption.undoing = True
            course = Course(check, self._sources, http=self._http, now=self._now, interruption=interruption)
            captures = await course.carried_out()
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=", ".join(check.sources),
            request="\n".join(str(capture.meta["asked"]) for capture in captures),
            parameters={"may_change": ", ".join(check.may_change) or None},
        )

    @staticmethod
    def rows_from(check: HttpContractCheck, captures: Sequence[RawCapture]) -> tuple[HttpContractRow, ...]:
        """A row for each step; nothing but the captures is needed to make them again."""
        return contract_rows(check, captures)

    async def aclose(self) -> None:
        await self._http.aclose()
