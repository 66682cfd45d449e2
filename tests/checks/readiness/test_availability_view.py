"""Availability on a page: both numbers, what is left, what counts as neither, and what nobody saw."""

from datetime import timedelta

import pytest

from checks.findings import Finding, Verdict
from checks.kinds.availability import AvailabilityRow
from checks.outcome import Outcome, Severity
from checks.readiness.availability_view import availability_views
from checks.readiness.objective_view import ObjectiveView
from reports.objective_charts import objective_chart
from tests.checks.expectations.case_availability import CHECK, HOUR, MINUTE, ROW, START
from tests.checks.expectations.judging import NOW, SLOT


def found(*findings: tuple[str, Outcome]) -> Verdict:
    about = {"check": CHECK.id, "kind": "availability", "subject": ROW.subject, "severity": Severity.MAJOR}
    given = tuple(
        Finding.model_validate({**about, "expectation": name, "outcome": outcome, "because": "so"})
        for name, outcome in findings
    )
    return Verdict(CHECK.id, "availability", ROW.subject, SLOT, given, NOW)


def view(row: AvailabilityRow = ROW, *findings: tuple[str, Outcome]) -> ObjectiveView:
    verdict = found(*(findings or (("uptime", Outcome.PASS),)))
    (one,) = availability_views(CHECK, [row], {row.subject: verdict})
    return one


def test_both_numbers_stand_side_by_side():
    seen = view()
    assert seen.target == "99.9 % of the time up over 30 d"
    assert seen.share == "99.907 %, down for 40 min; with deploys 99.86 %"
    assert seen.coverage == "99.861 %, longest gap 1 h"
    assert seen.resolution == "43,200 looks can show 99.9 %; 2,995 are needed"
    assert seen.outcome is Outcome.PASS


def test_what_is_left_of_the_budget_is_exact():
    seconds = 30 * 86_400 - 3_600 - 30 * 60
    left = 1 - (40 * 60 / seconds) / 0.001
    assert view().budget == f"{int(left * 100_000) / 1000:g} %"


def test_too_few_looks_say_what_they_could_show_at_most():
    assert view(ROW.model_copy(update={"looks": 720})).resolution.startswith(
        "720 looks cannot show 99.9 %: 99.584 % at"
    )


def test_what_is_announced_is_shaded_with_its_reason_and_what_nobody_saw_too():
    drawn = objective_chart(view())
    assert [shade.words.rpartition(": ")[2] for shade in drawn.gaps] == ["nothing was observed"]
    (excluded,) = drawn.excluded
    assert excluded.words.endswith("deploy by ci: v2")


def test_each_stretch_is_the_share_of_what_counts_of_it():
    """120 stretches of six hours: 40 minutes down in the first; in the second an hour nobody saw, and no downtime."""
    course = view().course
    assert len(course) == 120
    assert course[0].low == pytest.approx(40 / (6 * 60 - 30))
    assert [point.low for point in course[1:]] == [0.0] * 119


def test_a_stretch_that_nobody_saw_is_neither_good_nor_bad():
    gone = ROW.model_copy(update={"unknown": ((START, START + 12 * HOUR),), "down": ()})
    assert [point.low for point in view(gone).course[:3]] == [None, None, 0.0]


@pytest.mark.parametrize("rule", ["ledger", "append-only", "timely"])
def test_a_ledger_that_is_doubted_excludes_nothing_on_the_page(rule: str):
    seen = view(ROW, (rule, Outcome.FAIL))
    assert seen.excluded == ()
    assert seen.share.startswith("99.86 %, down for 1 h")


def test_a_change_of_version_that_counts_says_that_it_was_seen():
    check = CHECK.model_copy(update={"exclude": CHECK.exclude.model_copy(update={"seen": True})})  # type: ignore[union-attr]
    alone = ROW.model_copy(update={"windows": (), "down": ((START + 5 * HOUR, START + 5 * HOUR + MINUTE),)})
    (seen,) = availability_views(check, [alone], {})
    assert [reason for *_, reason in seen.excluded] == ["a change of the version that was seen"]
    assert seen.outcome is Outcome.MISSING


def test_of_what_nobody_looked_at_nothing_is_left_to_show():
    unseen = ROW.model_copy(update={"looks": 0, "down": (), "unknown": ((START, START + 30 * 24 * HOUR),)})
    seen = view(unseen)
    assert (seen.share, seen.budget) == ("nothing was observed", None)
    assert objective_chart(seen).columns == ()


def test_an_outage_that_goes_on_reaches_the_end():
    end = NOW - timedelta(minutes=30)
    lasting = ROW.model_copy(update={"down": ((START + 30 * 24 * HOUR - 30 * MINUTE, START + 30 * 24 * HOUR),)})
    last = view(lasting).course[-1]
    assert last.low == pytest.approx(30 / (6 * 60))
    assert view(lasting).end - end == timedelta(minutes=30)
