"""Alert drills: does an alert that is fired arrive where people would see it?"""

from typing import Annotated, Literal

from pydantic import Field

from checks.catalog import Check
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.drill import HttpStatus
from checks.places import Place
from checks.slots import Cadence

Label = Annotated[str, Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$")]


class AlertExpectation(Record):
    """Firing to standing at the receiver takes at most `within`."""

    within: Duration = parse_duration("2m")


class AlertCheck(Check):
    """Fires an alert with a nonce through Alertmanager's API (v2), and reads the nonce back at the receiver.

    `alertmanager` names the HTTP source of Alertmanager; `receiver` is a page that shows what was received, with
    `{nonce}` in its path replaced. `labels` send the alert along the route that is to be proved; the drill ends it.
    """

    kind: Literal["alert"] = "alert"
    every: Cadence = Cadence.WEEKLY
    alertmanager: Annotated[str, Field(min_length=1)]
    receiver: Place
    labels: dict[Label, str] = Field(default_factory=lambda: {"alertname": "ReadinessDrill", "severity": "none"})
    poll: Annotated[Duration, Field(gt=parse_duration("0s"))] = parse_duration("1s")
    expect: AlertExpectation = AlertExpectation()

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.alertmanager, self.receiver.source)))

    @property
    def changes(self) -> bool:
        """People may be woken by it."""
        return True


class AlertRow(EvidenceRow):
    """One alert, from firing to the receiver; durations are seconds on a monotonic clock.

    `accepted` is whether Alertmanager took it, `delivered` whether the nonce, which nobody could know before, stood at
    the receiver; `read_http` is the receiver's last answer. `asked` is `None` where it was not read at all. `echoes` is
    whether the receiver shows a nonce that was never fired too: a page that repeats its own address does.
    """

    part: Literal["drill", "span"] = "drill"
    span: str | None = None
    began: float | None = None
    seconds: float | None = None
    nonce: str | None = None
    environment: str | None = None
    executor: str | None = None
    fired_at: Instant | None = None
    accepted: bool | None = None
    accepted_cause: str | None = None
    asked: int | None = None
    read_http: HttpStatus | None = None
    read_cause: str | None = None
    echoes: bool | None = None
    delivered: bool | None = None
    delivered_seconds: float | None = None
    resolved: bool | None = None
    resolved_cause: str | None = None
