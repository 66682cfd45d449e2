"""Finds the keys at which two digests differ: sums by bucket of keys first, then a join of what is in unequal buckets.

A full outer join on the key alone, with the keys that repeat kept out of it, so that no row is counted twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.comparison.duck.digest import Digest
from tasks.comparison.duck.session import Duck

BUCKET_KEYS = 512
MOST_BUCKETS = 1 << 18
LEFT, RIGHT = 0, 1
SIEVE = 1 << 17
"""Bits of the sieve that a file's reader is given, so that it decodes few of the rows that nobody asks for."""
SIEVED = SIEVE >> 5
"""Past so many buckets a sieve lets too much through."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How keys go into buckets: 64 neighbours each where one key is dense whole numbers, else by their hash."""

    is_dense: bool
    mask: int

    def bucket(self, keys: Sequence[str]) -> str:
        """SQL for the bucket of a row, from SQL for its keys."""
        hashed = f"(hash({', '.join(keys)}) & {self.mask})::bigint"
        return f"coalesce({number(keys[0])} >> 6, -1 - {hashed})" if self.is_dense else hashed

    def seen(self, keys: Sequence[str]) -> str:
        """SQL that counts the distinct keys of a bucket, where they are dense."""
        if not self.is_dense:
            return "0::bigint"
        return f"coalesce(bit_count(bit_or(1::ubigint << ({number(keys[0])} & 63)::ubigint)), 0)::bigint"

    def added(self, hashes: str) -> str:
        """SQL that adds hashes up; by exclusive or, which is quicker, where `seen` shows that no row repeats."""
        return f"bit_xor({hashes})" if self.is_dense else f"sum({hashes})"


@dataclass(frozen=True, slots=True)
class Buckets:
    """What table `bucket_sums` says: how many buckets are unequal, and how many rows there are on each side.

    `repeated` counts the buckets in which a key repeats on either side, and is `None` where that cannot be seen;
    `suspect` are unequal or repeated, and hold `suspect_rows` of both sides.
    """

    spread: Spread
    number: int
    unequal: int
    repeated: int | None
    suspect: int
    suspect_rows: int
    totals: tuple[int, int]
    nulls: tuple[int, int]
    odd_keys: int
    doubtful: int
    """Rows of which only a closer look told the key."""

    def among_suspects(self, keys: Sequence[str]) -> str:
        """SQL: a row is in a suspect bucket, or perhaps in another; from SQL for its keys."""
        bucket = self.spread.bucket(keys)
        if self.suspect <= SIEVED:
            return f"get_bit(getvariable('sieve'), {_place(bucket)}) = 1"
        return f"{bucket} in (select b from bucket_sums where suspect)"  # noqa: S608 — built from quoted names


def number(key: str) -> str:
    """SQL: a key as a whole number, null where it is none."""
    return f"try_cast({key} as bigint)"


def _place(bucket: str) -> str:
    """SQL: the bit of a bucket in the sieve."""
    return f"(hash({bucket}) & {SIEVE - 1})::int"


def dense(duck: Duck, found: Digest, relations: tuple[str, str], rows: int | None) -> bool:
    """Whether the one key is whole numbers, or text of them, in a range little wider than the number of rows.

    Judged by a sample: a wrong guess costs time, never a count.
    """
    if len(found.keys) != 1:
        return False
    sample = f"(select {number('k0')} k, k0 from {relations[LEFT]} limit 10000)"  # noqa: S608 — built from quoted names
    seen, keys, span = duck.one(f"select count(k), count(k0), max(k)::hugeint - min(k) from {sample}")  # noqa: S608 — built from quoted names
    return bool(seen and seen == keys and span < 16 * max(seen, rows or 0))


