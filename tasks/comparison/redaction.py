"""Which of the compared values are never shown: what is named so, and every mapping that may show one of them."""

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from tasks.comparison.mentions import may_show
from tasks.comparison.request import Comparison
from tasks.comparison.result import Query

EVERYTHING, REDACTED = "*", "[redacted]"
_KEYS = re.compile(r"((?:>=|<) |\bin \()-?\d+(?:, -?\d+)*\b")
"""Whole numbers that a query asks for: those by which the rows of a range or of some keys are chosen."""
_QUOTED = re.compile(
    r"'(.*)'|(?<!column )(?<!relation )\"(.*)\"|(?<=\bwith value )([^\s'\"]+)"
    r"|(?<![\w.])(?<!\w-)(?<!line )(-?\d[\d.:+eE-]{2,})"
)
"""What may be a value: from the first quote of a line to its last, for a value may have some in it, and numbers."""
_REASON = "; not "


def hidden_names(
    request: Comparison, key: tuple[str, ...], values: tuple[str, ...], columns: tuple[Collection[str], Collection[str]]
) -> frozenset[str]:
    """The names to hide, `columns` being those of both sides; `*` hides all but the key, unless that is the whole row.

    A mapping is hidden with any column that it may show, and the columns of a hidden mapping are, under every name.
    """
    redact = set(request.samples.redact)
    if EVERYTHING in redact and request.key == (EVERYTHING,):
        return frozenset((*key, *values))
    mapped = {one.name: (one.left, one.right) for one in request.mapped}
    named = redact - {EVERYTHING}
    rows = [(one.relation or "").rpartition(".")[2].strip('"`') for one in (request.left, request.right)]
    shown_by = [set(named), set(named)]

    def is_hidden(name: str) -> bool:
        sources = mapped.get(name, (name, name))
        return name in named or any(may_show(sources[at], shown_by[at], columns[at], rows[at]) for at in (0, 1))

    hidden, before = set[str](), None
    while named and hidden != before:
        before, hidden = hidden, {name for name in (*key, *values, *mapped) if is_hidden(name)}
        for at in (0, 1):
            shown_by[at].update(mapped[name][at] for name in hidden & mapped.keys())
    return frozenset((*(hidden & {*key, *values}), *(values if EVERYTHING in redact else ())))


def told_by_totals(request: Comparison, hidden: Collection[str]) -> tuple[str, ...]:
    """What totals would show of it: the name of a group is a value, and a total of few rows tells theirs."""
    named = [name for total in request.groups for name in (*total.by, total.measure) if name is not None]
    named += [total.measure for total in request.controls]
    return tuple(name for name in dict.fromkeys(named) if name in hidden)


def without_keys(queries: Iterable[Query]) -> tuple[Query, ...]:
    """Queries as evidence where the key is hidden: the keys that they ask for are values too."""
    return tuple(replace(query, text=_KEYS.sub(rf"\1{REDACTED}", query.text)) for query in queries)


def without_reason(because: str, request: Comparison) -> str:
    """Why a way was chosen, without values in what kept another one from it."""
    chosen, mark, reason = because.partition(_REASON)
    return f"{chosen}{mark}{without_values(reason, request)}" if request.samples.redact else because


def without_values(said: str, request: Comparison) -> str:
    """What a side complains of without what it quotes: a cast that fails tells the value, of whichever column."""
    rules, mapped = request.rules, (one.name for one in request.mapped)
    known = {*request.key, *request.columns, *request.ignore, *request.samples.redact, *rules, *mapped}
    return _QUOTED.sub(lambda found: found[0] if any(one in known for one in found.groups()) else REDACTED, said)
