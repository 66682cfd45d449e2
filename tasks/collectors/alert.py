"""Collects the evidence of alert drills by carrying them out."""

from collections.abc import Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture
from checks.kinds.alert import AlertCheck, AlertRow
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.drill_rows import FACTS, body_of
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import Exchange, exchange_from
from tasks.collectors.sources import Sources
from tasks.drills.alert import CONTROL, FIRE, READ, RESOLVE, AlertDrill, AlertFacts, is_delivered


class AlertCollector:
    """Fires an alert for each check and looks for it at its receiver."""

    kind: ClassVar[str] = "alert"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._now = now
        self._http = http or HttpClient(now)

    async def collect(self, check: AlertCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        drill = AlertDrill(
            check,
            self._sources.http(check.alertmanager),
            self._sources.http(check.receiver.source),
            self._http,
            self._now,
            self._sources.environment,
        )
        facts = await drill.run()
        body = facts.model_dump_json(indent=2).encode() + b"\n"
        captures = (RawCapture(FACTS, body), *(one.capture(name, check.id) for name, one in drill.exchanges))
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=", ".join(check.sources),
            request="\n".join(dict.fromkeys(one.url for _, one in drill.exchanges)),
            parameters={"nonce": facts.nonce},
        )

    @staticmethod
    def rows_from(check: AlertCheck, captures: Sequence[RawCapture]) -> tuple[AlertRow, ...]:
        """The drill's row, then one for each of its spans."""
        facts = AlertFacts.model_validate_json(body_of(captures, FACTS))
        answers = {capture.item: exchange_from(capture) for capture in captures if capture.item != FACTS}
        columns: dict[str, Any] = facts.model_dump(include={"nonce", "environment", "executor", "fired_at"})
        columns |= {"accepted": _cause(answers[FIRE]) is None, "accepted_cause": _cause(answers[FIRE])}
        columns |= {"resolved": _cause(answers[RESOLVE]) is None, "resolved_cause": _cause(answers[RESOLVE])}
        if read := answers.get(READ):
            columns |= {"asked": 1, "read_http": read.status, "read_cause": _cause(read)}
            columns |= {"delivered": is_delivered(read, facts.nonce), "delivered_seconds": facts.delivered_at}
        if (control := answers.get(CONTROL)) and control.no_answer is None:
            columns["echoes"] = is_delivered(control, facts.decoy)
        spans = [
            AlertRow(subject=check.id, part="span", span=part.name, began=part.began, seconds=part.seconds)
            for part in facts.parts
        ]
        return (AlertRow(subject=check.id, **columns), *spans)

    async def aclose(self) -> None:
        await self._http.aclose()


def _cause(exchange: Exchange) -> str | None:
    if exchange.no_answer or exchange.status == 200:
        return exchange.no_answer
    return f"HTTP {exchange.status}: {' '.join(exchange.body[:200].decode(errors='replace').split())}"
