"""Collects metrics evidence: a document of metrics, how well formed it is, and the figures that have limits."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.metrics import MetricFormat, MetricsCheck, MetricsRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.control import CONTROL, controlled
from tasks.collectors.documents import Document, DocumentReader, document_from, shown_request
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import item_name, printable
from tasks.collectors.metrics_figures import Figure, errors_of, latency_of, readings_of, value_of
from tasks.collectors.metrics_form import bucket_trouble, disagreement, repeated, type_trouble, unended
from tasks.collectors.metrics_text import ACCEPT, Metrics, format_of, read_metrics
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable
from tasks.collectors.turns import MOST

_PARSED_IN_PLACE = 100_000


class MetricsCollector:
    """Reads the document of a check, and the one that it must agree with at the same moment."""

    kind: ClassVar[str] = "metrics"
    at_once: ClassVar[int] = MOST

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: MetricsCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        places = [(check.document, ACCEPT[check.format])]
        if check.agrees_with:
            places.append((check.agrees_with, ACCEPT[None]))
        asked = (
            self._documents.read(place, item_name(number, str(place)), accept=accept)
            for number, (place, accept) in enumerate(places, start=1)
        )
        captures = await controlled(check, await asyncio.gather(*asked), self._documents.read)
        return watch.evidence(
            await self._rows(check, captures),
            captures,
            source=", ".join(check.sources),
            request="\n".join(map(shown_request, captures)),
            parameters={"accept": ACCEPT[check.format]},
        )

    @staticmethod
    def rows_from(check: MetricsCheck, captures: Sequence[RawCapture]) -> tuple[MetricsRow, ...]:
        """The rows that captures give; nothing else is needed to make them again."""
        document = document_from(captures[0])
        others = [capture for capture in captures[1:] if capture.item != CONTROL]
        metrics, row = _document_row(check, document, others)
        whole = metrics if row.unended is None else None
        figures = _figures(check, whole, "the document is truncated" if metrics else "the document could not be read")
        return (row, *(MetricsRow(where=document.where, **figure) for figure in figures))

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _rows(self, check: MetricsCheck, captures: tuple[RawCapture, ...]) -> tuple[MetricsRow, ...]:
        """Large documents are parsed beside the event loop, so that no other exchange waits for them."""
        if sum(len(capture.body) for capture in captures) < _PARSED_IN_PLACE:
            return self.rows_from(check, captures)
        return await asyncio.to_thread(self.rows_from, check, captures)


def _document_row(
    check: MetricsCheck, document: Document, others: Sequence[RawCapture]
) -> tuple[Metrics | None, MetricsRow]:
    facts: dict[str, Any] = {
        "subject": str(check.document),
        "part": "document",
        "where": document.where,
        "body_bytes": document.body_bytes,
        "missing": document.missing,
    }
    if document.missing is not None:
        return None, MetricsRow(**facts)
    try:
        metrics = _read(document, check.format)
    except Unreadable as error:
        return None, MetricsRow(**facts, unreadable=printable(str(error), 300))
    facts |= {
        "format": metrics.format,
        "families": len(metrics.types) or len({sample.name for sample in metrics.samples}),
        "series": len(metrics.samples),
        "unended": unended(document.body, metrics),
        "repeated": repeated(metrics),
        "buckets": bucket_trouble(metrics),
        "types": type_trouble(metrics, check.expect.types),
        "disagreement": _disagreement(check, metrics, others),
        **readings_of(metrics, check.kept_series),
    }
    return metrics, MetricsRow(**facts)


def _read(document: Document, asked: MetricFormat | None) -> Metrics:
    found = format_of(document.content_type, document.where)
    if asked not in (None, found):
        raise Unreadable(f"is {found} and not {asked}, which was asked for")
    return read_metrics(document.body, found)


def _disagreement(check: MetricsCheck, metrics: Metrics, others: Sequence[RawCapture]) -> str | None:
    for capture in others:
        other = document_from(capture)
        if other.missing is not None:
            return f"{check.agrees_with}: {other.missing}"
        try:
            read = _read(other, None)
        except Unreadable as error:
            return f"{check.agrees_with} {printable(str(error), 300)}"
        return disagreement(metrics, read, tolerance=check.tolerance, slack=check.slack)
    return None


def _figures(check: MetricsCheck, metrics: Metrics | None, why_not: str) -> Iterator[Figure]:
    """Every figure that has a limit; out of a document that is cut no figure can be trusted."""
    gone: Figure = {"absent": why_not}
    expect = check.expect
    for value in expect.values:
        yield {"subject": str(value), "part": "value", **(value_of(metrics, value) if metrics else gone)}
    for latency in expect.latency:
        yield {"subject": str(latency), "part": "latency", **(latency_of(metrics, latency) if metrics else gone)}
    for errors in expect.errors:
        yield {"subject": str(errors), "part": "errors", **(errors_of(metrics, errors) if metrics else gone)}
