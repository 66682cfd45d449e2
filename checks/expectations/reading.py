"""Reads what a validation of many checks at once says about each of them."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any

from great_expectations.expectations import ExpectColumnValuesToNotBeNull

from checks.catalog import Check
from checks.evidence.records import EvidenceRow, Scalar, json_bytes, rfc3339
from checks.expectations.suite import AnySuite, Rule
from checks.expectations.validation import RuleResult
from checks.findings import Finding, Judgement, Verdict
from checks.outcome import Outcome, Severity
from checks.slots import Slot

_GREAT_EXPECTATIONS = version("great-expectations")  # read once: looking it up takes longer than judging a row

OBSERVED = Rule(
    expectation=ExpectColumnValuesToNotBeNull(column="_observed"),
    because="{_observed} was observed",
    otherwise="owed, and nothing was observed",
    observed="_observed",
    unmet=Outcome.MISSING,
)
"""The guard every suite starts with: each subject that is owed was observed."""


def rules_of(suite: AnySuite) -> dict[str, Rule]:
    """All that a suite evaluates, in order."""
    return {"observed": OBSERVED, **suite.rules}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the frame: a subject of a check, with what was observed of it (`row` is `None` where nothing was).

    `evidence` are the paths in the bag of what the row was read from.
    """

    check: Check
    subject: str
    row: EvidenceRow | None
    columns: Mapping[str, Scalar | datetime]
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """One validation's results, read check by check; `rules` are those that it evaluated."""

    suite: AnySuite
    rules: Mapping[str, Rule]
    results: Mapping[str, RuleResult]
    slot: Slot
    now: datetime

    def judgement(self, check: Check, numbered: Sequence[tuple[int, Line]]) -> Judgement:
        """Everything the validation says about one check."""
        findings: dict[str, list[Finding]] = defaultdict(list)
        fingerprints: dict[str, str | None] = {}
        for number, line in numbered:
            findings[line.subject] += self._findings(number, line)
            fingerprints[line.subject] = self.suite.fingerprint(line.row) if line.row else None
        verdicts = tuple(
            Verdict(check.id, check.kind, subject, self.slot, tuple(found), self.now, fingerprints[subject])
            for subject, found in findings.items()
        )
        return Judgement(check.id, verdicts, self._validation(numbered))

    def _findings(self, number: int, line: Line) -> Iterator[Finding]:
        """Guards first; once one is not met, whatever follows cannot be decided, nor what rests on an unmet rule."""
        guards = {"observed", *self.suite.guards}
        blocked: str | None = None
        unmet: dict[str, str] = {}
        for name, rule in self.rules.items():
            if not rule.is_asked(line.columns):
                continue
            cause = blocked or next((unmet[need] for need in rule.needs if need in unmet), None)
            if cause is None:
                outcome, because = self._outcome(name, rule, line, number)
            else:
                outcome, because = Outcome.INCONCLUSIVE, f"not judged, since {cause!r} is not met"
            if outcome is not Outcome.PASS:
                unmet[name] = cause or name
            if name in guards and outcome is not Outcome.PASS:
                blocked = blocked or name
            if name != "observed" or outcome is not Outcome.PASS:
                yield self._finding(line, name, rule, (outcome, because))
            if line.row is None:
                return

    def _outcome(self, name: str, rule: Rule, line: Line, number: int) -> tuple[Outcome, str]:
        result = self.results[name]
        if result.broken:
            return Outcome.ERROR, result.broken
        shown = _Shown(line.columns)
        if number in result.unmet:
            sentence = rule.otherwise or rule.because
            warns = rule.unmet is Outcome.FAIL and self._severity(rule, line) is Severity.WARNING
            return (Outcome.WARN if warns else rule.unmet), sentence.format_map(shown)
        if line.columns.get(rule.observed) is None:
            return Outcome.INCONCLUSIVE, f"no {rule.observed} was observed"
        return Outcome.PASS, rule.because.format_map(shown)

    def _finding(self, line: Line, name: str, rule: Rule, said: tuple[Outcome, str]) -> Finding:
        return Finding.model_construct(  # nothing is read from outside here, and a big run makes tens of thousands
            _FIELDS,
            check=line.check.id,
            kind=line.check.kind,
            subject=line.subject,
            expectation=name,
            outcome=said[0],
            severity=self._severity(rule, line),
            observed=_plain(line.columns.get(rule.observed)),
            expected=_plain(line.columns.get(rule.expected)) if rule.expected else None,
            because=said[1],
            evidence=line.evidence,
        )

    def _severity(self, rule: Rule, line: Line) -> Severity:
        if rule.lenient is not None and line.columns.get(rule.lenient):
            return Severity.WARNING
        return rule.severity or line.check.severity

    def _validation(self, numbered: Sequence[tuple[int, Line]]) -> bytes:
        """The validation as Great Expectations states one, cut down to one check's rows and what it asks, as JSON."""
        numbers = dict(numbered)
        asked = [name for name, rule in self.rules.items() if any(rule.is_asked(line.columns) for _, line in numbered)]
        results = [self._result(name, self.results[name], numbers) for name in asked]
        met = sum(bool(result["success"]) for result in results)
        validation = {
            "success": met == len(results),
            "results": results,
            "statistics": {"evaluated_expectations": len(results), "successful_expectations": met},
            "meta": {"great_expectations_version": _GREAT_EXPECTATIONS, "judged_at": rfc3339(self.now)},
            "suite_name": self.suite.kind,
            "frame": [{key: _plain(value) for key, value in line.columns.items()} for _, line in numbered],
        }
        return json_bytes(validation)

    def _result(self, name: str, result: RuleResult, numbers: Mapping[int, Line]) -> dict[str, Any]:
        unmet = [line.subject for number, line in numbers.items() if number in result.unmet]
        return {
            "success": not unmet and result.broken is None,
            "expectation_config": {**result.configuration, "meta": {"rule": name}},
            "result": {
                "element_count": len(numbers),
                "unexpected_count": len(unmet),
                "unexpected_index_list": [{"subject": subject} for subject in unmet],
            },
            "exception_info": {"raised_exception": result.broken is not None, "exception_message": result.broken},
        }


_FIELDS = set(Finding.model_fields)


class _Shown(dict[str, object]):
    """A row's columns as sentences show them; most sentences show two of thirty."""

    def __getitem__(self, name: str) -> str:
        return _shown(super().__getitem__(name))


def _plain(value: object) -> Scalar:
    """A value as JSON can hold it: instants as RFC 3339, NaN and infinities as words."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | None) else str(value)


def _shown(value: object) -> str:
    """A value as a sentence shows it: at most three decimals."""
    plain = _plain(value)
    return f"{plain:.3f}".rstrip("0").rstrip(".") if isinstance(plain, float) else str(plain)
