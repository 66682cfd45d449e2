"""Compares the two sides of a check, for reconciliation and parity alike, and keeps what came out byte for byte."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from checks.errors import CollectionError
from checks.evidence.records import Evidence, RawCapture, Scalar, json_bytes
from checks.kinds.comparison import RESULT, ComparisonCheck, ComparisonRow, Side
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.comparison_request import comparison_of
from tasks.collectors.comparison_rows import PROBLEM, comparison_rows
from tasks.collectors.sources import DatabaseAccess, FolderAccess, Sources
from tasks.comparison import Comparison, ComparisonResult, Location, compare
from tasks.comparison.errors import ComparisonCancelledError, ComparisonError, CountsError


class Compare(Protocol):
    """How a check's request is carried out; `cancelled` is asked from other threads, and soon obeyed."""

    def __call__(
        self, check: ComparisonCheck, request: Comparison, cancelled: Callable[[], bool]
    ) -> ComparisonResult: ...


def compare_here(check: ComparisonCheck, request: Comparison, cancelled: Callable[[], bool]) -> ComparisonResult:  # noqa: ARG001 — the plain way needs the request alone
    """Compares both sides whole, on this very thread."""
    return compare(request, cancelled=cancelled)


class SidesComparer:
    """Runs comparisons one at a time: each keeps both its servers busy by itself.

    A side that cannot be read, or columns that cannot be compared, are observations: a row says why. Cancelling, and
    the check's time limit, end the queries on the servers too.
    """

    def __init__(self, sources: Sources, now: Clock, *, compare: Compare = compare_here) -> None:
        self._sources = sources
        self._now = now
        self._carry_out = compare
        self._turn = asyncio.Semaphore(1)

    async def collect(self, check: ComparisonCheck) -> Evidence:
        """Evidence of one check: the result as JSON, samples and queries in it."""
        async with self._turn:
            watch = Stopwatch(check, self._now)
            request = comparison_of(
                check, self._location(check.left), self._location(check.right), self._seconds(check)
            )
            capture = await self._compare(check, request)
            return watch.evidence(
                self.rows_from(check, (capture,)),
                (capture,),
                source=", ".join(dict.fromkeys(check.sources)),
                request=f"compare {_told(check.left)} with {_told(check.right)}",
                parameters=_parameters(check),
            )

    @staticmethod
    def rows_from(check: ComparisonCheck, captures: Sequence[RawCapture]) -> tuple[ComparisonRow, ...]:
        """The rows that the capture gives; nothing else is needed to make them again."""
        (capture,) = captures
        return comparison_rows(check, json.loads(capture.body), problem=capture.item == PROBLEM)

    async def _compare(self, check: ComparisonCheck, request: Comparison) -> RawCapture:
        """In a thread, which is told to stop when the time is up or the caller is cancelled, and is then waited for."""
        enough, seconds = threading.Event(), check.within.total_seconds()
        deadline = time.monotonic() + seconds
        running = asyncio.ensure_future(
            asyncio.to_thread(self._carry_out, check, request, lambda: enough.is_set() or time.monotonic() > deadline)
        )
        try:
            result = await asyncio.shield(running)
        except asyncio.CancelledError:
            enough.set()
            await asyncio.wait([running])
            raise
        except CountsError:
            raise
        except ComparisonCancelledError:
            return _problem("TimeLimit", f"the comparison was stopped after {seconds:g} s, the check's time limit")
        except ComparisonError as error:
            return _problem(type(error).__name__.removesuffix("Error"), str(error))
        return _result(result)

    def _location(self, side: Side) -> Location:
        access = self._sources[side.place.source]
        match access:
            case DatabaseAccess():
                return Location(access.url, side.place.path, side.where, access.template, access.name)
            case FolderAccess():
                return Location(str(access.path(side.place.path)), None, side.where, called=str(side.place))
        raise CollectionError(f"sources.{access.name} is neither a database nor a folder; a comparison needs one")

    def _seconds(self, check: ComparisonCheck) -> float:
        """The strictest limit on one query that any of the two sources sets."""
        limits = [
            access.statement_timeout
            for name in check.sources
            if isinstance(access := self._sources[name], DatabaseAccess)
        ]
        return min([*limits, check.within.total_seconds()])


def _result(result: ComparisonResult) -> RawCapture:
    meta: dict[str, Scalar] = {"way": result.plan.way, "samples": len(result.samples)}
    return RawCapture(RESULT, json_bytes(result.to_json()), meta)


def _problem(kind: str, said: str) -> RawCapture:
    return RawCapture(PROBLEM, json_bytes({"kind": kind, "problem": said}))


def _told(side: Side) -> str:
    return f"{side.place} where {side.where}" if side.where else str(side.place)


_ASKED = ("key", "columns", "ignore", "map", "rules", "totals", "second_look", "exact", "match", "control")


def _parameters(check: ComparisonCheck) -> dict[str, Scalar]:
    """What was asked beyond the sides, as the catalogue says it; nothing in it is secret."""
    asked = check.model_dump_json(include=set(_ASKED))
    return {"asked": asked}
