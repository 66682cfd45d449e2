"""What DuckDB reads of one side: keys, a hash of the exact values, and raw numbers where a tolerance needs them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from tasks.comparison import instants
from tasks.comparison.duck.forms import Form, Held, Style, UnfitError, filled, forms
from tasks.comparison.duck.types import kind_of
from tasks.comparison.kinds import Kind
from tasks.comparison.resolve import Compared, Task

HASH_BITS = 64
_NOTHING: Mapping[str, str] = MappingProxyType({})
_TWO_ZEROS = ("FLOAT", "DOUBLE")
"""Types with a zero below nothing, which equals the other one and is not shown like it."""


@dataclass(frozen=True, slots=True)
class Read:
    """A side as DuckDB reads it: what to select from, under which conditions, and each compared value in it."""

    source: str
    conditions: tuple[str, ...]
    held: tuple[Held, ...]

    @property
    def filter(self) -> str:
        """The conditions after `where`."""
        return " and ".join(self.conditions) or "true"


@dataclass(frozen=True, slots=True)
class Tolerant:
    """A column with a tolerance: its number on each side, and SQL that says `same` and `apart` of `{l}` and `{r}`.

    Neither holds where the numbers are too close to the bound for a float to tell.
    """

    left: str
    right: str
    same: str
    apart: str


@dataclass(frozen=True, slots=True)
class Digest:
    """Both sides' reads with the forms of the keys and values; `tolerant` is by place of the value."""

    reads: tuple[Read, Read]
    keys: tuple[tuple[Form, Form], ...]
    values: tuple[tuple[Form, Form], ...]
    tolerant: dict[int, Tolerant]
    nulls_meet: bool
    """Whether a null in a key equals a null there."""
    whole: str | None = None
    """What stands for all values together, where equal wholes are equal rows and unequal ones say nothing."""
    lendable: tuple[int, ...] = ()
    """Places of values that are shown alike where their forms are equal, so that one may stand for the other."""
    two_zeros: tuple[int, ...] = ()
    """Those of them of which that is not so of a zero."""

    def key_names(self) -> tuple[str, ...]:
        """The names of the keys in every relation made here."""
        return tuple(f"k{place}" for place in range(len(self.keys)))

    def same_key(self, one: str, other: str) -> str:
        """SQL: the rows of two relations have one key."""
        equal = "is not distinct from" if self.nulls_meet else "="
        return " and ".join(f"{one}.{name} {equal} {other}.{name}" for name in self.key_names())

    def no_key(self, relation: str = "") -> str:
        """SQL: a part of the key is null, so that the row has none."""
        prefix = f"{relation}." if relation else ""
        tests = [] if self.nulls_meet else [f"{prefix}{name} is null" for name in self.key_names()]
        return f"({' or '.join(tests) or 'false'})"

    def keys_can_be_odd(self, side: int) -> bool:
        """Whether equal keys may be written in more than one way there."""
        return any(form[side].odd for form in self.keys)

    def in_doubt(self, side: int) -> str | None:
        """SQL over a relation: some key is not the plain one; `None` where there are no such."""
        plain = [f"p{place} is null" for place, form in enumerate(self.keys) if form[side].plain]
        return f"({' or '.join(plain)})" if plain else None

    def where(self, side: int, condition: Callable[[Sequence[str]], str], *, quick: bool) -> "Digest":
        """The same of those rows of a side whose keys meet a condition, which its reader can test before all else."""
        read = self.reads[side]
        keys = [_quick(form[side]) if quick else _key(form[side], form[side].plain) for form in self.keys]
        read = replace(read, conditions=(*read.conditions, condition(keys)))
        return replace(self, reads=(read, self.reads[1]) if side == 0 else (self.reads[0], read))

    def relation(self, side: int, raw: Mapping[str, str] = _NOTHING, forms: Iterable[int] = ()) -> str:
        """One side as a sub-query: keys, `h`, numbers `t…` with hashes `f…` of tolerant columns, `odd`, `odd_key`.

        Besides it has `raw` values, SQL by name, and the `forms` `v…` of some places. All forms are made below, so that
        each is made once for its hash and for whether it is odd.
        """
        hashed = self.hashed() if self.whole is None else "h"
        values = [f"{hashed} as h", *(f"v{place}" for place in forms)]
        return self._told(side, values, raw, self._forms(side, raw))

    def hashed(self, lent: Collection[int] = (), *, lender: str = "", borrower: str = "") -> str:
        """SQL: the hash of a row's exact values from their forms; of a `lender` those that are lent."""
        exact = [place for place in range(len(self.values)) if place not in self.tolerant]
        forms = (f"{lender if place in lent else borrower}v{place}" for place in exact)
        return f"hash({', '.join(forms)})" if exact else "0::ubigint"

    def borrower(self, side: int, lent: Collection[int], raw: Mapping[str, str] = _NOTHING) -> str:
        """One side as `relation` has it, with forms `v…` instead of their hash, and without those that are lent."""
        kept = (place for place in range(len(self.values)) if place not in {*self.tolerant, *lent})
        return self._told(side, [f"v{place}" for place in kept], raw, self._forms(side, raw, without=lent))

    def _told(self, side: int, values: Iterable[str], raw: Iterable[str], forms: str) -> str:
        """A sub-query of what both of these tell."""
        parts = [*self.key_names(), *values]
        parts += [f"t{place}, hash(v{place}) as f{place}" for place in self.tolerant]
        parts.append(f"{self._odd(side, 'v')} as odd, {self._odd(side, 'k')} as odd_key")
        parts += [f"p{place}" for place, form in enumerate(self.keys) if form[side].plain]
        return f"(select {', '.join([*parts, *raw])} from {forms})"  # noqa: S608 — built from quoted names

    def columns(self, side: int, wanted: str) -> str:
        """One side as keys, `c…` hashes of every form, and the numbers of tolerant columns, where keys are wanted."""
        hashes = [f"hash(v{place}) as c{place}" for place in range(len(self.values))]
        numbers = [f"t{place}, hash(v{place}) as f{place}" for place in self.tolerant]
        parts = ", ".join([*self.key_names(), *hashes, *numbers])
        return f"(select {parts} from {self._forms(side)} s where {wanted})"  # noqa: S608 — built from quoted names

    def _forms(self, side: int, raw: Mapping[str, str] = _NOTHING, without: Collection[int] = ()) -> str:
        """One side with the forms of keys, `k…`, and of values, `v…` or the hash of the whole, and with raw values.

        It has nothing else of the side itself: a column of a user's may be named like any of these.
        """
        read = self.reads[side]
        plain = {f"p{place}": form[side].plain for place, form in enumerate(self.keys) if form[side].plain}
        source = f"{read.source} where {read.filter}"
        if plain:  # of lines, whose columns have names of ours
            source = f"(select *, {', '.join(f'{sql} as {name}' for name, sql in plain.items())} from {source})"  # noqa: S608 — built from quoted names
        parts = [f"{_key(form[side], f'p{place}')} as k{place}" for place, form in enumerate(self.keys)]
        parts += plain
        if self.whole is None:
            chosen = (place for place in range(len(self.values)) if place not in without)
            parts += [f"{self.values[place][side].sql} as v{place}" for place in chosen]
        else:
            parts.append(f"hash({self.whole}) as h")
        parts += [f"{(one.left, one.right)[side]} as t{place}" for place, one in self.tolerant.items()]
        parts += [f"{sql} as {name}" for name, sql in raw.items()]
        return f"(select {', '.join(parts)} from {source})"  # noqa: S608 — built from quoted names

    def _odd(self, side: int, letter: str) -> str:
        """SQL: whether any key or any value of a row is odd."""
        if self.whole is not None and letter == "v":
            return "true"
        chosen = self.keys if letter == "k" else self.values
        found = [form[side].odd for form in chosen]
        tests = [odd.format(form=f"{letter}{place}") for place, odd in enumerate(found) if odd]
        return " or ".join(f"coalesce({test}, false)" for test in tests) or "false"


