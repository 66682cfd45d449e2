"""Finds the keys at which two digests differ: sums by bucket of keys first, then a join of what is in unequal buckets.

A full outer join on the key alone, with the keys that repeat kept out of it, so that no row is counted twice.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tasks.comparison.duck.digest import Digest
from tasks.comparison.duck.session import Duck

BUCKET_KEYS = 512
MOST_BUCKETS = 1 << 18
LEFT, RIGHT = 0, 1
NUMBER = "try_cast(k0 as bigint)"


@dataclass(frozen=True, slots=True)
class Buckets:
    """Sums by bucket: rows of each side, whether the sums are equal, and keys seen by bit where keys are dense."""

    expression: str
    numbers: Any
    rows: tuple[Any, Any]
    unequal: Any
    repeated: Any
    """Buckets in which a key repeats on either side; `None` where that cannot be seen."""
    nulls: tuple[int, int]
    odd_keys: int

    @property
    def totals(self) -> tuple[int, int]:
        """Rows with a key on each side."""
        return int(self.rows[LEFT].sum()), int(self.rows[RIGHT].sum())

    @property
    def suspect(self) -> Any:
        """Which buckets must be looked into: unequal ones, and those in which a key repeats."""
        return self.unequal if self.repeated is None else self.unequal | self.repeated

    @property
    def suspect_rows(self) -> int:
        """Rows in such buckets, of both sides."""
        return int(self.rows[LEFT][self.suspect].sum() + self.rows[RIGHT][self.suspect].sum())


def dense(duck: Duck, found: Digest, relations: tuple[str, str], rows: int | None) -> bool:
    """Whether the one key is whole numbers, or text of them, in a range little wider than the number of rows.

    Judged by a sample: a wrong guess costs time, never a count.
    """
    if len(found.keys) != 1:
        return False
    sample = f"(select {NUMBER} k, k0 from {relations[LEFT]} limit 10000)"  # noqa: S608 — built from quoted names
    seen, keys, span = duck.one(f"select count(k), count(k0), max(k)::hugeint - min(k) from {sample}")  # noqa: S608 — built from quoted names
    return bool(seen and seen == keys and span < 16 * max(seen, rows or 0))


def buckets(duck: Duck, found: Digest, relations: tuple[str, str], *, rows: int | None) -> Buckets:
    """Sums by bucket over both sides, read once."""
    keys = ", ".join(found.key_names())
    is_dense = dense(duck, found, relations, rows)
    mask = min(MOST_BUCKETS, 1 << max(10, ((rows or 0) // BUCKET_KEYS).bit_length())) - 1
    hashed = f"(hash({keys}) & {mask})::bigint"
    expression = f"coalesce({NUMBER} >> 6, -1 - {hashed})" if is_dense else hashed
    whole = ", ".join([keys, "h", *(f"f{place}" for place in found.tolerant)])
    seen = f"coalesce(bit_count(bit_or(1::ubigint << ({NUMBER} & 63))), 0)::bigint" if is_dense else "0::bigint"
    parts = []
    for side, relation in enumerate(relations):
        bucket = f"case when {found.no_key()} then null else {expression} end"
        sums = f"count(*) n, sum(hash({whole})) x, {seen} seen, sum(odd_key::int)::bigint odd_keys"
        parts.append(f"select {side} side, {bucket} b, {sums} from {relation} group by b")  # noqa: S608 — built from quoted names
    by_side = " union all ".join(parts)
    values = ", ".join(
        f"coalesce(max({name}) filter (side = {side}), 0) {name}{side}"
        for name in ("n", "seen")
        for side in (LEFT, RIGHT)
    )
    unequal = "max(x) filter (side = 0) is distinct from max(x) filter (side = 1)"
    query = f"select b, {values}, {unequal} unequal, sum(odd_keys)::bigint odd_keys from ({by_side}) group by b"  # noqa: S608 — built from quoted names
    return _buckets(expression, duck.arrays(query, label="buckets"), is_dense=is_dense)


def _buckets(expression: str, read: dict[str, Any], *, is_dense: bool) -> Buckets:
    null = np.ma.getmaskarray(read["b"])
    arrays = {name: np.ma.filled(values, 0) for name, values in read.items()}
    rows = arrays["n0"][~null], arrays["n1"][~null]
    unequal = arrays["unequal"][~null].astype(bool) | (rows[LEFT] != rows[RIGHT])
    repeated = (rows[LEFT] > arrays["seen0"][~null]) | (rows[RIGHT] > arrays["seen1"][~null]) if is_dense else None
    return Buckets(
        expression=expression,
        numbers=arrays["b"][~null].astype(np.int64),
        rows=rows,
        unequal=unequal,
        repeated=repeated,
        nulls=(int(arrays["n0"][null].sum()), int(arrays["n1"][null].sum())),
        odd_keys=int(arrays["odd_keys"].sum()),
    )


@dataclass(frozen=True, slots=True)
class Unique:
    """What one side's keys are like."""

    rows: int
    nulls: int
    odd_keys: int
    repeated: bool


