"""Turns a request and two opened sides into a task: which columns are compared, by which key, as what kind."""

from collections import Counter
from dataclasses import dataclass, replace

from checks.evidence.agreement import ALL, NAMED, NEEDED, WHOLE
from tasks.comparison.agreement import agreed_kind
from tasks.comparison.duck.types import document
from tasks.comparison.errors import MissingColumnError, RequestError, SameObjectError, TypesError
from tasks.comparison.filters import MORE_THAN_A_ROW
from tasks.comparison.inference import infer_key
from tasks.comparison.kinds import NUMBERS, TIMES, Column, Kind
from tasks.comparison.mentions import reads
from tasks.comparison.redaction import hidden_names, told_by_totals
from tasks.comparison.request import Comparison, Items, Mapped, OneToMany
from tasks.comparison.result import GROUP, Coverage
from tasks.comparison.rules import EXACTLY, ColumnRule
from tasks.comparison.side import Selected, Selection, Side

WHOLE_ROW = "*"
LEFT, RIGHT = 0, 1
_TOLD = 8
"""Of the columns of a side that has none of the other's."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One compared value: its name, the kind it is compared as, its rule, and where each side has it."""

    name: str
    kind: Kind
    rule: ColumnRule
    left: Selected
    right: Selected

    @property
    def element(self) -> Kind | None:
        """The kind of an array's elements, where a side declares it."""
        return self.left.column.element or self.right.column.element

    @property
    def words(self) -> str:
        """What evidence says of how it is compared: its rule, and what a side does not read of its values."""
        said = (self.rule.words, self.left.column.caveat, self.right.column.caveat)
        return ", ".join(dict.fromkeys(word for word in said if word))


