"""Key ranges as Prefect tasks: what progress says, and which failure is told."""

import threading
from concurrent.futures import Future
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

from tasks import compare
from tasks.compare import RangeComparer, added_up, percent, words
from tasks.comparison import Progress
from tasks.comparison.errors import ComparisonCancelledError
from tasks.runners import ThreadSign


def test_progress_is_the_sum_of_all_ranges_with_an_estimate_once_each_has_one():
    told = {0: Progress("compare", 10, 100), 1: Progress("compare", 5, None)}
    assert added_up({}, told, parts=2) == Progress("0 of 2 ranges", 15, None)
    told[1] = Progress("compare", 5, 50)
    assert added_up({}, told, parts=2) == Progress("0 of 2 ranges", 15, 150)
    assert added_up({}, told, parts=3).of is None


def test_a_share_is_never_whole_before_the_end():
    assert percent(Progress("x", 150, 100)) == 99.0
    assert percent(Progress("x", 5, None)) == 0.0
    assert words(Progress("compare", 1000, 2000)) == "compare, 1,000 of about 2,000 rows"


def test_a_sign_is_seen_by_every_thread():
    sign = ThreadSign()
    seen = []
    thread = threading.Thread(target=lambda: seen.append(sign.heard()()))
    sign.put_up()
    thread.start()
    thread.join()
    assert seen == [True]


@pytest.mark.timeout(30)
def test_a_worker_that_never_answers_is_not_waited_for_when_it_was_asked_to_stop(monkeypatch: pytest.MonkeyPatch):
    sign = ThreadSign()

    @contextmanager
    def dead_workers(setting: str, *, workers: int):
        yield SimpleNamespace(submit=lambda *_: SimpleNamespace(wrapped_future=Future())), sign

    monkeypatch.setattr(compare, "task_runner", dead_workers)
    monkeypatch.setattr(compare, "ENDING_SECONDS", 0.3)
    comparer = RangeComparer("dask", dict)
    comparer.stopping.set()
    with pytest.raises(ComparisonCancelledError, match="2 ranges did not end when asked to"):
        comparer._mapped("copies", ["first", "second"], comparer.stopping.is_set, lambda _: None)  # type: ignore[list-item]
    assert sign.heard()()
