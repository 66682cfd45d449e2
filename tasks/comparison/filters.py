"""Holds that a filter stands by itself: one whose brackets do not balance would quietly select other rows."""

from tasks.comparison.errors import RequestError
from tasks.comparison.request import Comparison
from tasks.comparison.side import Side


def check_filters(request: Comparison, left: Side, right: Side) -> None:
    """Tries each filter on its side without brackets around it, so that one of its own cannot end them.

    The side itself reads it, and knows its own quotes and comments.
    """
    for which, location, side in (("left", request.left, left), ("right", request.right, right)):
        if location.where:
            try:
                side.column_of(f"case when {location.where}\nthen 1 end")
            except RequestError as error:
                raise RequestError(f"the filter of the {which} is no condition: {error}") from error
