"""Switches that break the service."""

from examples.sandbox import faults
from examples.sandbox.switch import Fault, Parts, Switch


class Down(Switch):
    name = "down"
    sentence = "The service does not listen: connections are refused."
    breaks = "service"

    def on(self, parts: Parts) -> None:
        parts.deployment.stop()

    def off(self, parts: Parts) -> None:
        parts.deployment.resume()


class Slow(Fault):
    name = "slow"
    sentence = "/health answers after two seconds."
    breaks = "health time"
    fault = faults.SLOW


class FailingBody(Fault):
    name = "failing-body"
    sentence = '/health answers 200 with a body that says "status": "fail".'
    breaks = "health body"
    fault = faults.FAILING_BODY


class TruncatedMetrics(Fault):
    name = "truncated-metrics"
    sentence = "/metrics ends in the middle of its body, in every format."
    breaks = "metrics"
    fault = faults.TRUNCATED_METRICS


class MissingHeaders(Fault):
    name = "missing-headers"
    sentence = "No answer has the headers that protect a browser."
    breaks = "headers"
    fault = faults.MISSING_HEADERS


class OpenDoors(Fault):
    name = "open-doors"
    sentence = "Strangers may do what only operators may."
    breaks = "doors"
    fault = faults.OPEN_DOORS


class DoubleTrigger(Fault):
    name = "double-trigger"
    sentence = "An hour that is triggered again is run again."
    breaks = "hourly runs"
    fault = faults.DOUBLE_TRIGGER


class MixedContent(Fault):
    name = "mixed-content"
    sentence = "The page loads a picture over plain HTTP."
    breaks = "page"
    fault = faults.MIXED_CONTENT


class Unlimited(Fault):
    name = "unlimited"
    sentence = "However many quotes are taken at once, nobody is told to come back later."
    breaks = "rate limit"
    fault = faults.UNLIMITED
