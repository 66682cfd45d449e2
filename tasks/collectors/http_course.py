"""The course of an HTTP contract: each step in its turn, again where it may wait, or not at all and why."""

import asyncio
import json
import secrets
import time
from dataclasses import replace
from urllib.parse import urlsplit, urlunsplit

from checks.evidence.records import RawCapture, Scalar, json_bytes
from checks.kinds.http_contract import HttpContractCheck
from checks.kinds.http_steps import NONCE, Burst, CallStep, LogStep
from tasks.collectors.collector import Clock
from tasks.collectors.http_client import Asking, HttpClient
from tasks.collectors.http_contract_rows import retry_after, step_item, step_row
from tasks.collectors.http_exchange import Exchange
from tasks.collectors.http_words import filled, filled_path, filled_text, no_leave
from tasks.collectors.log_search import lines_with
from tasks.collectors.sources import HttpAccess, Sources
from tasks.collectors.strict_json import Json
from tasks.drills.interruption import Interruptible

_GLANCE_SECONDS = 0.2
"""How often a pause looks whether it is enough."""


class Course:
    """One time through the steps of a check; an interruption ends all waiting, and no step."""

    def __init__(
        self,
        check: HttpContractCheck,
        sources: Sources,
        *,
        http: HttpClient,
        now: Clock,
        interruption: Interruptible | None = None,
    ) -> None:
        self._check = check
        self._sources = sources
        self._http = http
        self._now = now
        self._interruption = interruption
        self._values: dict[str, Json] = {NONCE: secrets.token_hex(16)}

    async def carried_out(self) -> tuple[RawCapture, ...]:
        """The captures of every step, in order; a step that could not be made has one that says why."""
        captures: list[RawCapture] = []
        for number, (name, step) in enumerate(self._check.steps.items(), start=1):
            because = self._unprepared(number, step)
            if because:
                captures.append(self._not_made(number, name, unprepared=because))
            elif isinstance(step, LogStep):
                captures.append(await self._searched(number, name, step))
            else:
                captures += await self._called(number, name, step)
        return tuple(captures)

    @property
    def _is_over(self) -> bool:
        return self._interruption is not None and self._interruption.by is not None

    def _unprepared(self, number: int, step: CallStep | LogStep) -> str | None:
        """The values that are not at hand; before a change, also those that the steps after it need from before it."""
        needed = set(step.words)
        if step.changes:
            steps = list(self._check.steps.values())
            before = {word for each in steps[: number - 1] for word in each.take}
            needed |= {word for each in steps[number:] for word in each.words} & before
        lacking = sorted(needed - self._values.keys())
        return f"no step before it found {', '.join(lacking)}" if lacking else None

    def _not_made(self, number: int, name: str, **because: str) -> RawCapture:
        step = self._check.steps[name]
        asked = f"{step.method} {step.place}" if isinstance(step, CallStep) else f"read {step.place}"
        return RawCapture(step_item(number, name), b"", {**self._about(name, asked), **because})

    def _about(self, name: str, asked: str) -> dict[str, Scalar]:
        return {"subject": name, "asked": asked, NONCE: str(self._values[NONCE])}

    async def _called(self, number: int, name: str, step: CallStep) -> list[RawCapture]:
        if step.changes:
            refused = no_leave(step.call.path, step.send, self._values, self._check.may_change)
            if refused:
                return [self._not_made(number, name, no_leave=refused)]
        captures, rest = [], 0.0
        if step.burst:
            captures.append(await self._burst(number, name, step, step.burst))
            rest = _rest(captures[0], step.burst)
        captures.append(await self._asked_until(number, name, step, rest))
        _, found = step_row(self._check, name, captures[-1], self._values)
        self._values |= found
        return captures

    async def _asked_until(self, number: int, name: str, step: CallStep, rest: float) -> RawCapture:
        """The last of as many attempts as the step may make; the first is made after a rest, in seconds."""
        began, attempts = time.monotonic(), 0
        patience = step.burst.recovers if step.burst else step.wait
        seconds = patience.total_seconds() if patience else 0.0
        await self._pause(rest)
        while True:
            attempts += 1
            exchange = await self._ask(step)
            waited = time.monotonic() - began
            capture = self._capture(number, name, step, exchange, {"attempts": attempts, "waited_seconds": waited})
            row, _ = step_row(self._check, name, capture, self._values)
            if row.as_expected or waited + step.poll.total_seconds() > seconds or self._is_over:
                return capture
            await self._pause(step.poll.total_seconds())

    async def _pause(self, seconds: float) -> None:
        """A pause that an interruption cuts short."""
        until = time.monotonic() + seconds
        while True:
            left = until - time.monotonic()
            if left <= 0 or self._is_over:
                return
            await asyncio.sleep(min(left, _GLANCE_SECONDS))

    async def _burst(self, number: int, name: str, step: CallStep, burst: Burst) -> RawCapture:
        """All requests of a burst at once, and of each answer what says whether it was limited."""
        exchanges = await asyncio.gather(*(self._ask(step) for _ in range(burst.limit + burst.over)))
        answers = [
            {
                "status": exchange.status,
                "retry_after": exchange.headers.get("retry-after"),
                "no_answer": exchange.no_answer,
                "asked_at": exchange.asked_at,
                "seconds": exchange.seconds,
            }
            for exchange in exchanges
        ]
        asked = f"{len(exchanges)} at once: {step.method} {exchanges[0].url}"
        return RawCapture(step_item(number, name, "burst"), json_bytes(answers), self._about(name, asked))

    async def _ask(self, step: CallStep) -> Exchange:
        access = self._sources.http(step.call.source)
        if step.anonymous:
            access = without_access(access)
        headers = {header: filled_text(text, self._values) for header, text in step.headers.items()}
        sent = filled(step.send, self._values)
        body = json.dumps(sent, ensure_ascii=False).encode() if sent is not None else None
        asking = Asking(step.method, body=body, headers=headers)
        return await self._http.send(access, filled_path(step.call.path, self._values), asking)

    def _capture(
        self, number: int, name: str, step: CallStep, exchange: Exchange, course: dict[str, Scalar]
    ) -> RawCapture:
        capture = exchange.capture(step_item(number, name), name)
        sent = filled(step.send, self._values)
        more: dict[str, Scalar] = {
            **self._about(name, f"{step.method} {exchange.url}"),
            "limit": self._sources.http(step.call.source).limit,
            "sent": json.dumps(sent, ensure_ascii=False) if sent is not None else None,
        }
        more |= {f"sent.{header}": filled_text(text, self._values) for header, text in step.headers.items()}
        return RawCapture(capture.item, capture.body, {**capture.meta, **more, **course})

    async def _searched(self, number: int, name: str, step: LogStep) -> RawCapture:
        """The lines of a log that hold a text, looked for until there are some or the time is over."""
        access, text = self._sources.folder(step.read.source), filled_text(step.contains, self._values)
        began, attempts = time.monotonic(), 0
        while True:
            attempts += 1
            body, meta = await asyncio.to_thread(
                lines_with, access, step.read.path, text, ours=self._credentials(), read_at=self._now()
            )
            waited = time.monotonic() - began
            if body or waited + step.poll.total_seconds() > step.wait.total_seconds() or self._is_over:
                about = self._about(name, f"read {step.read} for {text!r}")
                told = {**about, **meta, "attempts": attempts, "waited_seconds": waited}
                return RawCapture(step_item(number, name), body, told)
            await self._pause(step.poll.total_seconds())

    def _credentials(self) -> list[str]:
        """What the check's own requests carry, which a service may have logged."""
        sent: list[str] = []
        for name in self._check.sources:
            access = self._sources[name]
            if isinstance(access, HttpAccess):
                sent += [word for value in access.headers.values() for word in (value, value.split()[-1])]
                sent += filter(None, [urlsplit(access.url).password])
        return sent


def without_access(access: HttpAccess) -> HttpAccess:
    """The same service as a stranger reaches it: without the source's headers, user and password."""
    parts = urlsplit(access.url)
    return replace(access, headers={}, url=urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))


def _rest(burst: RawCapture, told: Burst) -> float:
    """How long the limited answers ask to wait, if that is not longer than may be waited."""
    answers = json.loads(burst.body)
    asked = [
        seconds
        for answer in answers
        if answer["status"] == 429 and (seconds := retry_after(answer["retry_after"], answer["asked_at"])) is not None
    ]
    return min(max(asked, default=0.0), told.recovers.total_seconds())
