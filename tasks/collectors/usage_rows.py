"""Reads snapshots of usage into rows: what is missing, twice, no number, from tomorrow, or does not add up."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from checks.kinds.usage import Ranked, UsageCheck, UsageRow, tenant_subject
from tasks.collectors.http_exchange import printable

MOST_LINES = 200_000
"""Snapshots that are read at most; more are a matter for fewer days."""
_SHOWN = 5
_LONGEST = 300

Told = Mapping[str, Any]
Pair = tuple[date, str]
"""A day and a tenant: what there is one snapshot of."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The snapshots as days, tenants and exact numbers; `odd` are lines that are not that: the tenant, and what is."""

    lines: dict[Pair, list[dict[str, Decimal]]] = field(default_factory=lambda: defaultdict(list))
    odd: list[tuple[str, str]] = field(default_factory=list)


def usage_rows(check: UsageCheck, told: Told) -> tuple[UsageRow, ...]:
    """The row of all tenants, and one for each who is owed a snapshot."""
    now = datetime.fromisoformat(told["asked_at"])
    days = check.owed_days(now)
    about: dict[str, Any] = {"first": days[0].isoformat(), "last": days[-1].isoformat()}
    trouble = _trouble(told)
    if trouble:
        whole = UsageRow(subject=check.id, part="all", **about, **trouble)
        named = [tenant_subject(tenant) for tenant in check.tenants or ()]
        return (whole, *(UsageRow(subject=subject, part="tenant", **about, **trouble) for subject in named))
    read = _read(check, told["snapshots"])
    owed = _owed(check, days, told["active"], read)
    times = {pair: len(lines) for pair, lines in read.lines.items()}
    tenants = check.tenants or tuple(sorted({tenant for _, tenant in owed}))
    strangers = sorted({tenant for _, tenant in times} - set(tenants))
    every = {
        **_counts(owed, times, [words for _, words in read.odd], days, now.date()),
        **_counted("strangers", strangers),
        **_totals(check, _daily(check, read), days, told["totals"]),
    }
    whole = UsageRow(subject=check.id, part="all", **about, **every, top=dict(_top(check, read, days)))
    due, own, odd = _by_tenant(owed), _by_tenant(times), defaultdict(list)
    for tenant, words in read.odd:
        odd[tenant].append(words)
    return (
        whole,
        *(
            UsageRow(
                subject=tenant_subject(tenant),
                part="tenant",
                **about,
                **_counts(due[tenant], {pair: times[pair] for pair in own[tenant]}, odd[tenant], days, now.date()),
            )
            for tenant in tenants
        ),
    )


def _trouble(told: Told) -> dict[str, str]:
    if "problem" in told:
        return {"problem": printable(told["problem"], _LONGEST)}
    answers = {"snapshots": told["snapshots"], "active": told["active"] or [], **told["totals"]}
    long = [name for name, rows in answers.items() if len(rows) > MOST_LINES]
    return {"cut": f"{long[0]} has more than {MOST_LINES:,} lines; look at fewer days"} if long else {}


def _read(check: UsageCheck, lines: Iterable[Sequence[Any]]) -> _Read:
    read = _Read()
    for day, tenant, *values in lines:
        name = "" if tenant is None else str(tenant)
        on = _day(day)
        if on is None or not name:
            read.odd.append((name, f"day {day!r} and tenant {tenant!r} name no snapshot"))
            continue
        numbers = {figure: _number(value) for figure, value in zip(check.figures, values, strict=True)}
        read.odd.extend(
            (name, f"{on} {name}: {figure} is {value!r}")
            for (figure, number), value in zip(numbers.items(), values, strict=True)
            if number is None
        )
        read.lines[on, name].append({key: number for key, number in numbers.items() if number is not None})
    return read


def _owed(check: UsageCheck, days: Sequence[date], active: Iterable[Sequence[Any]] | None, read: _Read) -> set[Pair]:
    """The snapshots that there should be; an answer that names neither tenant nor day is as odd as such a line."""
    if check.tenants is not None:
        return {(day, tenant) for day in days for tenant in check.tenants}
    owed, within = set[Pair](), set(days)
    for row in active or ():
        on = _day(row[0]) if len(row) == 2 else None
        if len(row) not in (1, 2) or row[-1] is None or (len(row) == 2 and on is None):
            read.odd.append(("", f"active answers {row!r}, which is no tenant and no day with one"))
        elif len(row) == 1:
            owed |= {(day, str(row[0])) for day in days}
        elif on in within:
            owed.add((on, str(row[1])))
    return owed


