"""Times as whole nanoseconds, so that no calendar, zone or driver limit stands between two equal ones.

Days and years are those of the proleptic Gregorian calendar and may lie outside what `datetime` holds.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tasks.comparison.kinds import Kind
from tasks.comparison.numerals import numeral

DIGITS = 9
SECOND: int = 10**DIGITS
DAY: int = 86_400 * SECOND

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_LOCAL = datetime(1970, 1, 1)  # noqa: DTZ001 — the origin of local timestamps, which have no zone
_STAMP = re.compile(
    r"(?P<y>\d{4,7})-(?P<m>\d\d)-(?P<d>\d\d)(?P<era> \(BC\))?"
    r"(?:[T ](?P<H>[01]\d|2[0-4]):(?P<M>[0-5]\d)(?::(?P<S>[0-5]\d|60)(?:[.,](?P<f>\d{1,9}))?)?)?"
    r"\s*(?P<z>Z|UTC|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d(?::?[0-5]\d)?)?)?(?P<bc>\s+(?:BC|\(BC\)))?",
    re.ASCII,
)
_CLOCK = re.compile(r"(-?)(\d{2,3}):([0-5]\d)(?::([0-5]\d|60)(?:\.(\d{1,9}))?)?", re.ASCII)

_SPAN = re.compile(
    r"(?:([+-]?\d+) years?\b ?)?(?:([+-]?\d+) mon(?:th)?s?\b ?)?(?:([+-]?\d+) days?\b ?)?([+-]?\d\d+:[\d:.]+)?",
    re.ASCII,
)


def instant(raw: Any) -> int | str:
    """Nanoseconds since 1970 in UTC, or `infinity`; a value without a zone is refused."""
    if isinstance(raw, datetime):
        return nanoseconds(raw - _EPOCH)  # a TypeError where only one of them has a zone
    return _stamp(str(raw), zoned=True)


def local(raw: Any) -> int | str:
    """Nanoseconds since 1970 on a clock of no zone; a zone that is given is refused."""
    if isinstance(raw, datetime):
        return nanoseconds(raw - _EPOCH_LOCAL)  # a TypeError where only one of them has a zone
    return _stamp(str(raw), zoned=False)


def utc(raw: Any) -> int | str:
    """An instant; a value without a zone is taken as UTC."""
    if isinstance(raw, datetime):
        return instant(raw if raw.tzinfo else raw.replace(tzinfo=UTC))
    return _stamp(str(raw), zoned=None)


def day(raw: Any) -> int | str:
    """Days since 1970, or `infinity`."""
    if isinstance(raw, datetime):
        raise TypeError("a date has no time")
    if isinstance(raw, date):
        return raw.toordinal() - 719_163
    value = _stamp(str(raw), zoned=False)
    if isinstance(value, int):
        if value % DAY:
            raise ValueError("a date has no time")
        return value // DAY
    return value


def time_of_day(raw: Any) -> int:
    """Nanoseconds since midnight; 24:00 is its own value. With a zone it is compared as text.

    MySQL's type is a span as well: below nothing, and of more than a day.
    """
    if isinstance(raw, timedelta):
        return nanoseconds(raw)
    if isinstance(raw, time):
        raw = raw.isoformat()
    found = _CLOCK.fullmatch(str(raw))
    if found is None:
        raise ValueError("no time of day")
    sign, hours, minutes, seconds, fraction = found.groups()
    span = (int(hours) * 3600 + int(minutes) * 60 + int(seconds or 0)) * SECOND + _fraction(fraction)
    return -span if sign else span


def interval(raw: Any) -> int | str:
    """Nanoseconds, a month as 30 days, as SQL compares them. Text is a number of seconds, or as databases write it."""
    if isinstance(raw, timedelta):
        return nanoseconds(raw)
    if isinstance(raw, str) and (found := _SPAN.fullmatch(raw)) and raw:
        days = sum(int(count or 0) * each for count, each in zip(found.group(1, 2, 3), (360, 30, 1), strict=True))
        return days * DAY + (time_of_day(found[4].lstrip("+")) if found[4] else 0)
    seconds = Decimal(raw) if isinstance(raw, int | Decimal) else Decimal(numeral(raw))
    return int(seconds.scaleb(DIGITS))


def shown(value: Any, kind: Kind) -> str:
    """A canonical time as ISO text; infinity as it came."""
    if kind is Kind.DATE:
        return _civil(value)
    if kind is Kind.TIME:
        return _clock(value)
    if kind is Kind.INTERVAL:
        return f"{Decimal(value).scaleb(-DIGITS).normalize():f} s"
    days, rest = divmod(value, DAY)
    written, before, era = _civil(days).partition(" ")
    return f"{written}T{_clock(rest)}{'Z' if kind is Kind.TIMESTAMP else ''}{before}{era}"


def nanoseconds(span: timedelta) -> int:
    """A span as whole nanoseconds."""
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds * 1_000


def _fraction(digits: str | None) -> int:
    return int(digits.ljust(DIGITS, "0")) if digits else 0


def _stamp(raw: str, *, zoned: bool | None) -> int | str:
    """Nanoseconds from ISO text; `zoned`: it must have a zone, must not, or (`None`) may lack one and is then UTC.

    As PostgreSQL takes them, a sixtieth second is the next minute, and 24:00 the next day; nothing comes after that.
    """
    if raw in ("infinity", "-infinity"):
        return raw
    found = _STAMP.fullmatch(raw.strip())
    if found is None or (zoned is not None and zoned != bool(found["z"])):
        raise ValueError("no such time")
    year = int(found["y"])
    is_bc = found["bc"] or found["era"]  # DuckDB writes the era after the day
    if is_bc and not year:
        raise ValueError("no year is before the first before Christ and not in it")
    days: int = days_of(1 - year if is_bc else year, int(found["m"]), int(found["d"]))
    clock = int(found["H"] or 0) * 3600 + int(found["M"] or 0) * 60 + int(found["S"] or 0)
    since = clock * SECOND + _fraction(found["f"])
    if found["H"] == "24" and since > DAY:
        raise ValueError("no hour is after the last one")
    return days * DAY + since - _offset(found["z"]) * SECOND


def _offset(zone: str | None) -> int:
    """Seconds east of UTC."""
    if not zone or zone in ("Z", "UTC"):
        return 0
    digits = zone[1:].replace(":", "").ljust(6, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:4]) * 60 + int(digits[4:])
    return -seconds if zone[0] == "-" else seconds


def days_of(year: int, month: int, day_of_month: int) -> int:
    """Days since 1970-01-01 in the proleptic Gregorian calendar, for any year."""
    eras, year_of_era = divmod(year - 1, 400)
    return eras * 146_097 + date(year_of_era + 1, month, day_of_month).toordinal() - 719_163


def _civil(days: int) -> str:
    """ISO text of a day, with BC as PostgreSQL writes it."""
    eras, rest = divmod(days + 719_162, 146_097)
    found = date.fromordinal(rest + 1)
    year = found.year + eras * 400
    text = f"{year if year > 0 else 1 - year:04}-{found.month:02}-{found.day:02}"
    return text if year > 0 else f"{text} BC"


def _clock(nanoseconds: int) -> str:
    seconds, fraction = divmod(abs(nanoseconds), SECOND)
    sign, digits = "-" if nanoseconds < 0 else "", f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{sign}{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{digits}"