def buckets(duck: Duck, found: Digest, relations: tuple[str, str], *, rows: int | None) -> Buckets:
    """Sums by bucket over both sides, read once."""
    spread = Spread(
        is_dense=dense(duck, found, relations, rows),
        mask=min(MOST_BUCKETS, 1 << max(10, ((rows or 0) // BUCKET_KEYS).bit_length())) - 1,
    )
    parts = [_sums(found, spread, side, relation) for side, relation in enumerate(relations)]
    by_side = " union all ".join(parts)
    values = ", ".join(
        f"coalesce(max({name}) filter (side = {side}), 0) {name}{side}"
        for name in ("n", "seen")
        for side in (LEFT, RIGHT)
    )
    unequal = "max(x) filter (side = 0) is distinct from max(x) filter (side = 1)"
    odd = "sum(odd_keys)::bigint odd_keys, sum(doubtful)::bigint doubtful"
    sums = f"select b, {values}, {unequal} apart, {odd} from ({by_side}) group by b"  # noqa: S608 — built from quoted names
    repeated = "n0 > seen0 or n1 > seen1" if spread.is_dense else "false"
    told = f"b is not null and (apart or n0 <> n1) unequal, b is not null and ({repeated}) repeated"
    query = f"select *, {told}, unequal or repeated suspect from ({sums})"  # noqa: S608 — built from quoted names
    duck.run(f"create or replace table bucket_sums as {query}", label="buckets")
    return _told(duck, spread)


def _sums(found: Digest, spread: Spread, side: int, relation: str) -> str:
    """The sums of one side."""
    keys = found.key_names()
    bucket = f"case when {found.no_key()} then null else {spread.bucket(keys)} end"
    whole = ", ".join([*keys, "h", *(f"f{place}" for place in found.tolerant)])
    odd = "count(*) filter (odd_key)" if found.keys_can_be_odd(side) else "0::bigint"
    doubt = found.in_doubt(side)
    doubtful = f"count(*) filter ({doubt})" if doubt else "0::bigint"
    sums = (
        f"count(*) n, {spread.added(f'hash({whole})')} x, {spread.seen(keys)} seen, {odd} odd_keys, {doubtful} doubtful"
    )
    return f"select {side} side, {bucket} b, {sums} from {relation} group by b"  # noqa: S608 — built from quoted names


def _told(duck: Duck, spread: Spread) -> Buckets:
    counted, unequal, repeated, suspect, suspect_rows, left, right, null_left, null_right, *odd = duck.one(
        "select count(b), count(*) filter (unequal), count(*) filter (repeated), count(*) filter (suspect),"
        " coalesce(sum(n0 + n1) filter (suspect), 0)::bigint,"
        " coalesce(sum(n0) filter (b is not null), 0)::bigint, coalesce(sum(n1) filter (b is not null), 0)::bigint,"
        " coalesce(sum(n0) filter (b is null), 0)::bigint, coalesce(sum(n1) filter (b is null), 0)::bigint,"
        " coalesce(sum(odd_keys), 0)::bigint, coalesce(sum(doubtful), 0)::bigint from bucket_sums"
    )
    return Buckets(
        spread=spread,
        number=counted,
        unequal=unequal,
        repeated=repeated if spread.is_dense else None,
        suspect=suspect,
        suspect_rows=suspect_rows,
        totals=(left, right),
        nulls=(null_left, null_right),
        odd_keys=odd[0],
        doubtful=odd[1],
    )


def make_sieve(duck: Duck) -> None:
    """A variable `sieve` with the bits of the suspect buckets."""
    bits = f"bitstring_agg({_place('b')}, 0, {SIEVE - 1})"
    duck.run(f"set variable sieve = (select {bits} from bucket_sums where suspect)")  # noqa: S608 — constants


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
        seen = Spread(is_dense=True, mask=0).seen(found.key_names())
        query = f"select {counted}, {seen} seen from {relation} group by {number('k0')} >> 6"  # noqa: S608 — built from quoted names
    else:
        query = f"select {counted}, 1 seen from {relation} group by {keys}"  # noqa: S608 — built from quoted names
    total, nulls, odd, repeated = duck.one(
        f"select sum(n), sum(nulls), sum(odd_keys), count(*) filter (n > seen) from ({query})",  # noqa: S608
        label="keys",
    )
    return Unique(int(total or 0), int(nulls or 0), int(odd or 0), bool(repeated))


def repeated_keys(duck: Duck, found: Digest, relations: tuple[str, str], among: Buckets) -> int:
    """A table `repeated` of the keys that repeat on either side; how many there are."""
    keys = ", ".join(found.key_names())
    if among.repeated == 0:
        duck.run(f"create or replace table repeated as select {keys} from {relations[LEFT]} limit 0")  # noqa: S608 — built from quoted names
        return 0
    where = ""
    if among.repeated is not None:
        bucket = among.spread.bucket(found.key_names())
        where = f"where {bucket} in (select b from bucket_sums where repeated)"  # noqa: S608 — built from quoted names
    parts = [f"select {keys} from {relation} {where} group by {keys} having count(*) > 1" for relation in relations]  # noqa: S608 — built from quoted names
    if among.repeated is None and not among.unequal:
        parts = parts[:1]  # equal sums mean that what repeats on one side does on the other
    union = f"select {keys} from ({' union all '.join(parts)}) where not {found.no_key()} group by {keys}"  # noqa: S608 — built from quoted names
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
