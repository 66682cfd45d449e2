"""Collects the evidence of objectives: what a Prometheus, our own samples or a log tell of their series."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.objective import ObjectiveCheck, ObjectiveRow
from checks.kinds.objective_metrics import LogHistory, PrometheusHistory, SampleHistory
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.history import OpenStore
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name
from tasks.collectors.objective_history import Span, bounds_question, history_from, questions
from tasks.collectors.objective_log import log_capture, log_history_from
from tasks.collectors.objective_rows import rows_of
from tasks.collectors.objective_samples import sample_captures
from tasks.collectors.prometheus_answers import answer_from
from tasks.collectors.promql import Question
from tasks.collectors.sources import HttpAccess, Sources

_PARSED_IN_PLACE = 100_000


class ObjectiveCollector:
    """Asks for single series as they were scraped, and counts by itself.

    Prometheus's own functions extrapolate, guess within buckets and sum over what restarts.
    """

    kind: ClassVar[str] = "objective"

    def __init__(
        self,
        sources: Sources,
        now: Clock,
        *,
        http: HttpClient | None = None,
        open_store: OpenStore | None = None,
    ) -> None:
        self._sources = sources
        self._now = now
        self._open_store = open_store
        self._http = http or HttpClient(now)

    async def collect(self, check: ObjectiveCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        span = Span.until(check, watch.started_at)
        if isinstance(check.history, SampleHistory):
            captures = await asyncio.to_thread(sample_captures, check, check.history, span, self._open_store)
            request = f"samples of {check.history.samples}"
        elif isinstance(check.history, LogHistory):
            access = self._sources.folder(check.history.log.source)
            captures = [await asyncio.to_thread(log_capture, check, check.history, access, span)]
            request = f"count the lines of {check.history.log}"
        else:
            captures = await self._answers(check, check.history, span)
            request = "\n".join(f"GET {capture.meta['url']}" for capture in captures)
        return watch.evidence(
            await self._rows(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request=request,
            parameters=asdict(span),
        )

    async def _answers(self, check: ObjectiveCheck, history: PrometheusHistory, span: Span) -> list[RawCapture]:
        """What Prometheus answers; of a histogram first which bounds there are."""
        access = self._sources.http(history.prometheus)
        captures, bounds = list[RawCapture](), tuple[str, ...]()
        first = bounds_question(check, span)
        if first is not None:
            captures += await self._ask(check, access, span, [first])
            bounds = answer_from(captures[0]).values
        if first is None or bounds:
            captures += await self._ask(check, access, span, questions(check, span, bounds), after=len(captures))
        return captures

    @staticmethod
    def rows_from(check: ObjectiveCheck, captures: Sequence[RawCapture]) -> tuple[ObjectiveRow, ...]:
        """The rows that the answers give."""
        told = log_history_from if isinstance(check.history, LogHistory) else history_from
        return tuple(rows_of(check, told(check, captures)))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _ask(
        self, check: ObjectiveCheck, access: HttpAccess, span: Span, asked: Iterable[Question], *, after: int = 0
    ) -> list[RawCapture]:
        listed = list(asked)
        exchanges = await asyncio.gather(
            *(self._http.get(access, question.path, accept="application/json") for question in listed)
        )
        captures = []
        for place, (question, exchange) in enumerate(zip(listed, exchanges, strict=True), start=after + 1):
            capture = exchange.capture(item_name(place, f"{question.role}.json"), check.id)
            # It is about every subject, which is what a capture is that names none.
            meta = {name: value for name, value in capture.meta.items() if name != "subject"}
            captures.append(RawCapture(capture.item, capture.body, {**meta, "role": question.role, **asdict(span)}))
        return captures

    async def _rows(self, check: ObjectiveCheck, captures: Sequence[RawCapture]) -> tuple[ObjectiveRow, ...]:
        """Large answers are read beside the event loop, so that no other exchange waits for them."""
        if sum(len(capture.body) for capture in captures) < _PARSED_IN_PLACE:
            return self.rows_from(check, captures)
        return await asyncio.to_thread(self.rows_from, check, captures)
