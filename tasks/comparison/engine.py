"""Compares two sides: opens them, resolves what is asked, takes the best way, looks again, and gives the evidence."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from tasks.comparison.controls import ask_totals, control_totals
from tasks.comparison.discovering import discover, refuse_late_columns, task_of
from tasks.comparison.errors import LateColumnsError, SideError
from tasks.comparison.expected import expected
from tasks.comparison.files.paths import Filed, named
from tasks.comparison.groups import compare_groups
from tasks.comparison.matching import told
from tasks.comparison.opening import lend_names, open_beside, open_location, unless_cancelled
from tasks.comparison.progress import Asked, Report
from tasks.comparison.redaction import without_keys, without_reason, without_values
from tasks.comparison.request import Comparison
from tasks.comparison.resolve import Task
from tasks.comparison.result import ComparisonResult, Coverage, Difference, Plan
from tasks.comparison.second_look import look_again
from tasks.comparison.side import Provable, Side
from tasks.comparison.tally import Tally
from tasks.comparison.watch import Watch
from tasks.comparison.ways.choice import choose
from tasks.comparison.ways.way import Pair

EQUAL_IN_BYTES = ("merged", "sifted")
"""Ways that read lines as values where they differ, and take others for equal byte by byte: one side proves both."""


def compare(
    request: Comparison,
    *,
    progress: Report | None = None,
    cancelled: Asked | None = None,
    sides: tuple[Side, Side] | None = None,
) -> ComparisonResult:
    """Compares the two sides of a request and says what differs; it judges nothing.

    `progress` is called from this thread; `cancelled` is asked ten times a second, once both sides are open from
    another one. `sides` are given by callers that hold rows in memory or an open side; they are closed here, as those
    are that the request's addresses open.
    """
    with ExitStack() as stack:
        left, right = sides or (None, None)
        opening: Callable[[], Side] = partial(open_location, request.left, seconds=request.seconds)
        left = left or unless_cancelled(opening, cancelled)
        stack.callback(left.close)
        opening = partial(open_beside, left, request.right, seconds=request.seconds)
        right = right or unless_cancelled(opening, cancelled)
        stack.callback(right.close)
        lend_names(request, (left, right))
        with (
            Watch((left, right), progress=progress, cancelled=cancelled) as watch,
            _values_hidden(request),
            _files_named((left, right)),
        ):
            return _compare(request, left, right, watch)


@contextmanager
def _files_named(sides: tuple[Side, Side]) -> Iterator[None]:
    """Calls the file that an error is about as its side is: one DuckDB may read both, and knows paths alone."""
    files = [side.files for side in sides if isinstance(side, Filed)]
    try:
        yield
    except SideError as error:
        if error.file is None:
            raise
        raise named(error, files) from error
    except OSError as error:
        found = named(SideError(f"cannot be read: {error.strerror}", str(error.filename)), files)
        if found.file is not None:  # it is about no file of theirs
            raise
        raise found from error


@contextmanager
def _values_hidden(request: Comparison) -> Iterator[None]:
    """Says no value in an error of a side where some are never shown."""
    try:
        yield
    except SideError as error:
        if not request.samples.redact:
            raise
        raise type(error)(without_values(error.said, request), error.file) from None


def _compare(request: Comparison, left: Side, right: Side, watch: Watch) -> ComparisonResult:
    try:
        return _compare_columns(task_of(request, left, right), left, right, watch)
    except LateColumnsError:
        discover((left, right))
        return _compare_columns(task_of(request, left, right), left, right, watch)


def _compare_columns(task: Task, left: Side, right: Side, watch: Watch) -> ComparisonResult:
    pair = Pair(task, left, right)
    tally = Tally(task)
    way, passed = choose(pair)
    snapshots = {"left": left.snapshot(), "right": right.snapshot()}
    groups = compare_groups(pair, watch)
    totals = ask_totals(pair, watch)
    plan, bits = way.run(pair, tally, watch)
    prove((left,) if plan.way in EQUAL_IN_BYTES else (left, right), watch)
    if plan.way not in EQUAL_IN_BYTES:  # which look at the lines that differ alone
        refuse_late_columns(task, (left, right))
    first = tally.rows()  # checks the identity of the first look too, before anything is corrected
    differed = first.missing + first.extra + first.changed
    coverage = replace(
        task.coverage, groups=groups.either, groups_left=groups.left, groups_right=groups.right, differed=differed
    )
    in_flight = look_again(pair, tally, groups, watch)
    queries = left.queries() + right.queries()
    return ComparisonResult(
        rows=tally.rows(in_flight),
        columns=tally.column_differences(),
        groups=groups.groups,
        controls=control_totals(pair, totals, tally.sums),
        samples=tuple(sorted((one for found in tally.samples.values() for _, one in found), key=_place)),
        coverage=_covered(coverage, tally),
        plan=_explained(plan, passed, task.request),
        bits=bits,
        snapshots=snapshots,
        queries=without_keys(queries) if task.hidden.intersection(task.coverage.key) else queries,
    )


def prove(sides: Iterable[Side], watch: Watch) -> None:
    """Raises where a side is not what its format says, though its reader took it for that."""
    for side in sides:
        if isinstance(side, Provable):
            side.prove(partial(_tell_share, watch, expected([side], watch)))


def _tell_share(watch: Watch, of: int | None, share: float) -> None:
    watch.tell("prove", int(share * (of or 0)), of)


def _place(sample: Difference) -> tuple[Any, ...]:
    """Samples stand by class and key, whichever thread met them first; numbers before texts, nothing last."""
    return sample.kind, *((2, "") if one is None else (isinstance(one, str), one) for one in sample.key.values())


def _covered(coverage: Coverage, tally: Tally) -> Coverage:
    return replace(
        coverage,
        null_keys_left=tally.null_left,
        null_keys_right=tally.null_right,
        looked_again=len(tally.open),
        lines_left=tally.counts["lines_left"],
        lines_right=tally.counts["lines_right"],
        matching=told(tally.task, tally.pairs),
    )


def _explained(plan: Plan, passed: str, request: Comparison) -> Plan:
    because = f"{plan.because}; {passed}" if passed else plan.because
    return replace(plan, because=without_reason(because, request))