def _key(form: Form, plain: str | None) -> str:
    """A form, where `plain` is the SQL of the plain one."""
    return f"coalesce({plain}, {form.sql})" if form.plain else form.sql


def _quick(form: Form) -> str:
    return form.quick if form.quick is not None else form.sql


def digest(task: Task, left: Read, right: Read) -> Digest:
    """The digest of a task; `UnfitError` where a column has no form."""
    pairs = [_forms(column, *held) for column, held in _held(task, left, right)]
    keys = len(task.key)
    tolerant = {
        place: _tolerant(column, *held)
        for place, (column, held) in enumerate(_held(task, left, right)[keys:])
        if column.rule.tolerance is not None
    }
    lendable = tuple(
        place
        for place, (column, (one, other)) in enumerate(_held(task, left, right)[keys:])
        if column.rule.tolerance is None
        and one.declared == other.declared
        and not any(form.odd for form in pairs[keys + place])
    )
    two_zeros = tuple(place for place in lendable if left.held[keys + place].declared in _TWO_ZEROS)
    values = tuple(pairs[keys:])
    return Digest((left, right), tuple(pairs[:keys]), values, tolerant, task.nulls_meet, None, lendable, two_zeros)


def digest_of_lines(task: Task, left: Read, right: Read) -> Digest:
    """The digest where both sides have a `line` that says everything: only the keys are read out of it."""
    keys = [
        _forms(column, *held) for column, held in zip(task.key, zip(left.held, right.held, strict=True), strict=True)
    ]
    return Digest((left, right), tuple(keys), (), {}, task.nulls_meet, whole="line")


