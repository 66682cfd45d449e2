"""Charts of objectives: what is bad stands up, what is doubtful above it, what nobody saw is shaded."""

from datetime import timedelta

import pytest

from checks.readiness.acceptance import Acceptance
from checks.readiness.objective_view import ObjectiveView, Point
from reports.objective_charts import objective_chart
from tests.reports.examples import NOW, an_acceptance


def view(*points: tuple[float, float] | None, **more: object) -> ObjectiveView:
    found = an_acceptance().found
    assert isinstance(found, Acceptance)
    course = tuple(Point(low=point[0], high=point[1]) if point else Point(low=None, high=None) for point in points)
    return found.items[0].objectives[0].model_copy(update={"course": course, **more})


def test_a_stretch_in_which_nothing_was_bad_has_no_column():
    drawn = objective_chart(view((0.0, 0.0), (0.01, 0.01)))
    assert len(drawn.columns) == 1
    assert drawn.columns[0].x > drawn.left + 100


def test_a_stretch_that_was_not_observed_has_none_either_and_its_gap_is_shaded():
    drawn = objective_chart(view(None, (0.005, 0.005), gaps=((NOW - timedelta(days=30), NOW - timedelta(days=15)),)))
    assert len(drawn.columns) == 1
    (gap,) = drawn.gaps
    assert (gap.x, gap.width) == (drawn.left, (drawn.right - drawn.left) / 2)
    assert gap.words.endswith("nothing was observed")


def test_at_the_limit_a_column_ends_at_the_line():
    drawn = objective_chart(view((0.01, 0.01)))
    assert drawn.columns[0].y == drawn.limit_y
    assert drawn.columns[0].y + drawn.columns[0].height == drawn.ground


def test_what_is_doubtful_stands_on_what_is_certain():
    column = objective_chart(view((0.005, 0.015))).columns[0]
    assert column.doubt_y + column.doubt_height == pytest.approx(column.y)
    assert column.doubt_height > 0


def test_far_beyond_the_limit_a_column_is_cut_and_marked_and_the_words_say_how_far_it_was():
    drawn = objective_chart(view((0.9, 0.9), (0.001, 0.001)))
    assert [column.is_cut for column in drawn.columns] == [True, False]
    assert drawn.columns[0].y == drawn.top
    assert "90 % at worst, over the limit of 1 % in 1" in drawn.words


def test_excluded_windows_are_shaded_as_far_as_they_lie_in_the_window():
    month = (NOW - timedelta(days=31), NOW - timedelta(days=29), "deploy 7: v0.2.0")
    outside = (NOW + timedelta(days=1), NOW + timedelta(days=2), "deploy 8")
    (shade,) = objective_chart(view((0.0, 0.0), excluded=(month, outside))).excluded
    assert shade.x == 56
    assert shade.words.endswith("deploy 7: v0.2.0")


def test_a_target_of_everything_leaves_the_line_on_the_ground():
    drawn = objective_chart(view((0.5, 0.5), allowed=0.0))
    assert drawn.limit_y == drawn.ground
    assert drawn.columns[0].y == drawn.top


def test_nothing_counted_draws_nothing_and_says_so():
    drawn = objective_chart(view(None, None, gaps=()))
    assert drawn.columns == ()
    assert "nothing counted in 2" in drawn.words
