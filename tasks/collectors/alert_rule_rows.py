"""The rows of alert rules: each alert as it is loaded, as it stands in its file, and as it was tested."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from checks.evidence.records import RawCapture
from checks.kinds.alert_rule import AlertRuleCheck, AlertRuleRow
from tasks.collectors.alert_rule_files import WrittenRule, tested_alerts, written_rules
from tasks.collectors.alert_rule_loaded import LoadedRule, loaded_rules
from tasks.collectors.documents import Document, document_from
from tasks.collectors.http_exchange import printable
from tasks.collectors.prometheus_answers import said_in
from tasks.collectors.strict_json import Unreadable

RULES, TESTS, PROMTOOL, LOADED, FORM = "1-rules.yml", "2-tests.yml", "3-promtool.txt", "4-loaded.json", "form"
_BADNESS = {"inactive": 0, "pending": 1, "firing": 2}
_OWNERS = ("owner", "team")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Known:
    """All that the captures say, with the reasons why parts of it are not known."""

    loaded: list[LoadedRule]
    unanswered: str | None
    written: list[WrittenRule]
    unread: str | None
    tested: dict[str, bool]
    untested: str | None
    promtool: RawCapture
    rules: Document
    tests: Document
    forms: dict[str, str]


def rows_of(check: AlertRuleCheck, captures: Sequence[RawCapture]) -> Iterator[AlertRuleRow]:
    """A row for each alert that is declared, then for each other one that is loaded."""
    known = _known(check, captures)
    for name in dict.fromkeys((*check.alerts, *(rule.name for rule in known.loaded))):
        yield _row(name, known)


def foreign_expressions(check: AlertRuleCheck, captures: Sequence[RawCapture]) -> list[str]:
    """Expressions of declared alerts that are not in the file word for word, and those that stand there instead."""
    known = _known(check, captures)
    found = []
    for name in check.alerts:
        loaded = [rule.expression for rule in known.loaded if rule.name == name]
        written = [rule.expression for rule in known.written if rule.name == name]
        if loaded and written and sorted(map(_bare, loaded)) != sorted(map(_bare, written)):
            found += [*loaded, *written]
    return list(dict.fromkeys(found))


def _known(check: AlertRuleCheck, captures: Sequence[RawCapture]) -> Known:
    by_item = {capture.item: capture for capture in captures}
    rules, tests = document_from(by_item[RULES]), document_from(by_item[TESTS])
    written, tested, unread, untested = list[WrittenRule](), dict[str, bool](), None, None
    loaded, unanswered = list[LoadedRule](), None
    try:
        written = written_rules(rules)
    except Unreadable as error:
        unread = printable(str(error), _LONGEST)
    try:
        tested = tested_alerts(tests, check.rules.path)
    except Unreadable as error:
        untested = printable(str(error), _LONGEST)
    if LOADED in by_item:
        loaded, unanswered = loaded_rules(by_item[LOADED])
    forms = {str(one.meta["expression"]): str(said_in(one).data) for one in captures if "expression" in one.meta}
    return Known(loaded, unanswered, written, unread, tested, untested, by_item[PROMTOOL], rules, tests, forms)


def _row(name: str, known: Known) -> AlertRuleRow:
    loaded = [rule for rule in known.loaded if rule.name == name]
    written = [rule for rule in known.written if rule.name == name]
    facts: dict[str, Any] = {
        "subject": name,
        "unanswered": known.unanswered,
        "unread": known.unread,
        "loaded": len(loaded),
        "written": len(written),
        "untested": _untested(name, known),
        "failed": _failed(name, known.promtool),
        "rules_at": known.rules.file_time,
        "tests_at": known.tests.file_time,
        "owner": next((rule.labels[label] for rule in loaded for label in _OWNERS if label in rule.labels), None),
    }
    if not loaded:
        return AlertRuleRow(**facts)
    worst = max(loaded, key=lambda rule: _BADNESS.get(rule.state, len(_BADNESS)))
    ill = next((rule for rule in loaded if rule.health != "ok"), worst)
    evaluations = [rule.evaluated_at for rule in loaded]
    return AlertRuleRow(
        **facts,
        differs=_differs(loaded, written, known.forms) if written else None,
        health=ill.health,
        error=ill.error,
        state=worst.state,
        since=worst.since,
        evaluated_at=min((each for each in evaluations if each), default=None) if all(evaluations) else None,
        after=min(rule.after for rule in loaded),
    )


def _untested(name: str, known: Known) -> str | None:
    if known.untested is not None:
        return known.untested
    if name not in known.tested:
        return "no unit test names it"
    return None if known.tested[name] else "no unit test shows it firing"


def _failed(name: str, promtool: RawCapture) -> str | None:
    """What promtool said of this alert's tests; where it failed and named no alert, that is about all of them."""
    if promtool.meta.get("trouble") is not None:
        return str(promtool.meta["trouble"])
    if promtool.meta["exit_code"] == 0:
        return None
    said = f"{promtool.body.decode(errors='replace')}\n{promtool.meta['stderr']}"
    named = re.findall(r"alertname: (.+?), time: ", said)
    if named and name not in named:
        return None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    own = [line.rstrip(", ") for line in lines if line.startswith(f"alertname: {name}, ")]
    telling = own or [line for line in lines if not line.startswith(("Unit Testing", "FAILED", "SUCCESS"))]
    return printable(" ".join(telling) or f"it ended with {promtool.meta['exit_code']}", _LONGEST)


def _differs(loaded: Sequence[LoadedRule], written: Sequence[WrittenRule], forms: dict[str, str]) -> str | None:
    """How rules of one name differ; expressions count in Prometheus's own form, without their white space."""

    def content(rule: LoadedRule | WrittenRule) -> tuple[str, str, str]:
        labels = ", ".join(f"{label}={text}" for label, text in sorted(rule.labels.items()))
        return _bare(forms.get(rule.expression, rule.expression)), f"{rule.after:g} s", labels or "no labels"

    here, there = sorted(map(content, loaded)), sorted(map(content, written))
    if len(here) != len(there):
        return f"{len(here)} rules are loaded and {len(there)} written"
    differences = (
        f"{part}: {mine} is loaded and {theirs} written"
        for pair in zip(here, there, strict=True)
        for part, mine, theirs in zip(("its expression", "its time to wait", "its labels"), *pair, strict=True)
        if mine != theirs
    )
    return next((printable(difference, _LONGEST) for difference in differences), None)


def _bare(expression: str) -> str:
    return re.sub(r"\s+", "", expression)
