"""The sandbox's monitoring: a month of series, alert rules with their state, and a way for an alert to its receiver."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from examples.sandbox.history import remembered
from examples.sandbox.recorder import Recorder
from examples.sandbox.recorder_port import RecorderPort
from examples.sandbox.reports import rfc3339
from examples.sandbox.team.alerts import RULES, alerts

FIRING, DEAF = "firing", "deaf"
"""An alert fires; the receiver never shows what was sent to it."""
_ALERTS, _RECEIVED = "/api/v2/alerts", "/received"
_LOADED = "rules"


class Monitoring:
    """Stands in for Prometheus, Alertmanager and a receiver, on one port; every fault is told to it by its name."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._began = now()
        self._faults: frozenset[str] = frozenset()
        self._recorder = Recorder(remembered(self._began, self._faults))
        self._received: list[bytes] = []
        self._port = RecorderPort(self.answer, self.receive)
        self.url = self._port.url

    def fault(self, name: str, *, on: bool) -> None:
        """Shows a fault from now on, or no more."""
        self._faults = self._faults | {name} if on else self._faults - {name}
        self._recorder = Recorder(remembered(self._began, self._faults))

    def close(self) -> None:
        """Stops answering."""
        self._port.close()

    def answer(self, path: str) -> tuple[int, bytes, str]:
        """What a path says now: status, body and content type."""
        if path.partition("?")[0] == _RECEIVED:
            return 200, b"\n".join(self._received), "text/plain"
        recorder = self._recorder
        recorder.documents = {_LOADED: self._loaded()}
        return recorder.answer(path)

    def receive(self, path: str, body: bytes) -> int:
        """Takes an alert; whether it arrives is another matter."""
        if path != _ALERTS:
            return 404
        if DEAF not in self._faults:
            self._received.append(body)
        return 200

    def _loaded(self) -> dict[str, Any]:
        """The rules of the team's file as they are loaded, evaluated this moment."""
        groups = json.loads(alerts()["alerts/rules.yml"])["groups"]
        rules = [self._rule(rule) for group in groups for rule in group["rules"]]
        return {"groups": [{"name": "ledger", "file": "rules.yml", "rules": rules}]}

    def _rule(self, rule: dict[str, Any]) -> dict[str, Any]:
        fires = FIRING in self._faults and rule["alert"] == next(iter(RULES))
        instant = rfc3339(self._now())
        return {
            "type": "alerting",
            "name": rule["alert"],
            "query": rule["expr"],
            "duration": 60 * int(rule["for"][:-1]),
            "labels": rule["labels"],
            "annotations": {},
            "state": "firing" if fires else "inactive",
            "alerts": [{"activeAt": instant, "state": "firing"}] if fires else [],
            "health": "ok",
            "lastEvaluation": instant,
        }
