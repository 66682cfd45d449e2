"""A slot as one number: minutes since 1970 times eight, plus its cadence; numbers sort as instants do.

Every key of the store is built from it, so it needs neither a lookup before writing nor a join to compare instants.
Of two slots at one minute the one with the longer cadence counts as newer.
"""

from datetime import UTC, datetime, timedelta

from checks.slots import Cadence, Slot

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_STEP = 8  # numbers in a minute: four cadences, and room for four more
_CODES = {Cadence.PULSE: 0, Cadence.HOURLY: 1, Cadence.DAILY: 2, Cadence.WEEKLY: 3}
_CADENCES = {code: cadence for cadence, code in _CODES.items()}


def number_of(slot: Slot) -> int:
    """The number of a slot."""
    return (slot.at - _EPOCH) // _MINUTE * _STEP + _CODES[slot.cadence]


def slot_of(number: int) -> Slot:
    """The slot that has a number."""
    minutes, code = divmod(number, _STEP)
    return Slot(_EPOCH + minutes * _MINUTE, _CADENCES[code])


def first_number_after(instant: datetime) -> int:
    """The lowest number of any slot that starts after an instant."""
    return ((instant - _EPOCH) // _MINUTE + 1) * _STEP


def first_number_from(instant: datetime) -> int:
    """The lowest number of any slot that starts at or after an instant."""
    return -((_EPOCH - instant) // _MINUTE) * _STEP


def numbers_in(cadence: Cadence) -> int:
    """How far the number of a calendar slot is from the next one's."""
    return cadence.period // _MINUTE * _STEP
