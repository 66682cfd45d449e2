"""The alerting rules that Prometheus has loaded, as it tells them, each with its state."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from checks.evidence.records import RawCapture
from tasks.collectors.http_exchange import printable
from tasks.collectors.prometheus_answers import NOT_ITS_API, not_its_api, said_in

_LONGEST = 300


@dataclass(frozen=True, slots=True)
class LoadedRule:
    """One alerting rule as Prometheus has it, with its state; `after` is in seconds."""

    name: str
    expression: str
    after: float
    labels: dict[str, str]
    state: str
    since: datetime | None
    health: str
    error: str | None
    evaluated_at: datetime | None


def loaded_rules(capture: RawCapture) -> tuple[list[LoadedRule], str | None]:
    """The alerting rules that an answer holds, or why it holds none."""
    said = said_in(capture)
    if said.failure is not None:
        return [], said.failure
    try:
        return [
            _rule(rule) for group in said.data["groups"] for rule in group["rules"] if rule["type"] == "alerting"
        ], None
    except NOT_ITS_API as error:
        return [], f"Prometheus: {not_its_api(error)}"


def _rule(found: Any) -> LoadedRule:
    since = [one for alert in found.get("alerts") or () if (one := _instant(alert.get("activeAt"))) is not None]
    return LoadedRule(
        name=printable(str(found["name"]), 200),
        expression=str(found["query"]),
        after=float(found["duration"]),
        labels={str(label): str(text) for label, text in found["labels"].items()},
        state=str(found["state"]),
        since=min(since, default=None),
        health=str(found["health"]),
        error=printable(str(found["lastError"]), _LONGEST) if found.get("lastError") else None,
        evaluated_at=_instant(found.get("lastEvaluation")),
    )


def _instant(text: object) -> datetime | None:
    """An instant as Go writes it, to the nanosecond; its year 1 means never."""
    if not isinstance(text, str) or text.startswith("0001-"):
        return None
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)
