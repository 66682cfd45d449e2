"""Watches a running system while a drill goes on, and calls for breaking off where the drill's condition says so."""

import asyncio
from collections.abc import Callable

from checks.kinds.drill import Drill
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import Sources
from tasks.drills.answers import (
    LONGEST_BODY,
    Answer,
    Reading,
    Sample,
    Steadiness,
    first_of_row,
    read_sample,
    steadiness,
)


class AbortError(Exception):
    """The abort condition of a drill fires; the message says why."""


class Watcher:
    """Asks every endpoint of a drill, sample by sample, and keeps all that was answered."""

    def __init__(self, check: Drill, sources: Sources, http: HttpClient, elapsed: Callable[[], float]) -> None:
        self.samples: list[Sample] = []
        self._check = check
        self._sources = sources
        self._http = http
        self._elapsed = elapsed
        self._places = tuple(dict.fromkeys((*check.steady.endpoints, check.version.at)))

    async def steady(self, phase: str) -> Steadiness:
        """Measures the steady state: as many samples as the drill asks for, or up to the first that is not well."""
        for number in range(self._check.consecutive):
            if number:
                await self._pause()
            if not (await self._sample(phase)).healthy:
                break
        return steadiness(self._check, self.samples, phase)

    async def until(self, phase: str, meant: Callable[[str], bool], *, done: Callable[[], bool]) -> Reading | None:
        """Samples until enough healthy ones in a row come from a version that is meant, or until `done` says so."""
        readings: list[Reading] = []
        well_at = self._elapsed()
        while True:
            reading = await self._sample(phase)
            readings.append(reading)
            well_at = reading.ended if reading.healthy else well_at
            if (first := first_of_row(self._check, readings, meant)) or done():
                return first
            self._break_off_after(reading.ended - well_at, reading)
            await self._pause()

    async def recovered(self, phase: str, version: str | None, *, seconds: float) -> str | None:
        """Waits for the version to answer well again; returns what it says instead where that takes too long."""
        readings: list[Reading] = []
        deadline = self._elapsed() + seconds
        while True:
            reading = await self._sample(phase)
            readings.append(reading)
            if first_of_row(self._check, readings, lambda said: version in (None, said)):
                return None
            if self._elapsed() > deadline:
                return f"{seconds:g} s later {reading.cause or f'it runs {reading.version}'}"
            await self._pause()

    def relabel(self, phase: str) -> None:
        """Puts every sample so far under another phase: those of a clean-up are no part of the drill."""
        self.samples[:] = [sample.model_copy(update={"phase": phase}) for sample in self.samples]

    def _break_off_after(self, unhealthy: float, reading: Reading) -> None:
        limit = self._check.abort.unhealthy_for.total_seconds()
        if unhealthy > limit:
            raise AbortError(f"no healthy answer for {limit:g} s, the last one: {reading.cause}")

    async def _sample(self, phase: str) -> Reading:
        answers = await asyncio.gather(*(self._ask(str(place), place.source, place.path) for place in self._places))
        sample = Sample(phase=phase, answers=tuple(answers))
        self.samples.append(sample)
        return read_sample(self._check, sample)

    async def _ask(self, place: str, source: str, path: str) -> Answer:
        began = self._elapsed()
        exchange = await self._http.get(self._sources.http(source), path)
        return Answer(
            place=place,
            began=began,
            seconds=self._elapsed() - began,
            http=exchange.status,
            no_answer=exchange.no_answer,
            body=exchange.body.decode(errors="replace")[:LONGEST_BODY],
        )

    async def _pause(self) -> None:
        await asyncio.sleep(self._check.poll.total_seconds())
