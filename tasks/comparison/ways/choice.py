"""Picks the way: the first that fits the pair, in the order of speed; the reference way fits every pair."""

from importlib import import_module
from itertools import combinations, product
from typing import cast

from tasks.comparison.errors import RequestError
from tasks.comparison.opening import FILES
from tasks.comparison.ways.way import Pair, Way

SERVED = ("postgresql", "mysql", "sqlite")
FAST: dict[frozenset[str], tuple[str, ...]] = {
    frozenset({"postgresql"}): ("postgresql",),
    frozenset({"csv"}): ("merged", "sifted", "joined"),
    frozenset({"jsonlines"}): ("merged", "sifted", "joined"),
    frozenset({"parquet"}): ("aligned", "joined"),
    frozenset({"sqlite"}): ("attached",),
    **{frozenset(pair): ("joined",) for pair in combinations(FILES, 2)},
    **{frozenset(pair): ("joined",) for pair in product(FILES, SERVED)},
    frozenset({"postgresql", "parquet"}): ("hashed", "joined"),
}
"""Modules under `ways/` for a pair of dialects, fastest first; each holds `WAY`. Imported when such a pair comes."""


def choose(pair: Pair) -> tuple[Way, str]:
    """A way, and why the faster ones were passed over."""
    wanted = pair.task.request.way
    passed: list[str] = []
    names = FAST.get(frozenset({pair.left.dialect, pair.right.dialect}), ())
    slow = _by_values_only(pair)
    if slow is not None:
        names, passed = (), [slow]
    for way in map(_load, (*names, "reference")):
        unfit = way.unfit(pair)
        if unfit is None and (wanted is None or wanted in way.names):
            return way, "; ".join(passed)
        if unfit is not None:
            passed.append(f"not {' or '.join(way.names)}: {unfit}")
    raise RequestError(f"the way {wanted} does not fit this pair; {'; '.join(passed)}")


def _by_values_only(pair: Pair) -> str | None:
    """Why no way but the reference can do it, whatever the sides are."""
    request = pair.task.request
    if request.matching is not None:
        return "rows are not paired one to one by key"
    close = [column.name for column in pair.task.compared if column.rule.tolerance is not None]
    if any(control.measure in close for control in request.controls):
        return "a control total is of a column with a tolerance, so that equal rows add up to two sums"
    return None


def _load(name: str) -> Way:
    return cast("Way", import_module(f"tasks.comparison.ways.{name}").WAY)