@dataclass(frozen=True, slots=True)
class Task:
    """A request that fits its two sides; `key` and `values` together are the order of both selections."""

    request: Comparison
    key: tuple[Compared, ...]
    values: tuple[Compared, ...]
    left: Selection
    right: Selection
    coverage: Coverage
    hidden: frozenset[str]
    """Names whose values are never shown."""

    @property
    def compared(self) -> tuple[Compared, ...]:
        """Key and values."""
        return self.key + self.values

    @property
    def nulls_meet(self) -> bool:
        """Whether a null in the key equals one there: where it is no key, but the name of a group or the whole row."""
        return self.coverage.key_from in (GROUP, WHOLE)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values, without the key."""
        return tuple(value.name for value in self.values)


def resolve(request: Comparison, left: Side, right: Side) -> Task:
    """The task, or the error that says why there is none."""
    _refuse_the_same_object(request, left, right)
    shared = _Shared(request, left, right)
    _refuse_nothing_in_common(shared)
    key, key_from = _key(request, shared, (left, right))
    values = tuple(name for name in dict.fromkeys(shared.wanted()) if name not in key)
    keys, rest = tuple(shared.compared(name) for name in key), tuple(shared.compared(name) for name in values)
    _refuse_unknown_names(request, shared, (*key, *values))
    _refuse_nothing_shared(request, shared, key, values)
    hidden = hidden_names(request, key, values, (shared.left, shared.right))
    _refuse_told_totals(request, hidden)
    _refuse_close_keys(keys)
    _refuse_unfit_matching(request, rest)
    return Task(
        request=request,
        key=keys,
        values=rest,
        left=_selection(request, tuple(one.left for one in keys + rest), len(keys), request.left.where),
        right=_selection(request, tuple(one.right for one in keys + rest), len(keys), request.right.where),
        coverage=Coverage(
            key=key,
            key_from=key_from,
            columns=values,
            columns_from=NAMED if request.columns else NEEDED if request.matching else ALL,
            ignored=request.ignore,
            left_out=tuple(name for name in shared.both if name not in {*key, *values, *request.ignore}),
            left_only=shared.only(LEFT, (*key, *values)),
            right_only=shared.only(RIGHT, (*key, *values)),
            left_filter=request.left.where,
            right_filter=request.right.where,
            rules={column.name: column.words for column in keys + rest if column.words},
            mapped={one.name: (one.left, one.right) for one in request.mapped if one.name in (*key, *values)},
        ),
        hidden=hidden,
    )


class _Shared:
    """The columns of both sides under the names they are compared by."""

    def __init__(self, request: Comparison, left: Side, right: Side) -> None:
        self.request = request
        self.sides = (left, right)
        self.left = {column.name: column for column in left.columns()}
        self.right = {column.name: column for column in right.columns()}
        self.mapped = {one.name: one for one in request.mapped}
        taken = {one.left for one in request.mapped if one.left in self.left}
        taken |= {one.right for one in request.mapped if one.right in self.right}
        self.both = [name for name in self.left if name in self.right and name not in taken and name not in self.mapped]
        """Columns that stand for each other by their name: neither has another partner by a mapping."""

    def wanted(self) -> tuple[str, ...]:
        """The names to compare: the mapped ones, and those asked for, else all that both sides have."""
        if self.request.matching is not None:
            return *_needed(self.request.matching), *self.request.columns, *self.mapped
        if self.request.columns:
            return *self.request.columns, *self.mapped
        return self.possible()

    def possible(self) -> tuple[str, ...]:
        """All names that could be compared, and so be the key."""
        return tuple(name for name in (*self.mapped, *self.both) if name not in self.request.ignore)

    def compared(self, name: str) -> Compared:
        mapped = self.mapped.get(name, Mapped(name, name, name))
        rule = self.request.rules.get(name, EXACTLY)
        left = self._selected(name, mapped.left, 0)
        right = self._selected(name, mapped.right, 1)
        left, right = _beside(left, right), _beside(right, left)
        kind = agreed_kind(name, left.column, right.column, rule)
        if kind is Kind.TEXT and left.column.padded != right.column.padded:
            rule = replace(rule, padded=True)
        return Compared(name, kind, rule, left, right)

    def _selected(self, name: str, source: str, place: int) -> Selected:
        columns = (self.left, self.right)[place]
        if source in columns:
            return Selected(name, columns[source])
        if name not in self.mapped:
            raise MissingColumnError(f"column {name} does not exist in {self.sides[place].name}")
        return Selected(name, self._expressed(name, source, place), expression=source)

    def _expressed(self, name: str, source: str, place: int) -> Column:
        """The column that an expression makes, which must tell of its own row alone: rows are also read in parts."""
        side, which = self.sides[place], f"what {name} is on the {('left', 'right')[place]}, {source},"
        try:
            found = side.column_of(source)
        except RequestError as error:
            raise RequestError(f"{which} is neither a column nor an expression: {error}") from error
        try:
            side.column_of(f"count({source}\n)")
        except RequestError as error:
            raise RequestError(f"{which} {MORE_THAN_A_ROW}: {error}") from error
        return found

    def only(self, place: int, compared: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of one side without a partner: by their name, by a mapping that reads them, or ignored."""
        met = {*self.both, *self.request.ignore, *(name for name in compared if name not in self.mapped)}
        sources = [(one.left, one.right)[place] for one in self.request.mapped]
        return tuple(
            name
            for name in (self.left, self.right)[place]
            if name not in met and not any(reads(source, name) for source in sources)
        )


def _beside(one: Selected, other: Selected) -> Selected:
    """What is selected, which may be a document where JSON stands beside it."""
    return replace(one, column=document(one.column)) if other.column.kind is Kind.JSON else one


def _needed(matching: OneToMany | Items) -> tuple[str, ...]:
    """What rows are paired by beside their key."""
    time = matching.time if isinstance(matching, Items) else None
    return (matching.amount, time) if time is not None else (matching.amount,)


def _key(request: Comparison, shared: _Shared, sides: tuple[Side, Side]) -> tuple[tuple[str, ...], str]:
    if isinstance(request.matching, Items):
        return request.key, GROUP
    if request.key == (WHOLE_ROW,):
        return shared.wanted(), WHOLE
    if request.key:
        return request.key, "given"
    return infer_key(shared.possible(), sides)


