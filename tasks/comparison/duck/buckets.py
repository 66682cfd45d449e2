"""Sums of two digests by bucket of keys: which buckets are unequal, and whether keys repeat in them."""

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
    right_may_repeat: bool
    """Whether a key may repeat on the right side in a suspect bucket and was not counted among `repeated`."""

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

    Where the left side has as many distinct keys as rows, its keys are its rows, and the right side's rows are counted:
    in a bucket with an equal sum by exclusive or and as many rows, no key repeats there either, for what stands there
    twice is not in the sum. Of another bucket that is not known.
    """
    spread = spread_of(duck, found, relations[LEFT], rows)
    if spread.is_whole and counted is not None:
        told = _add_up(duck, found, spread, relations, keys_are_rows=True)
        if told.totals == counted:
            return told
    return _add_up(duck, found, spread, relations, keys_are_rows=False)


def _add_up(duck: Duck, found: Digest, spread: Spread, relations: tuple[str, str], *, keys_are_rows: bool) -> Buckets:
    """Makes the table `bucket_sums`; where `keys_are_rows`, only the left side's distinct keys are counted."""
    seen = spread.seen(found.key_names())
    numbers = (("count(*)", seen),) * 2 if not keys_are_rows else ((seen, seen), ("count(*)", "count(*)"))
    left, right = (
        _sums(found, spread, side, relation, *counted)
        for side, (relation, counted) in enumerate(zip(relations, numbers, strict=True))
    )
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
    return _told(duck, spread, keys_are_rows=keys_are_rows)


def _sums(found: Digest, spread: Spread, side: int, relation: str, number: str, seen: str) -> str:
    """The sums of one side, where `number` is SQL for how many rows it has, and `seen` for how many distinct keys."""
    keys = found.key_names()
    bucket = spread.bucket(keys)
    if not spread.is_whole:
        bucket = f"case when {found.no_key()} then null else {bucket} end"
    odd = "count(*) filter (odd_key)" if found.keys_can_be_odd(side) else "0::bigint"
    doubt = found.in_doubt(side)
    doubtful = f"count(*) filter ({doubt})" if doubt else "0::bigint"
    sums = f"{number} n, {_added(found, spread)} x, {seen} seen, {odd} odd_keys, {doubtful} doubtful"
    return f"select {bucket} b, {sums} from {relation} group by b"  # noqa: S608 — built from quoted names


def _added(found: Digest, spread: Spread) -> str:
    """SQL that adds whole rows up."""
    return spread.added([*found.key_names(), "h", *(f"f{place}" for place in found.tolerant)])


def adds_up(duck: Duck, found: Digest, among: Buckets, rows: str) -> bool:
    """Whether some rows are as many as the right side's and add up to the same, by bucket.

    A sum by exclusive or says so only of rows that are each of another key.
    """
    keys, spread = found.key_names(), among.spread
    counted = f"count(*) n, {spread.seen(keys)} seen, {_added(found, spread)} x"
    sums = f"select {spread.bucket(keys)} b, {counted} from {rows} group by b"  # noqa: S608 — built from quoted names
    joined = f"(select * from bucket_sums where suspect) t left join ({sums}) s using (b)"  # noqa: S608 — built from quoted names
    same = "s.x is not distinct from t.x1 and coalesce(s.n, 0) = t.n1"
    same += " and s.seen = s.n" if spread.is_dense else ""
    (whole,) = duck.one(f"select bool_and({same}) from {joined}")  # noqa: S608 — built from quoted names
    return bool(whole)


def _told(duck: Duck, spread: Spread, *, keys_are_rows: bool) -> Buckets:
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
        right_may_repeat=keys_are_rows and suspect > 0,
    )


def make_sieve(duck: Duck, among: Buckets) -> None:
    """A variable `sieve` with the bits of the suspect buckets."""
    bits = f"bitstring_agg({among.sieve_place('b')}, 0, {among.sieve_bits - 1})"
    duck.run(f"set variable sieve = (select {bits} from bucket_sums where suspect)")  # noqa: S608 — constants
