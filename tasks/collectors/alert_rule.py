"""Collects the evidence of alert rules: their file, its unit tests, promtool's word, and what Prometheus loaded."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from checks.evidence.records import Evidence, RawCapture, Scalar
from checks.kinds.alert_rule import AlertRuleCheck, AlertRuleRow
from checks.places import Place
from tasks.collectors.alert_rule_rows import FORM, LOADED, PROMTOOL, RULES, TESTS, foreign_expressions, rows_of
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.documents import DocumentReader, document_from, shown_request
from tasks.collectors.http_client import HttpClient
from tasks.collectors.promql import RULES_PATH, formatted
from tasks.collectors.sources import Sources
from tasks.drills.programs import run

_SECONDS = 60


class AlertRuleCollector:
    """Reads the two files, lets promtool run the one on the other, and asks Prometheus for its rules.

    Prometheus writes an expression in a form of its own, so where a loaded one does not stand in the file word for
    word it is asked to write both.
    """

    kind: ClassVar[str] = "alert-rule"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._sources = sources
        self._http = http or HttpClient(now)
        self._now = now
        self._documents = DocumentReader(sources, now, http=self._http)

    async def collect(self, check: AlertRuleCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        captures = [
            _about_all(await self._documents.read(check.rules, RULES)),
            _about_all(await self._documents.read(check.tests, TESTS)),
        ]
        captures.append(await self._tested(check, captures))
        captures.append(await self._get(check, RULES_PATH, LOADED))
        for number, expression in enumerate(foreign_expressions(check, captures), start=5):
            capture = await self._get(check, formatted(expression), f"{number}-{FORM}.json")
            captures.append(RawCapture(capture.item, capture.body, {**capture.meta, "expression": expression}))
        told = (
            shown_request(one) if one.item != PROMTOOL else f"promtool test rules {check.tests}" for one in captures
        )
        return watch.evidence(
            self.rows_from(check, captures),
            tuple(captures),
            source=", ".join(check.sources),
            request="\n".join(told),
        )

    @staticmethod
    def rows_from(check: AlertRuleCheck, captures: Sequence[RawCapture]) -> tuple[AlertRuleRow, ...]:
        """A row for each alert that is declared, then for each other one that is loaded."""
        return tuple(rows_of(check, captures))

    async def aclose(self) -> None:
        await self._documents.aclose()

    async def _get(self, check: AlertRuleCheck, path: str, item: str) -> RawCapture:
        exchange = await self._http.get(self._sources.http(check.prometheus), path, accept="application/json")
        return _about_all(exchange.capture(item, check.id))

    async def _tested(self, check: AlertRuleCheck, captures: Sequence[RawCapture]) -> RawCapture:
        """What promtool says of the files, in a folder that holds nothing else."""
        access = self._sources.program(check.promtool)
        with tempfile.TemporaryDirectory(prefix="readiness-alert-rule-") as folder:
            for place, capture in zip((check.rules, check.tests), captures, strict=True):
                _put(Path(folder), place, document_from(capture).body)
            command = (*access.command, "test", "rules", check.tests.path)
            try:
                ran = await run(command, seconds=_SECONDS, environment=access.environment, folder=Path(folder))
            except OSError as error:
                return RawCapture(PROMTOOL, b"", {"trouble": f"{command[0]} cannot be run: {error.strerror}"})
        meta: dict[str, Scalar] = {
            "trouble": ran.complaint if ran.timed_out else None,
            "exit_code": ran.exit_code,
            "stderr": ran.stderr.decode(errors="replace"),
        }
        return RawCapture(PROMTOOL, ran.stdout, meta)


def _put(folder: Path, place: Place, body: bytes) -> None:
    """The path leads nowhere else: whoever read the file there refused one that leaves its folder."""
    path = folder / place.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _about_all(capture: RawCapture) -> RawCapture:
    """A capture that is about every alert names none of them."""
    return RawCapture(
        capture.item, capture.body, {name: value for name, value in capture.meta.items() if name != "subject"}
    )