def _by_tenant(pairs: Iterable[Pair]) -> dict[str, set[Pair]]:
    found: dict[str, set[Pair]] = defaultdict(set)
    for pair in pairs:
        found[pair[1]].add(pair)
    return found


def _counts(
    owed: set[Pair], times: Mapping[Pair, int], odd: Sequence[str], days: Sequence[date], today: date
) -> dict[str, Any]:
    """What is owed, there, missing, twice, odd, or from tomorrow."""
    within = set(days)
    found = [day for day, _ in times if day in within]
    return {
        "owed": len(owed),
        "found": len(found),
        "newest": max(found).isoformat() if found else None,
        "newest_owed": max(day for day, _ in owed).isoformat() if owed else None,
        **_counted("missing", map(_words, sorted(owed - times.keys()))),
        **_counted("doubled", (f"{_words(pair)} {count} times" for pair, count in sorted(times.items()) if count > 1)),
        **_counted("odd", odd),
        **_counted("ahead", (_words(pair) for pair in sorted(times) if pair[0] > today)),
    }


def _daily(check: UsageCheck, read: _Read) -> dict[tuple[str, date], Decimal]:
    """Each figure's exact sum of a day, of all tenants."""
    sums: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for (day, _), lines in read.lines.items():
        for line in lines:
            for figure in check.figures:
                sums[figure, day] += line.get(figure, Decimal(0))
    return sums


def _totals(
    check: UsageCheck, sums: Mapping[tuple[str, date], Decimal], days: Sequence[date], told: Mapping[str, Any]
) -> dict[str, Any]:
    """Each figure's sum of a day against the total that stands elsewhere: which has none, and which is another."""
    if not check.totals:
        return {}
    known, unequal, unknown = 0, list[str](), list[str]()
    for figure, rows in told.items():
        totals = _by_day(rows)
        for day in days:
            own, total = sums.get((figure, day), Decimal(0)), totals.get(day)
            if total is None:
                unknown.append(f"{figure} of {day}")
                continue
            known += 1
            if abs(own - total) > Decimal(str(check.expect.tolerance)):
                unequal.append(f"{figure} of {day} adds up to {own:f}, and the total is {total:f}")
    return {"totalled": known, **_counted("untotalled", unknown), **_counted("unequal", unequal)}


def _by_day(rows: Iterable[Sequence[Any]]) -> dict[date, Decimal]:
    """Totals by their day; a day that is answered twice, or with no number, has none."""
    found: dict[date, list[Decimal | None]] = defaultdict(list)
    for row in rows:
        if len(row) == 2 and (day := _day(row[0])) is not None:
            found[day].append(_number(row[1]))
    return {day: some[0] for day, some in found.items() if len(some) == 1 and some[0] is not None}


def _top(check: UsageCheck, read: _Read, days: Sequence[date]) -> Iterator[tuple[str, tuple[Ranked, ...]]]:
    """The tenants that use most of each figure over the days, and their shares of everybody's use."""
    within = set(days)
    for figure in check.figures:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for (day, tenant), lines in read.lines.items():
            if day in within:
                sums[tenant] += sum((line.get(figure, Decimal(0)) for line in lines), Decimal(0))
        every = sum(sums.values(), Decimal(0))
        ranked = sorted(sums.items(), key=lambda each: (-each[1], each[0]))[: check.top]
        yield (
            figure,
            tuple(
                Ranked(tenant=tenant, figure=f"{own:f}", share=float(own / every) if every else None)
                for tenant, own in ranked
            ),
        )


def _counted(name: str, found: Iterable[str]) -> dict[str, Any]:
    """How many of something there are, and the first of them."""
    words = list(found)
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return {name: len(words), f"{name}_shown": printable(", ".join(words[:_SHOWN]) + more, _LONGEST) or None}


def _words(pair: Pair) -> str:
    return f"{pair[0]} {pair[1]}"


def _day(value: object) -> date | None:
    """A day as databases tell it: a date, or the midnight that begins it."""
    try:
        instant = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return instant.date() if instant.time() == datetime.min.time() else None


def _number(value: object) -> Decimal | None:
    """An amount that was used: a number that is finite and not negative."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None
