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
PERFECT_BITS = 18
"""DuckDB adds up in an array instead of a hash table where a file says that the numbers of its buckets fit into it."""
SIEVE = 1 << 17
"""Bits of the sieve that a file's reader is given, so that it decodes few of the rows that nobody asks for."""
SIEVED = SIEVE >> 5
"""Past so many buckets a sieve lets too much through."""
WIDEST_SIEVE = 1 << 22
"""Up to so many bits each bucket of a dense key has a bit of its own."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How keys go into buckets: 64 neighbours each where one key is dense whole numbers, else by their hash.

    Of a key that `is_whole`, DuckDB's own BIGINT, the bucket is written so that it can tell its bounds from the file's.
    """

    is_dense: bool
    mask: int
    is_whole: bool = False

    def bucket(self, keys: Sequence[str]) -> str:
        """SQL for the bucket of a row, null where the one key is, from SQL for its keys."""
        if self.is_whole:
            return f"{keys[0]} // 64"
        hashed = f"(hash({', '.join(keys)}) & {self.mask})::bigint"
        return f"coalesce({number(keys[0])} >> 6, -1 - {hashed})" if self.is_dense else hashed

    def seen(self, keys: Sequence[str]) -> str:
        """SQL that counts the distinct keys of a bucket, where they are dense."""
        if not self.is_dense:
            return "0::bigint"
        return f"coalesce(bit_count(bit_or(1::ubigint << ({number(keys[0])} & 63)::ubigint)), 0)::bigint"

    def added(self, values: Sequence[str]) -> str:
        """SQL that adds rows' hashes up; by exclusive or, which is quicker, where `seen` shows that no row repeats.

        DuckDB joins the hashes of several values by exclusive or too: only a hash of that ties a row's values together.
        """
        hashes = f"hash(hash({', '.join(values)}))"
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
    bounds: tuple[int, int]
    """The first and the last bucket; the last is before the first where there is none."""

    def among_suspects(self, keys: Sequence[str]) -> str:
        """SQL: a row is in a suspect bucket, or perhaps in another; from SQL for its keys."""
        bucket = self.spread.bucket(keys)
        bit = f"get_bit(getvariable('sieve'), {self.sieve_place(bucket)}) = 1"
        if self.exact_sieve:  # a filter may leave out a row only after this has been asked of it
            first, last = self.bounds
            return f"case when {bucket} between {first} and {last} then {bit} else false end"
        if self.suspect <= SIEVED:
            return bit
        return f"{bucket} in (select b from bucket_sums where suspect)"  # noqa: S608 — built from quoted names

    @property
    def sieve_bits(self) -> int:
        """How long the sieve is."""
        first, last = self.bounds
        return last - first + 1 if self.exact_sieve else SIEVE

    @property
    def exact_sieve(self) -> bool:
        """Whether each bucket has a bit of its own."""
        first, last = self.bounds
        return self.spread.is_dense and 0 <= last - first < WIDEST_SIEVE

    def sieve_place(self, bucket: str) -> str:
        """SQL: the bit of a bucket in the sieve."""
        return f"({bucket} - {self.bounds[0]})::int" if self.exact_sieve else f"(hash({bucket}) & {SIEVE - 1})::int"


def number(key: str) -> str:
    """SQL: a key as a whole number, null where it is none."""
    return f"try_cast({key} as bigint)"