def _selection(request: Comparison, values: tuple[Selected, ...], keys: int, where: str | None) -> Selection:
    part = request.part
    if part is not None and (keys != 1 or values[0].column.kind is not Kind.INTEGER):
        raise RequestError("a part of a comparison needs one integer key")
    return Selection(values, keys, where, part.start if part else None, part.stop if part else None)


def _refuse_the_same_object(request: Comparison, left: Side, right: Side) -> None:
    is_mapped = any(one.left != one.right for one in request.mapped)
    if left.identity() == right.identity() and request.left.where == request.right.where and not is_mapped:
        raise SameObjectError(f"both sides are {left.name}: comparing it with itself would prove nothing")


def _refuse_nothing_in_common(shared: _Shared) -> None:
    if not (shared.mapped or shared.left.keys() & shared.right.keys()):
        left, right = (", ".join(list(names)[:_TOLD]) for names in (shared.left, shared.right))
        raise MissingColumnError(
            f"the sides have no column in common: the left has {left} and the right {right}; "
            "say which stand for each other (map)"
        )


def _refuse_unknown_names(request: Comparison, shared: _Shared, names: tuple[str, ...]) -> None:
    """A name that is misspelt would leave in what was to be left out, and show what was to be kept back."""
    unknown = [name for name in request.rules if name not in names]
    if unknown:
        raise MissingColumnError(f"a rule names columns that are not compared: {', '.join(unknown)}")
    if WHOLE_ROW in request.ignore:
        raise RequestError(f"{WHOLE_ROW} cannot be ignored, for nothing would be left; name the columns to leave out")
    known = {*shared.left, *shared.right, *shared.mapped, WHOLE_ROW}
    for word, given in (("ignored", request.ignore), ("redacted", request.samples.redact)):
        unknown = [name for name in given if name not in known]
        if unknown:
            raise MissingColumnError(f"neither side has what is to be {word}: {', '.join(unknown)}")
    both = [name for name in request.ignore if name in {*names, *request.columns, *shared.mapped}]
    if both:
        raise RequestError(f"{', '.join(both)} cannot be compared and ignored; name it once")
    twice = [name for name, times in Counter(one.name for one in request.mapped).items() if times > 1]
    if twice:
        raise RequestError(f"{', '.join(twice)} is mapped more than once; give each mapping a name of its own")


def _refuse_nothing_shared(request: Comparison, shared: _Shared, key: tuple[str, ...], values: tuple[str, ...]) -> None:
    """Keys alone say nothing of rows that have more on both sides, unless somebody asks for no more."""
    left, right = shared.only(LEFT, key), shared.only(RIGHT, key)
    if not values and left and right and not request.columns:
        raise MissingColumnError(
            f"no column but the key is on both sides: {', '.join(left)} is on the left only and {', '.join(right)} on "
            "the right; say which stand for each other (map), or name the key's columns to compare no more"
        )


def _refuse_told_totals(request: Comparison, hidden: frozenset[str]) -> None:
    told = told_by_totals(request, hidden)
    if told:
        raise RequestError(f"a total would show {', '.join(told)}, which is redacted; leave out one of the two")


def _refuse_close_keys(keys: tuple[Compared, ...]) -> None:
    close = [key.name for key in keys if key.rule.tolerance is not None]
    if close:
        raise RequestError(f"a key pairs rows by equality, so {', '.join(close)} can have no tolerance")


def _refuse_unfit_matching(request: Comparison, values: tuple[Compared, ...]) -> None:
    matching = request.matching
    if matching is None:
        return
    if request.key == (WHOLE_ROW,) or not (request.key or isinstance(matching, Items)):
        raise RequestError("rows that stand for one another need key columns that say which")
    known = {column.name: column.kind for column in values}
    if set(_needed(matching)) - known.keys():
        raise RequestError(f"{', '.join(sorted(set(_needed(matching)) - known.keys()))} cannot be a key column too")
    if known[matching.amount] not in NUMBERS:
        raise TypesError(f"column {matching.amount}: {known[matching.amount].value} is no amount")
    if isinstance(matching, Items) and matching.time is not None and known[matching.time] not in TIMES:
        raise TypesError(f"column {matching.time}: {known[matching.time].value} is no time")
