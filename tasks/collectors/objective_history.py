"""The history of an objective's series: what to ask Prometheus for it, and what its answers give."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from itertools import pairwise
from math import inf

from checks.evidence.records import RawCapture, Scalar
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.objective_metrics import PrometheusHistory
from checks.objectives.series import LabelledSeries, born, continued
from tasks.collectors.prometheus_answers import Answer, answer_from
from tasks.collectors.promql import Question, bounds_of, samples_by_step, samples_until, selector

BOUNDS, STARTED = "bounds", "started"
_OLDER, _RECENT = " by step", " of day "
_MILLISECOND = timedelta(milliseconds=1)
_SECOND, _DAY = 1_000, 86_400_000


@dataclass(frozen=True, slots=True)
class Span:
    """The window (start, end] of a history and the border up to which it is known by steps; all in milliseconds."""

    start: int
    border: int
    end: int
    step: int
    interval: int

    @classmethod
    def until(cls, check: ObjectiveCheck, now: datetime) -> "Span":
        """The window that ends with the second before an instant."""
        end = int(now.timestamp()) * _SECOND
        start, step = end - check.time_window // _MILLISECOND, check.step // _MILLISECOND
        recent = max(end - check.recent // _MILLISECOND, start)
        return cls(start, recent // step * step, end, step, check.history.interval // _MILLISECOND)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Scalar]) -> "Span":
        """The span that a capture was asked for."""
        return cls(**{field.name: int(str(meta[field.name])) for field in fields(cls)})

    @property
    def reach(self) -> int:
        """From where on samples are asked for: the newest one before the window still says where it begins."""
        return (self.start // self.step - 1) * self.step


@dataclass(frozen=True, slots=True)
class History:
    """What a source told of each of an objective's roles; without its answer there is nothing to go by."""

    span: Span
    roles: Mapping[str, Sequence[LabelledSeries]]
    unanswered: str | None = None
    warned: str | None = None
    absent: str | None = None


def bounds_question(check: ObjectiveCheck, span: Span) -> Question | None:
    """Which bounds a classic histogram has: only those beside the limit are asked for then."""
    if check.form != "histogram":
        return None
    selected = selector(check.series[check.form], suffix="_bucket")
    return bounds_of(BOUNDS, selected, start=span.reach, end=span.end)


def questions(check: ObjectiveCheck, span: Span, bounds: Iterable[str] = ()) -> Iterator[Question]:
    """Everything that is asked for: of each role what is older by steps, and every recent sample."""
    suffix = "_bucket" if check.form == "histogram" else ""
    beside = beside_limit(bounds, check.value) if check.value is not None else []
    for role, series in check.series.items():
        yield from _both(role, selector(series, suffix=suffix, le=beside), span)
    if isinstance(check.history, PrometheusHistory) and check.history.started is not None:
        yield from _both(STARTED, selector(check.history.started), span)


def role_of_older(role: str) -> str:
    """What a capture is called that holds a role's older samples, one for each step."""
    return role + _OLDER


def role_of_recent(role: str, number: int) -> str:
    """What one is called that holds some of its recent samples."""
    return f"{role}{_RECENT}{number}"


def _both(role: str, selected: str, span: Span) -> Iterator[Question]:
    if span.reach < span.border:
        yield samples_by_step(role_of_older(role), selected, start=span.reach, end=span.border, step=span.step)
    # A day at a time, since an answer has to fit the limit of its source.
    edges = [*range(span.border, span.end, _DAY), span.end]
    for number, (since, to) in enumerate(pairwise(edges)):
        yield samples_until(role_of_recent(role, number), selected, end=to, length=to - since)


def _told(answers: Mapping[str, Answer], role: str) -> Iterator[LabelledSeries]:
    """What the answers to a role's questions hold, in the order in which they were asked."""
    return (one for asked, answer in answers.items() if asked.startswith(role) for one in answer.series)


def beside_limit(bounds: Iterable[str], limit: float) -> list[str]:
    """Of bounds as they are written: those nearest to a limit on both sides, and +Inf; numbers count, not texts."""
    numbers = {text: float(text) for text in bounds}
    below = max((bound for bound in numbers.values() if bound <= limit), default=None)
    above = min((bound for bound in numbers.values() if bound >= limit), default=None)
    return sorted(text for text, bound in numbers.items() if bound in (below, above, inf))


def history_from(check: ObjectiveCheck, captures: Sequence[RawCapture]) -> History:
    """The history that captures hold, whose meta say what each was asked for."""
    span = Span.from_meta(captures[0].meta)
    answers = {str(capture.meta["role"]): answer_from(capture) for capture in captures}
    unanswered = next((answer.failure for answer in answers.values() if answer.failure is not None), None)
    warnings = dict.fromkeys(text for answer in answers.values() for text in answer.warnings)
    if unanswered is not None:
        return History(span, {}, unanswered)
    roles = {
        role: continued(_told(answers, role + _OLDER), _told(answers, role + _RECENT), span.border)
        for role in (*check.series, STARTED)
    }
    started = roles.pop(STARTED)
    roles = {role: born(series, started) for role, series in roles.items()}
    return History(span, roles, None, "; ".join(warnings) or None)