def _forms(column: Compared, left: Held, right: Held) -> tuple[Form, Form]:
    """The forms; with a tolerance the text of two numbers will do, because the numbers decide where it differs."""
    if column.rule.tolerance is None:
        return forms(column, left, right)
    if column.rule.round_to is not None:
        raise UnfitError("a column is rounded and has a tolerance")
    if column.rule.tolerance.time is not None:
        return forms(column, left, right)
    one, other = filled(column.rule, left), filled(column.rule, right)
    return Form(f"cast({one.sql} as varchar)"), Form(f"cast({other.sql} as varchar)")


def _held(task: Task, left: Read, right: Read) -> list[tuple[Compared, tuple[Held, Held]]]:
    return list(zip(task.compared, zip(left.held, right.held, strict=True), strict=True))


def _tolerant(column: Compared, left: Held, right: Held) -> Tolerant:
    tolerance = column.rule.tolerance
    assert tolerance is not None  # noqa: S101 — the caller looked
    if tolerance.time is not None:
        return _tolerant_in_time(column, left, right)
    one, other = _number(left), _number(right)
    apart, slack = "abs({l} - {r})", "1e-15 * (abs({l}) + abs({r}))"
    bounds = [f"{float(tolerance.absolute)!r}"] if tolerance.absolute is not None else []
    if tolerance.relative is not None:
        bounds.append(f"{float(tolerance.relative)!r} * greatest(abs({{l}}), abs({{r}}))")
    bound = f"greatest({', '.join(bounds)})" if len(bounds) > 1 else bounds[0]
    return Tolerant(
        one,
        other,
        f"{apart} + {slack} <= {bound} * (1 - 1e-12)",
        f"{apart} - {slack} > {bound} * (1 + 1e-12)",
    )


def _number(held: Held) -> str:
    """A finite number as a float, null for what is none; of four bytes by its shortest decimal, as it is read.

    DuckDB would take underscores in text for nothing.
    """
    value = f"cast({held.sql} as varchar)" if held.declared == "FLOAT" else held.sql
    number = f"try_cast({value} as double)"
    plain = "" if held.style is Style.TYPED else f" and not contains({value}, '_')"
    return f"case when isfinite({number}){plain} then {number} end"


def _tolerant_in_time(column: Compared, left: Held, right: Held) -> Tolerant:
    tolerance = column.rule.tolerance
    assert tolerance is not None  # noqa: S101 — the caller looked
    assert tolerance.time is not None  # noqa: S101 — the caller looked
    if column.kind not in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP) or any(
        kind_of(held.declared) not in (Kind.TIMESTAMP, Kind.LOCAL_TIMESTAMP) for held in (left, right)
    ):
        raise UnfitError("a tolerance in time on values that are no timestamps")
    if column.rule.second_digits is not None or any(held.declared.endswith("_NS") for held in (left, right)):
        raise UnfitError("a tolerance on cut timestamps")
    bound = instants.nanoseconds(tolerance.time) // 1_000
    return Tolerant(
        f"epoch_us({left.sql})",
        f"epoch_us({right.sql})",
        f"abs({{l}} - {{r}}) <= {bound}",
        f"abs({{l}} - {{r}}) > {bound}",
    )
