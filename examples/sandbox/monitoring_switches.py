"""The switches that break what the sandbox's monitoring remembers and does."""

from typing import ClassVar

from examples.sandbox.history import FAILING, OUTAGE, QUIET, SLOW, UNSCRAPED
from examples.sandbox.monitoring import DEAF, FIRING
from examples.sandbox.switch import Parts, Switch


class MonitoringFault(Switch):
    """A fault that the monitoring shows while it is on."""

    fault: ClassVar[str]

    def on(self, parts: Parts) -> None:
        parts.monitoring.fault(self.fault, on=True)

    def off(self, parts: Parts) -> None:
        parts.monitoring.fault(self.fault, on=False)


class SlowDays(MonitoringFault):
    name = "slow-days"
    sentence = "For five days of the month every second request took over a second."
    breaks = "remembered latency"
    fault = SLOW


class FailingDays(MonitoringFault):
    name = "failing-days"
    sentence = "For five days of the month every fourth request failed."
    breaks = "remembered errors"
    fault = FAILING


class Outage(MonitoringFault):
    name = "outage"
    sentence = "A week ago the service did not answer for over two hours."
    breaks = "remembered uptime"
    fault = OUTAGE


class QuietDay(MonitoringFault):
    name = "quiet-day"
    sentence = "For a whole day of the month nothing came in."
    breaks = "remembered ingests"
    fault = QUIET


class UnscrapedDays(MonitoringFault):
    name = "unscraped-days"
    sentence = "For three days of the month nobody looked."
    breaks = "remembered days"
    fault = UNSCRAPED


class FiringAlert(MonitoringFault):
    name = "firing-alert"
    sentence = "The first of the alerts fires."
    breaks = "alert state"
    fault = FIRING


class DeafReceiver(MonitoringFault):
    name = "deaf-receiver"
    sentence = "Alerts are accepted, and arrive nowhere."
    breaks = "alert delivery"
    fault = DEAF


SWITCHES: tuple[Switch, ...] = (
    SlowDays(),
    FailingDays(),
    Outage(),
    QuietDay(),
    UnscrapedDays(),
    FiringAlert(),
    DeafReceiver(),
)
