"""The drill page says what is overdue first, how long it took against what limit, and draws that."""

import re
from datetime import timedelta
from pathlib import Path

from checks.outcome import Outcome
from checks.readiness.measures import Measure, measures_of, measures_sentence, seconds_words
from checks.readiness.standing import good_for, standings
from checks.slots import Cadence
from reports.drill_charts import WIDTH, span_chart, trend_chart
from reports.drills import DrillSpan, drills_html, drills_markdown
from tests.reports.examples import NOW, a_drill_page, drilled, rollback


def test_what_is_overdue_or_never_was_stands_first_and_does_not_pass():
    page = a_drill_page()
    assert [(row.name, row.outcome, row.is_overdue) for row in page.rows] == [
        ("never", Outcome.MISSING, True),
        ("old", Outcome.STALE, True),
        ("back", Outcome.PASS, False),
    ]
    assert page.overdue == 2
    assert not page.tally.outcome.passes
    assert page.rows[1].due == page.rows[1].runs[0].slot.at + good_for(Cadence.WEEKLY)


def test_a_drill_shows_its_runs_newest_first_with_what_was_measured():
    (row,) = (row for row in a_drill_page().rows if row.name == "back")
    assert [run.measures[0].seconds for run in row.runs] == [31.25, 12.0, 75.0]
    assert [run.outcome for run in row.runs] == [Outcome.PASS, Outcome.PASS, Outcome.FAIL]
    assert [trend.name for trend in row.trends] == ["rollback"]
    assert row.trends[0].words == "rollback, oldest first: 1 min 15 s, 12.0 s, 31.2 s; at most 1 min"


def test_the_pages_say_the_same_in_both_forms():
    page = a_drill_page()
    for text in (drills_html(page), drills_markdown(page)):
        assert "31.2 s" in text
        assert "1 min" in text
        assert "verdue" in text
    assert "It was never carried out." in drills_markdown(page)
    assert drills_html(page).count("<svg") == 2


def test_a_chart_draws_each_span_where_it_began_and_as_long_as_it_was():
    chart = span_chart([DrillSpan("a", 0.0, 10.0), DrillSpan("back", 10.0, 30.0)], [Measure("rollback", 30.0, 50.0)])
    first, second = chart.bars
    assert second.width == 3 * first.width
    assert second.x == first.x + first.width
    assert chart.limits[0].x == chart.left + 6 * first.width
    assert max(bar.x + bar.width for bar in chart.bars) <= WIDTH
    assert chart.words == "a 10.0 s, back 30.0 s"


def test_a_limit_far_away_is_left_out_and_one_in_sight_is_drawn():
    spans = [DrillSpan("detect", 0.0, 10.0)]
    assert span_chart(spans, [Measure("RTO", 10.0, 900.0)]).limits == ()
    assert len(span_chart(spans, [Measure("RTO", 10.0, 15.0)]).limits) == 1
    assert span_chart(spans, [Measure("RPO", 10.0, 15.0)]).limits == ()


def test_a_drill_that_took_no_time_can_be_drawn():
    assert span_chart([DrillSpan("a", 0.0, 0.0)], []).bars[0].width == 1.0
    assert trend_chart("x", [Measure("x", 0.0, 0.0), Measure("x", 0.0, 0.0)]).points


def test_a_trend_goes_up_where_it_took_longer():
    chart = trend_chart("x", [Measure("x", 10.0, 60.0), Measure("x", 50.0, 60.0)])
    (_, before), (_, after) = chart.points
    assert after < before
    assert chart.limit_y < after
    assert re.fullmatch(r"[\d.]+,[\d.]+ [\d.]+,[\d.]+", chart.line)


def test_the_words_of_a_trend_stand_apart_where_its_lines_meet():
    for newest in (10.0, 59.0, 60.0, 61.0, 600.0):
        chart = trend_chart("x", [Measure("x", 10.0, 60.0), Measure("x", newest, 60.0)])
        assert abs(chart.newest_y - chart.limit_words_y) >= 14
        assert all(x <= chart.plot for x, _ in chart.points)


def test_no_rule_of_style_is_shared_by_the_charts_of_different_pages():
    """One that was put the numbers of a drill's chart onto its bars."""
    style = (Path(__file__).parents[2] / "templates" / "_style.css.j2").read_text()
    rules = [rule.strip() for line in style.splitlines() if ".chart" in line for rule in line.split("{")[0].split(",")]
    assert rules
    assert all(rule.startswith(("figure .chart", ".drill .chart")) for rule in rules)


def test_only_findings_that_hold_a_duration_to_a_limit_are_measures():
    verdict = drilled("back", seconds=31.25)
    assert measures_sentence(measures_of(verdict)) == "rollback 31.2 s of 1 min"
    assert [seconds_words(value) for value in (0.25, 1.618, 59.94, 60.0, 901.0)] == [
        "250 ms",
        "1.6 s",
        "59.9 s",
        "1 min",
        "15 min 1 s",
    ]


def test_the_tracker_says_what_a_drill_that_passes_measured():
    (standing,) = standings(rollback("back"), {"back": drilled("back", seconds=31.25)}, as_of=NOW)
    assert standing.because == "rollback 31.2 s of 1 min"


def test_a_drill_overdue_is_a_failing_state_that_says_what_it_once_said():
    verdict = drilled("back", seconds=31.25)
    late = verdict.slot.at + good_for(Cadence.WEEKLY) + timedelta(seconds=1)
    (standing,) = standings(rollback("back"), {"back": verdict}, as_of=late)
    assert standing.outcome is Outcome.STALE
    assert not standing.outcome.passes
    assert "it said PASS" in standing.because
