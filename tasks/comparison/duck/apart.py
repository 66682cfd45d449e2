"""Finds the keys at which two digests differ, by a join of what is in unequal buckets.

A full outer join on the key alone, with the keys that repeat kept out of it, so that no row is counted twice.
"""

from dataclasses import dataclass

from tasks.comparison.duck.buckets import LEFT, PERFECT_BITS, RIGHT, Buckets, Spread
from tasks.comparison.duck.digest import Digest
from tasks.comparison.duck.session import Duck


@dataclass(frozen=True, slots=True)
class Unique:
    """What one side's keys are like."""

    rows: int
    nulls: int
    odd_keys: int
    repeated: bool


def uniqueness(duck: Duck, found: Digest, relation: str, spread: Spread) -> Unique:
    """Reads the keys of a relation once: how many rows, and whether a key repeats."""
    keys = ", ".join(found.key_names())
    counted = f"count(*) n, count(*) filter ({found.no_key()}) nulls, sum(odd_key::int)::bigint odd_keys"
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
    """A table `repeated` of the keys that repeat on either side, if any do; how many there are."""
    if among.repeated == 0:
        return 0
    keys = ", ".join(found.key_names())
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