def spread_of(duck: Duck, found: Digest, relation: str, rows: int | None) -> Spread:
    """How keys go into buckets; dense ones are whole numbers, or their text, in a range little wider than their number.

    Judged by a sample: a wrong guess costs time, never a count.
    """
    mask = min(MOST_BUCKETS, 1 << max(10, ((rows or 0) // BUCKET_KEYS).bit_length())) - 1
    if len(found.keys) != 1:
        return Spread(is_dense=False, mask=mask)
    sample = f"(select {number('k0')} k, k0 from {relation} limit 10000)"  # noqa: S608 — built from quoted names
    told = "count(k), count(k0), max(k)::hugeint - min(k), coalesce(bool_and(typeof(k0) = 'BIGINT'), false)"
    seen, keys, span, whole = duck.one(f"select {told} from {sample}")  # noqa: S608 — built from quoted names
    is_dense = bool(seen and seen == keys and span < 16 * max(seen, rows or 0))
    return Spread(is_dense=is_dense, mask=mask, is_whole=is_dense and whole and not found.nulls_meet)


def buckets(
    duck: Duck, found: Digest, relations: tuple[str, str], *, rows: int | None, counted: tuple[int, int] | None
) -> Buckets:
    """Sums by bucket over both sides, read once, or twice where keys repeat; `counted` are their rows, where known.

    Where there are as many distinct keys as rows, no bucket needs to have its rows counted.
    """
    spread = spread_of(duck, found, relations[LEFT], rows)
    if spread.is_whole and counted is not None:
        _add_up(duck, found, spread, relations, number=spread.seen(found.key_names()))
        told = _told(duck, spread)
        if told.totals == counted:
            return told
    _add_up(duck, found, spread, relations, number="count(*)")
    return _told(duck, spread)


def _add_up(duck: Duck, found: Digest, spread: Spread, relations: tuple[str, str], *, number: str) -> None:
    """Makes the table `bucket_sums`; `number` is SQL for how many rows there are."""
    left, right = (_sums(found, spread, side, relation, number) for side, relation in enumerate(relations))
    counts = ", ".join(
        f"coalesce({side}.{name}, 0) {name}{place}" for name in ("n", "seen") for place, side in enumerate(("l", "r"))
    )
    odd = ", ".join(f"coalesce(l.{name}, 0) + coalesce(r.{name}, 0) {name}" for name in ("odd_keys", "doubtful"))
    sums = (
        f"select coalesce(l.b, r.b) b, {counts}, l.x is distinct from r.x apart, r.x x1, {odd}"  # noqa: S608 — built from quoted names
        f" from ({left}) l full join ({right}) r on l.b is not distinct from r.b"
    )
    repeated = "n0 > seen0 or n1 > seen1" if spread.is_dense else "false"
    told = f"b is not null and (apart or n0 <> n1) unequal, b is not null and ({repeated}) repeated"
    query = f"select *, {told}, unequal or repeated suspect from ({sums})"  # noqa: S608 — built from quoted names
    with duck.setting("perfect_ht_threshold", PERFECT_BITS):
        duck.run(f"create or replace table bucket_sums as {query}", label="buckets")


def _sums(found: Digest, spread: Spread, side: int, relation: str, number: str) -> str:
    """The sums of one side."""
    keys = found.key_names()
    bucket = spread.bucket(keys)
    if not spread.is_whole:
        bucket = f"case when {found.no_key()} then null else {bucket} end"
    odd = "count(*) filter (odd_key)" if found.keys_can_be_odd(side) else "0::bigint"
    doubt = found.in_doubt(side)
    doubtful = f"count(*) filter ({doubt})" if doubt else "0::bigint"
    sums = f"{number} n, {_added(found, spread)} x, {spread.seen(keys)} seen, {odd} odd_keys, {doubtful} doubtful"
    return f"select {bucket} b, {sums} from {relation} group by b"  # noqa: S608 — built from quoted names


def _added(found: Digest, spread: Spread) -> str:
    """SQL that adds whole rows up."""
    return spread.added([*found.key_names(), "h", *(f"f{place}" for place in found.tolerant)])


def adds_up(duck: Duck, found: Digest, among: Buckets, rows: str) -> bool:
    """Whether some rows add up to what the right side's do in every suspect bucket."""
    bucket = among.spread.bucket(found.key_names())
    sums = f"select {bucket} b, {_added(found, among.spread)} x from {rows} group by b"  # noqa: S608 — built from quoted names
    joined = f"(select * from bucket_sums where suspect) t left join ({sums}) s using (b)"  # noqa: S608 — built from quoted names
    (whole,) = duck.one(f"select bool_and(s.x is not distinct from t.x1) from {joined}")  # noqa: S608 — built from quoted names
    return bool(whole)


def _told(duck: Duck, spread: Spread) -> Buckets:
    counted, unequal, repeated, suspect, suspect_rows, left, right, null_left, null_right, odd, doubtful, *bounds = (
        duck.one(
            "select count(b), count(*) filter (unequal), count(*) filter (repeated), count(*) filter (suspect),"
            " coalesce(sum(n0 + n1) filter (suspect), 0)::bigint,"
            " coalesce(sum(n0) filter (b is not null), 0)::bigint, coalesce(sum(n1) filter (b is not null), 0)::bigint,"
            " coalesce(sum(n0) filter (b is null), 0)::bigint, coalesce(sum(n1) filter (b is null), 0)::bigint,"
            " coalesce(sum(odd_keys), 0)::bigint, coalesce(sum(doubtful), 0)::bigint,"
            " coalesce(min(b), 0), coalesce(max(b), -1) from bucket_sums"
        )
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
        odd_keys=odd,
        doubtful=doubtful,
        bounds=(bounds[0], bounds[1]),
    )


def make_sieve(duck: Duck, among: Buckets) -> None:
    """A variable `sieve` with the bits of the suspect buckets."""
    bits = f"bitstring_agg({among.sieve_place('b')}, 0, {among.sieve_bits - 1})"
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
    spread = spread_of(duck, found, relation, rows)
    if spread.is_dense:
        seen = spread.seen(found.key_names())
        query = f"select {counted}, {seen} seen from {relation} group by {spread.bucket(found.key_names())}"  # noqa: S608 — built from quoted names
    else:
        query = f"select {counted}, 1 seen from {relation} group by {keys}"  # noqa: S608 — built from quoted names
    with duck.setting("perfect_ht_threshold", PERFECT_BITS):
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
