"""What is expected of an alert: loaded as it was tested, evaluated just now, quiet, owned, guarding an objective."""

from collections.abc import Mapping

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, equal, is_good
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.alert_rule import AlertRuleCheck, AlertRuleRow
from checks.outcome import Outcome, Severity


def _columns(check: AlertRuleCheck, row: AlertRuleRow, occasion: Occasion) -> Mapping[str, Scalar]:
    declared = check.alerts.get(row.subject)
    after = declared.after.total_seconds() if declared and declared.after is not None else None
    evaluated = (occasion.now - row.evaluated_at).total_seconds() if row.evaluated_at else None
    guards = ", ".join(declared.guards) if declared else ""
    is_loaded = bool(row.loaded)
    return {
        "asks": True,
        "asks_declared": True if declared else None,
        "answer": row.unanswered or GOOD,
        "file": row.unread or GOOD,
        "is_loaded": GOOD if is_loaded else "no rule of this name is loaded",
        "is_written": GOOD if row.written else f"no rule of this name stands in {check.rules}",
        "agreement": (row.differs or GOOD) if is_loaded and row.written else None,
        "coverage": row.untested or GOOD,
        "unit_test": (row.failed or GOOD) if row.untested is None else None,
        "working": (row.error or row.health) if row.health != "ok" else GOOD,
        "evaluated": evaluated,
        "evaluated_within": check.expect.evaluated.total_seconds(),
        "evaluated_least": -check.expect.future.total_seconds(),
        "states": " or ".join(check.expect.states),
        "quiet": GOOD if row.state in check.expect.states else row.state,
        "after_expected": after,
        "whose": (declared.owner if declared else None) or check.owner or _of_service(check) or row.owner or "nobody",
        "ownership": GOOD if _is_owned(check, row) else "nobody owns it",
        "guarded": guards or "nothing",
        "purpose": GOOD if guards else "it guards no objective",
    }


def _of_service(check: AlertRuleCheck) -> str | None:
    return f"whoever owns {check.service}" if check.service else None


def _is_owned(check: AlertRuleCheck, row: AlertRuleRow) -> bool:
    declared = check.alerts.get(row.subject)
    return bool((declared and declared.owner) or check.owner or check.service or row.owner)


ALERT_RULE: Suite[AlertRuleCheck, AlertRuleRow] = Suite(
    kind="alert-rule",
    columns=_columns,
    guards={
        "answers": Rule(
            is_good("answer"),
            because="Prometheus told its rules",
            otherwise="{answer}",
            observed="answer",
            asked="asks",
            unmet=Outcome.ERROR,
        ),
        "loaded": Rule(
            is_good("is_loaded"),
            because="{loaded} rules of this name are loaded",
            otherwise="{is_loaded}",
            observed="is_loaded",
            asked="asks",
        ),
    },
    expectations={
        "readable": Rule(
            is_good("file"),
            because="its file was read",
            otherwise="{file}",
            observed="file",
            asked="asks_declared",
            unmet=Outcome.ERROR,
        ),
        "written": Rule(
            is_good("is_written"),
            because="{written} rules of this name stand in its file",
            otherwise="{is_written}",
            observed="is_written",
            asked="asks_declared",
            needs=("readable",),
        ),
        "as-written": Rule(
            is_good("agreement"),
            because="what is loaded is what stands in the file",
            otherwise="what is loaded is not what stands in the file: {differs}",
            observed="agreement",
            asked="asks_declared",
            needs=("readable", "written"),
        ),
        "tested": Rule(
            is_good("coverage"),
            because="a unit test says when it fires",
            otherwise="{coverage}",
            observed="coverage",
            asked="asks_declared",
            needs=("readable",),
        ),
        "unit-test": Rule(
            is_good("unit_test"),
            because="promtool's unit test passes",
            otherwise="promtool's unit test fails: {unit_test}",
            observed="unit_test",
            asked="asks_declared",
            needs=("readable", "tested"),
        ),
        "works": Rule(
            is_good("working"),
            because="its evaluation works",
            otherwise="its evaluation does not work: {working}",
            observed="working",
            asked="asks",
        ),
        "evaluated": Rule(
            at_most("evaluated", "evaluated_within"),
            because="was evaluated {evaluated} s ago, at most {evaluated_within} s",
            otherwise="was evaluated {evaluated} s ago, more than {evaluated_within} s",
            observed="evaluated",
            expected="evaluated_within",
            unmet=Outcome.STALE,
        ),
        "clock": Rule(
            at_least("evaluated", "evaluated_least"),
            because="was evaluated before now",
            otherwise="was evaluated ahead of this clock ({evaluated} s ago): one of the clocks is wrong",
            observed="evaluated",
            expected="evaluated_least",
            unmet=Outcome.STALE,
        ),
        "quiet": Rule(
            is_good("quiet"),
            because="is {state}",
            otherwise="is {state} since {since}; {states} is expected",
            observed="quiet",
            asked="asks",
            needs=("works",),
        ),
        "after": Rule(
            equal("after", "after_expected"),
            because="fires after {after} s; expected {after_expected} s",
            observed="after",
            expected="after_expected",
        ),
        "owned": Rule(
            is_good("ownership"),
            because="belongs to {whose}",
            otherwise="nobody owns it",
            observed="ownership",
            asked="asks",
        ),
        "purpose": Rule(
            is_good("purpose"),
            because="guards {guarded}",
            otherwise="it guards no objective",
            observed="purpose",
            asked="asks",
            severity=Severity.WARNING,
        ),
    },
)