def uniqueness(duck: Duck, found: Digest, relation: str, rows: int | None) -> Unique:
    """Reads the keys of one side once: how many rows, and whether a key repeats."""
    keys = ", ".join(found.key_names())
    counted = f"count(*) n, count(*) filter ({found.no_key()}) nulls, sum(odd_key::int)::bigint odd_keys"
    if dense(duck, found, (relation, relation), rows):
        seen = f"coalesce(bit_count(bit_or(1::ubigint << ({NUMBER} & 63))), 0)::bigint"
        query = f"select {counted}, {seen} seen from {relation} group by {NUMBER} >> 6"  # noqa: S608 — built from quoted names
    else:
        query = f"select {counted}, 1 seen from {relation} group by {keys}"  # noqa: S608 — built from quoted names
    total, nulls, odd, repeated = duck.one(
        f"select sum(n), sum(nulls), sum(odd_keys), count(*) filter (n > seen) from ({query})",  # noqa: S608
        label="keys",
    )
    return Unique(int(total or 0), int(nulls or 0), int(odd or 0), bool(repeated))


def keep_buckets(duck: Duck, name: str, numbers: Any) -> None:
    """A table of bucket numbers."""
    duck.run(f"create or replace table {name} (b bigint)")
    duck.register("bucket_numbers", {"b": numbers})
    duck.run(f"insert into {name} select b from bucket_numbers")  # noqa: S608 — a constant name
    duck.unregister("bucket_numbers")


def repeated_keys(duck: Duck, found: Digest, relations: tuple[str, str], among: Buckets) -> int:
    """A table `repeated` of the keys that repeat on either side; how many there are."""
    keys = ", ".join(found.key_names())
    where = ""
    if among.repeated is not None:
        keep_buckets(duck, "repeated_buckets", among.numbers[among.repeated])
        where = f"where {among.expression} in (select b from repeated_buckets)"  # noqa: S608 — constants
    parts = [f"select {keys} from {relation} {where} group by {keys} having count(*) > 1" for relation in relations]  # noqa: S608 — built from quoted names
    if among.repeated is None and not among.unequal.any():
        parts = parts[:1]  # equal sums mean that what repeats on one side does on the other
    union = f"select {keys} from ({' union all '.join(parts)}) where not {found.no_key()} group by {keys}"  # noqa: S608 — built from quoted names
    if among.repeated is not None and not among.repeated.any():
        union = f"select {keys} from {relations[LEFT]} limit 0"  # noqa: S608 — built from quoted names
    duck.run(f"create or replace table repeated as {union}", label="keys that repeat")
    return int(duck.one("select count(*) from repeated")[0])


def join_apart(duck: Duck, found: Digest, relations: tuple[str, str], *, repeats: bool) -> None:
    """A table `apart`: keys on one side only, or on both with unequal values; repeated keys are there as odd."""
    names = found.key_names()
    both = ", ".join(f"coalesce(l.{name}, r.{name}) {name}" for name in names)
    kept = f"not {found.no_key()}"
    kept += f" and not exists (select 1 from repeated d where {found.same_key('d', 's')})" if repeats else ""  # noqa: S608 — built from quoted names
    sides = [f"(select * from {relation} s where {kept})" for relation in relations]  # noqa: S608 — built from quoted names
    query = (
        f"select {both}, l.h is not null left_has, r.h is not null right_has, {_odd(found)} odd"  # noqa: S608 — built from quoted names
        f" from {sides[LEFT]} l full join {sides[RIGHT]} r on {found.same_key('l', 'r')} where {_differs(found)}"
    )
    duck.run(f"create or replace table apart as {query}", label="join")
    if repeats:
        duck.run(f"insert into apart select {', '.join(names)}, true, true, true from repeated")  # noqa: S608 — built from quoted names


def _differs(found: Digest) -> str:
    """SQL over `l` and `r`: not surely equal."""
    tests = ["l.h is distinct from r.h"]
    tests += [f"not ({equal_sql(found, place)})" for place in found.tolerant]
    return " or ".join(tests)


def equal_sql(found: Digest, place: int) -> str:
    """SQL over `l` and `r`: the values of a tolerant column are equal for sure."""
    same = _said(found.tolerant[place].same, place)
    return f"(l.f{place} is not distinct from r.f{place} or coalesce({same}, false))"


def _odd(found: Digest) -> str:
    """SQL over `l` and `r`: rows on both sides whose inequality a form or a float cannot vouch for."""
    tests = ["coalesce(l.odd, false)", "coalesce(r.odd, false)"]
    for place, tolerant in found.tolerant.items():
        one_null = f"(l.f{place} = hash(null::varchar)) <> (r.f{place} = hash(null::varchar))"
        apart = f"coalesce({_said(tolerant.apart, place)}, {one_null})"
        tests.append(f"not ({equal_sql(found, place)} or {apart})")
    return f"(l.h is not null and r.h is not null and ({' or '.join(tests)}))"


def _said(test: str, place: int) -> str:
    """A test of two numbers, on the joined rows."""
    return test.format(l=f"l.t{place}", r=f"r.t{place}")
