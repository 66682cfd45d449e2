"""Sinks as they are told things: their addresses filled from the environment, as late as can be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from checks.notifications import AlertmanagerSink, AppriseSink
from checks.variables import filled
from tasks.collectors.sources import HttpAccess

_LIMIT = 10_000_000
"""Bytes of an answer that are read."""


@dataclass(frozen=True, slots=True)
class AppriseAccess:
    """What Apprise is to speak to; the address is a secret."""

    url: str = field(repr=False)
    tag: str | None = None


Access = AppriseAccess | HttpAccess


def access_of(
    name: str, sink: AppriseSink | AlertmanagerSink, environment: Mapping[str, str], *, seconds: float
) -> Access:
    """How to reach a sink, and for how long to try; raises `KeyError` with the name of what is not set."""
    match sink:
        case AppriseSink():
            return AppriseAccess(filled(sink.apprise, environment), sink.tag)
        case AlertmanagerSink():
            headers = {header: filled(value, environment) for header, value in sink.headers.items()}
            return HttpAccess(name, filled(sink.alertmanager, environment), headers, seconds, _LIMIT)
