"""A file of rules, and the file of unit tests beside it, as Prometheus and promtool read them."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

from checks.durations import parse_duration
from tasks.collectors.documents import Document
from tasks.collectors.strict_json import Unreadable
from tasks.collectors.yaml_reading import parse_yaml

_SHAPE = (AttributeError, KeyError, TypeError, ValueError)


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """One alerting rule as it stands in the file; `after` is its `for` in seconds."""

    name: str
    expression: str
    after: float
    labels: dict[str, str]


def written_rules(document: Document) -> list[WrittenRule]:
    """The alerting rules of a file; `Unreadable` where it is none."""
    try:
        return [
            WrittenRule(
                str(rule["alert"]),
                str(rule["expr"]),
                _seconds(rule.get("for", "0s")),
                {str(label): str(text) for label, text in (rule.get("labels") or {}).items()},
            )
            for group in _yaml(document)["groups"]
            for rule in group.get("rules") or ()
            if "alert" in rule
        ]
    except _SHAPE as error:
        raise Unreadable(f"{document.where} is no file of rules: {error}") from None


def tested_alerts(document: Document, rules: str) -> dict[str, bool]:
    """The alerts that unit tests name, and whether one of them shows it firing; `Unreadable` where it is no such file.

    Tests of other rules than those in the file `rules` say nothing of these.
    """
    found: dict[str, bool] = {}
    try:
        tests = _yaml(document)
        beside = posixpath.dirname(document.where)
        named = [posixpath.normpath(posixpath.join(beside, str(each))) for each in tests.get("rule_files") or ()]
        if not any(fnmatch(posixpath.normpath(rules), each) for each in named):
            raise Unreadable(f"{document.where} tests other rules than {rules}")
        for name, fires in _named(tests):
            found[name] = found.get(name, False) or fires
    except _SHAPE as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{document.where} is no file of unit tests: {error}") from None
    return found


def _named(tests: Any) -> Iterator[tuple[str, bool]]:
    for test in tests.get("tests") or ():
        for one in test.get("alert_rule_test") or ():
            yield str(one["alertname"]), bool(one.get("exp_alerts"))


def _yaml(document: Document) -> Any:
    if document.missing is not None:
        raise Unreadable(f"{document.where}: {document.missing}")
    try:
        return parse_yaml(document.body)
    except Unreadable as error:
        raise Unreadable(f"{document.where} {error}") from None


def _seconds(text: object) -> float:
    """Prometheus's durations: as ours, and several in a row (`1h30m`)."""
    rest, seconds = str(text), 0.0
    while rest:
        end = next((place for place, char in enumerate(rest) if char.isalpha()), len(rest))
        stop = end + 2 if rest[end : end + 2] == "ms" else end + 1
        seconds += parse_duration(rest[:stop]).total_seconds()
        rest = rest[stop:]
    return seconds
