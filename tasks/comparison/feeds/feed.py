"""The protocol of a feed, and which feed a side has."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol, cast

from tasks.comparison.duck.forms import Held
from tasks.comparison.side import Selection, Side

OWN = frozenset({"postgresql"})


class Feed(Protocol):
    """Brings the selected values of a side as Arrow record batches with the columns `c0`, `c1`, …"""

    def held(self) -> tuple[Held, ...]:
        """Each value as it will stand in those columns; `UnfitError` where one would lose something."""

    def readers(self) -> Sequence[Any]:
        """Arrow readers over disjoint parts of the rows."""

    def cancel(self) -> None:
        """Ends what runs on a server; from any thread."""

    def close(self) -> None:
        """Leaves no session behind."""


def feed_of(side: Side, selection: Selection) -> Feed:
    """The feed of a side's dialect."""
    name = side.dialect if side.dialect in OWN else "rows"
    return cast("Feed", import_module(f"tasks.comparison.feeds.{name}").feed(side, selection))
