"""Instants as whole milliseconds since 1970 in UTC, exactly: no float stands in between."""

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds_of(instant: datetime) -> int:
    """The millisecond in which an instant lies."""
    return (instant - _EPOCH) // _MILLISECOND


def from_milliseconds(number: int) -> datetime:
    """The instant at which a millisecond begins."""
    return _EPOCH + number * _MILLISECOND
