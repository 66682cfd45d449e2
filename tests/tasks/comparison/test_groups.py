"""Totals of two sides at once: when one fails, the other is ended, whether or not its query had begun."""

import threading
import time
from types import SimpleNamespace

import pytest

from tasks.comparison import GroupTotal, groups
from tasks.comparison.errors import SideError


class LateQuery:
    """A side whose query begins late; what was cancelled before it began did not reach it."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    def cancel(self) -> None:
        self._cancelled.set()

    def asked(self) -> bool:
        """Whether it was cancelled once it had begun."""
        time.sleep(0.2)
        self._cancelled.clear()
        return self._cancelled.wait(10)


def test_sums_that_fail_on_one_side_end_those_of_the_other_that_had_not_begun(monkeypatch: pytest.MonkeyPatch):
    late, heard = LateQuery(), []

    def summed(side, *_):
        if side is not late:
            raise SideError("the left side is gone")
        heard.append(late.asked())

    monkeypatch.setattr(groups, "_sums", summed)
    monkeypatch.setattr(groups, "_selection", lambda *_: None)
    monkeypatch.setattr(groups, "Cuttable", object)
    pair = SimpleNamespace(left=object(), right=late, task=SimpleNamespace(left=None, right=None))
    with pytest.raises(SideError, match="left side is gone"):
        groups._of_both(pair, GroupTotal(("tenant",), "amount"), [])
    assert heard == [True]
