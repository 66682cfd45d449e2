"""Holds that a filter stands by itself: one whose brackets do not balance would quietly select other rows."""

from tasks.comparison.errors import RequestError
from tasks.comparison.request import Comparison
from tasks.comparison.side import Side

MORE_THAN_A_ROW = "tells of more than its own row"
"""What an aggregate, a window function or a function of many rows is refused for."""


def check_filters(request: Comparison, left: Side, right: Side) -> None:
    """Tries each filter on its side without brackets around it, so that one of its own cannot end them.

    The side itself reads it, and knows its own quotes and comments. Then it is counted: what is counted may tell of its
    own row alone, as a filter may.
    """
    for which, location, side in (("left", request.left, left), ("right", request.right, right)):
        if location.where:
            condition = f"case when {location.where}\nthen 1 end"
            for tried, wrong in ((condition, "is no condition"), (f"count({condition})", MORE_THAN_A_ROW)):
                try:
                    side.column_of(tried)
                except RequestError as error:
                    raise RequestError(f"the filter of the {which} {wrong}: {error}") from error
