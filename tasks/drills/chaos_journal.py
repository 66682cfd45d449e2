"""Reads a Chaos Toolkit journal for what was really done; its own summary does not say."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, Unreadable, parse


class NoJournalError(ValueError):
    """There is no journal, or it is none; the message says why."""


def read_journal(body: bytes | None) -> Mapping[str, Json]:
    """The journal in a file's bytes."""
    if body is None:
        raise NoJournalError("none was written")
    try:
        journal = parse(body)
    except Unreadable as error:
        raise NoJournalError(f"it {error}") from None
    if not isinstance(journal, dict) or not isinstance(journal.get("experiment"), dict):
        raise NoJournalError("it holds no experiment")
    return journal


def journal_columns(journal: Mapping[str, Json]) -> dict[str, Any]:
    """The columns of `ChaosRow` that a journal gives; one of another shape than Chaos Toolkit's is none."""
    try:
        return _columns(journal)
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise NoJournalError(f"it is not what Chaos Toolkit writes: {printable(str(error), 200)}") from None


def _columns(journal: Mapping[str, Json]) -> dict[str, Any]:
    experiment: Any = journal["experiment"]
    states: Any = journal.get("steady_states") or {}
    columns: dict[str, Any] = {
        "dry_run": bool(experiment.get("dry")),
        "status": _word(journal.get("status")),
        "deviated": journal.get("deviated") is not False,
        "experiment_seconds": journal.get("duration"),
    }
    for when in ("before", "after"):
        met, cause = _hypothesis(states.get(when))
        columns |= {f"hypothesis_{when}": met, f"hypothesis_{when}_cause": cause}
    for name, declared, run in (("activities", "method", "run"), ("rollbacks", "rollbacks", "rollbacks")):
        columns |= _done(name, experiment.get(declared) or [], journal.get(run) or [])
    return columns


def _hypothesis(state: Any) -> tuple[bool | None, str | None]:
    """Whether it was met; without any probe nothing was measured, whatever the journal says."""
    if not isinstance(state, dict) or not state.get("probes"):
        return None, "it was not measured"
    if state.get("steady_state_met") is True and all(probe.get("tolerance_met") for probe in state["probes"]):
        return True, None
    unmet = [_name(probe) for probe in state["probes"] if not probe.get("tolerance_met")]
    return False, f"it was not met: {', '.join(unmet) or 'so says the journal'}"


def _done(name: str, declared: Sequence[Any], run: Any) -> dict[str, Any]:
    """How many of the declared activities were run and succeeded, each as often as it is declared."""
    asked = Counter(_word(activity.get("name") or activity.get("ref")) for activity in declared)
    troubles = {_name(one): trouble for one in run if (trouble := _trouble(one))}
    good = Counter(_name(one) for one in run if not _trouble(one))
    missing = {activity: times for activity, times in asked.items() if good[activity] < times}
    causes = [f"{activity}: {troubles.get(activity, 'never run')}" for activity in missing]
    return {
        f"{name}_declared": asked.total(),
        f"{name}_done": sum(min(good[activity], times) for activity, times in asked.items()),
        f"{name}_cause": "; ".join(causes[:3]) or None,
    }


def _trouble(one: Any) -> str | None:
    """Why an activity that was run does not count as done."""
    if one.get("status") != "succeeded":
        return f"it {_word(one.get('status')) or 'did not end'}"
    provider, output = (one.get("activity") or {}).get("provider") or {}, one.get("output")
    if provider.get("type") not in ("process", "http"):
        return None
    status = output.get("status") if isinstance(output, dict) else None
    if not isinstance(status, int):
        return "it says nothing of how it ended"
    if provider["type"] == "process":
        return None if status == 0 else f"exit code {status}"
    return None if status < 400 else f"HTTP {status}"


def _name(one: Any) -> str:
    return _word((one.get("activity") or {}).get("name"))


def _word(value: object) -> str:
    return printable(value, 200) if isinstance(value, str) else ""
