"""Catalogue sections and observations for tests of telling, with what a test does not care about filled in."""

from datetime import UTC, datetime

from checks.notifications import Notifications
from checks.outcome import Outcome, Severity
from checks.telling.topics import Observation

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def section(**more: object) -> Notifications:
    """One chat for everybody, and whatever a test adds."""
    written = {
        "sinks": {"chat": {"apprise": "${CHAT}"}, "alerts": {"alertmanager": "${ALERTS}"}},
        "default": {"sinks": ["chat"]},
    }
    return Notifications.model_validate(written | more)


def seen(
    outcome: Outcome,
    at: datetime = NOON,
    *,
    topic: str = "api",
    severity: Severity = Severity.MAJOR,
    owner: str | None = None,
    because: str = "so it is",
) -> Observation:
    return Observation(topic, outcome, because, severity, owner, at)
