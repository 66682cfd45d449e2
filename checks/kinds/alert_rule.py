"""Alert rules: is each alert loaded as it was tested, what does it say now, whose is it, and what does it guard?

That an alert arrives where people see it is another matter: an `alert` drill proves it.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checks.catalog import Check, Name, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.places import Place

AlertName = Annotated[str, StringConstraints(min_length=1, max_length=200)]
AlertState = Literal["inactive", "pending", "firing"]


class DeclaredAlert(Record):
    """Whose an alert is, which checks it guards, and which drill shows that it arrives; `after` is its rule's `for`."""

    owner: Text | None = None
    guards: tuple[Name, ...] = ()
    delivered_by: Name | None = None
    after: Duration | None = None


class AlertRuleExpectation(Record):
    """No alert is in another state, and each was evaluated no longer ago than `evaluated`.

    `future` is how far clocks may differ.
    """

    states: tuple[AlertState, ...] = Field(default=("inactive",), min_length=1)
    evaluated: Duration = parse_duration("5m")
    future: Duration = parse_duration("60s")


class AlertRuleCheck(Check):
    """Holds the alerts that Prometheus has loaded against the file they stand in and against its unit tests.

    The tests are run by promtool, on the very bytes that are kept. An alert that nobody declared is a subject too.
    """

    kind: Literal["alert-rule"] = "alert-rule"
    prometheus: Annotated[str, Field(min_length=1)]
    rules: Place
    tests: Place
    promtool: Annotated[str, Field(min_length=1)]
    alerts: dict[AlertName, DeclaredAlert] = Field(min_length=1)
    expect: AlertRuleExpectation = AlertRuleExpectation()

    @model_validator(mode="after")
    def _of_one_folder(self) -> Self:
        if self.rules.source != self.tests.source:
            raise ValueError("tests: they name their rules by a path beside them; keep both in one source")
        return self

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.prometheus, self.rules.source, self.promtool)))

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.alerts)

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The other checks that it names."""
        named = (name for alert in self.alerts.values() for name in (*alert.guards, alert.delivered_by))
        return tuple(dict.fromkeys(name for name in named if name is not None))


class AlertRuleRow(EvidenceRow):
    """One alert, as it was loaded and as it was tested.

    `unanswered` says why Prometheus told nothing, `unread` why the rules' file is no such file, `untested` why no unit
    test speaks for it, `failed` what promtool said, `differs` how what is loaded is not what was tested. `after` is
    the rule's `for` in seconds. Of several rules of one name the worst counts.
    """

    unanswered: str | None = None
    unread: str | None = None
    loaded: int | None = None
    written: int | None = None
    differs: str | None = None
    untested: str | None = None
    failed: str | None = None
    health: str | None = None
    error: str | None = None
    state: str | None = None
    since: Instant | None = None
    evaluated_at: Instant | None = None
    rules_at: Instant | None = None
    tests_at: Instant | None = None
    after: float | None = None
    owner: str | None = None
