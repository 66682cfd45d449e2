"""Tells an Alertmanager (API v2) what fires and what has ended, and reads back there whether it knows."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import quote

from checks.errors import CollectionError
from checks.outcome import Severity
from checks.records import rfc3339
from checks.telling.deliveries import Delivered, Delivery, Failure, failed
from checks.telling.round import Message
from checks.telling.topics import Event, Notice
from checks.telling.wording import line_of, plain
from tasks.collectors.http_client import Asking, HttpClient
from tasks.collectors.http_exchange import Exchange
from tasks.collectors.sources import HttpAccess
from tasks.notify.speaker import Speaker

NONCE = "readiness_nonce"
_ALERTS = "/api/v2/alerts"
_NAME = "Readiness"
_FOR_GOOD = timedelta(days=365)
"""An alert that stands has no end of its own: one that ended by itself would say that all is well."""
_ENDS_AFTER = {Event.MISSED: timedelta(hours=1), Event.TEST: timedelta(minutes=1)}
_LOOKS = (0.0, 0.2, 0.5, 1.0)
"""Seconds before each look for what was told."""


async def tell(message: Message, access: HttpAccess, speaker: Speaker) -> Delivery:
    """Posts a message's alerts and looks for its nonce; of an alert that has ended there is nothing to be found.

    Both together take no longer than the access allows.
    """
    alerts = alerts_of(message, speaker)
    if not alerts:
        return Delivery(accepted=True)
    http, deadline = HttpClient(speaker.now), monotonic() + access.timeout
    body = json.dumps(alerts).encode()
    try:
        posted = await http.send(access, _ALERTS, Asking("POST", accept="application/json", body=body))
    except CollectionError:  # its words hold the address
        return failed(Failure.NO_ADDRESS)
    if posted.no_answer is not None:
        return failed(Failure.NO_ANSWER, posted.no_answer)
    if posted.status != 200:
        return failed(Failure.REFUSED, f"HTTP {posted.status}")
    found = Delivery(accepted=True, delivered=Delivered.NO, failure=Failure.NOT_SHOWN)
    for wait in _LOOKS:
        left = deadline - monotonic() - wait
        if left <= 0:
            break
        await asyncio.sleep(wait)
        listed = await http.get(replace(access, timeout=left), _listing(speaker), accept="application/json")
        found = _compared(alerts, listed, message.key)
        if found.settled:
            break
    return found


def alerts_of(message: Message, speaker: Speaker) -> list[dict[str, Any]]:
    """The alerts of a message: of each topic the last that is told, since one alert stands for it."""
    last = {notice.topic: notice for notice in message.notices if notice.event is not Event.DIGEST}
    return [_alert(notice, message.key, speaker) for notice in last.values()]


def _alert(notice: Notice, nonce: str, speaker: Speaker) -> dict[str, Any]:
    """One alert. Its labels are its identity: they stay the same from when it fires until it is resolved."""
    firing, now = notice.firing, speaker.now().astimezone(UTC)
    starts = min(firing.since if firing else notice.at, now)
    severity = firing.severity if firing else Severity.MAJOR
    owner = firing.owner if firing else notice.owner
    return {
        "labels": {
            "alertname": _NAME,
            "system": speaker.system,
            "environment": speaker.environment,
            "topic": notice.topic,
            "severity": str(severity),
            **({"owner": plain(owner)} if owner is not None else {}),
        },
        "annotations": {
            "summary": line_of(notice),
            "outcome": str(notice.outcome),
            "event": str(notice.event),
            NONCE: nonce,
        },
        "startsAt": rfc3339(starts),
        "endsAt": rfc3339(_end(notice, now)),
    }


def _end(notice: Notice, now: datetime) -> datetime:
    if notice.event is Event.RESOLVED:
        return now
    return now + _ENDS_AFTER.get(notice.event, _FOR_GOOD)


def _listing(speaker: Speaker) -> str:
    """The alerts that the sink shows of this system, silenced and inhibited ones among them."""
    labels = {"alertname": _NAME, "system": speaker.system, "environment": speaker.environment}
    filters = (quote(f'{name}="{value}"', safe="") for name, value in labels.items())
    return f"{_ALERTS}?{'&'.join(f'filter={one}' for one in filters)}"


def _compared(alerts: Sequence[Mapping[str, Any]], listed: Exchange, nonce: str) -> Delivery:
    """Whether the sink shows what was told to it: the nonce of every alert that fires, and none that has ended."""
    shown = _shown(listed)
    if shown is None:
        detail = listed.no_answer or f"its list of alerts cannot be read (HTTP {listed.status})"
        return Delivery(accepted=True, delivered=Delivered.NO, failure=Failure.NOT_SHOWN, detail=detail)
    ended = {alert["labels"]["topic"] for alert in alerts if alert["annotations"]["event"] == Event.RESOLVED}
    firing = {alert["labels"]["topic"] for alert in alerts} - ended
    missing = firing - {topic for topic, told in shown if told == nonce}
    if missing:
        detail = f"{len(missing)} of {len(firing)} alerts"
        return Delivery(accepted=True, delivered=Delivered.NO, failure=Failure.NOT_SHOWN, detail=detail)
    if ended & {topic for topic, _ in shown}:
        return Delivery(accepted=True, delivered=Delivered.NO, failure=Failure.STILL_SHOWN)
    return Delivery(accepted=True, delivered=Delivered.YES if firing else Delivered.UNKNOWN)


def _shown(listed: Exchange) -> set[tuple[str, str]] | None:
    """Topic and nonce of every alert in a whole and good answer; `None` for any other."""
    if listed.no_answer is not None or listed.status != 200:
        return None
    try:
        return {
            (str(alert["labels"].get("topic")), str(alert["annotations"].get(NONCE)))
            for alert in json.loads(listed.body)
        }
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
