"""The tracker: where everything stands at an instant."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from checks.evidence.in_force import InForce
from checks.findings import Verdict
from checks.outcome import Outcome
from checks.readiness.standing import good_for, quotable, standings
from checks.slots import Cadence, Slot
from reports.tracker import Change, Tracker, TrackerRow, tracker_html, tracker_markdown
from tests.reports.examples import NOW, SLOT, a_tracker, beside, catalog, finding, health, tracked, verdict


def hours_ago(hours: float) -> Slot:
    return Slot(SLOT.at - timedelta(hours=hours), Cadence.HOURLY)


def row_of(made: Tracker, name: str) -> TrackerRow:
    return next(row for row in made.rows if row.name == name)


def test_a_check_without_a_verdict_is_missing():
    made = tracked(catalog(health("never")), [], as_of=NOW, bundles=beside)
    assert row_of(made, "never").outcome is Outcome.MISSING
    assert row_of(made, "never").bundle is None
    assert "| never | **no owner** | ○ MISSING | hourly | – | – | owed, and never observed |" in tracker_markdown(made)


def test_a_subject_without_a_verdict_makes_its_check_missing():
    check = health("desk", "/health", "/ready")
    made = tracked(catalog(check), [verdict("desk", Outcome.PASS)], as_of=NOW, bundles=beside)
    assert made.rows[0].outcome is Outcome.MISSING
    assert made.rows[0].because == "api:/ready: owed, and never observed"


@pytest.mark.parametrize(
    ("cadence", "good"),
    [
        (Cadence.PULSE, timedelta(minutes=15)),
        (Cadence.HOURLY, timedelta(minutes=75)),
        (Cadence.DAILY, timedelta(hours=30)),
        (Cadence.WEEKLY, timedelta(days=8, hours=18)),
    ],
)
def test_evidence_is_good_for_its_period_and_grace(cadence: Cadence, good: timedelta):
    assert good_for(cadence) == good
    slot = Slot(datetime(2026, 11, 16, tzinfo=UTC), cadence)
    check, verdicts = health("desk", every=cadence), [verdict("desk", Outcome.PASS, slot=slot)]
    in_time = tracked(catalog(check), verdicts, as_of=slot.at + good, bundles=beside)
    too_late = tracked(catalog(check), verdicts, as_of=slot.at + good + timedelta(seconds=1), bundles=beside)
    assert in_time.rows[0].outcome is Outcome.PASS
    assert too_late.rows[0].outcome is Outcome.STALE


def test_a_stale_row_says_how_old_it_is_and_what_it_said():
    made = tracked(
        catalog(health("desk")), [verdict("desk", Outcome.PASS, slot=hours_ago(5))], as_of=NOW, bundles=beside
    )
    assert made.rows[0].was is Outcome.PASS
    assert made.rows[0].because == (
        "its slot began 5 h 7 min ago and was good for 1 h 15 min; it said PASS: HTTP 200; expected 200"
    )


@pytest.mark.parametrize("outcome", [Outcome.MISSING, Outcome.ERROR])
def test_without_evidence_nothing_grows_stale(outcome: Outcome):
    old = verdict("desk", outcome, slot=hours_ago(5), because="no answer")
    row = tracked(catalog(health("desk")), [old], as_of=NOW, bundles=beside).rows[0]
    assert row.outcome is outcome
    assert row.because.startswith("no answer; its slot began 5 h 7 min ago")


def test_a_slot_still_to_come_is_stale():
    ahead = verdict("desk", Outcome.PASS, slot=hours_ago(-2))
    row = tracked(catalog(health("desk")), [ahead], as_of=NOW, bundles=beside).rows[0]
    assert row.outcome is Outcome.STALE
    assert "still to come (in 1 h 52 min): a clock is wrong" in row.because


def test_the_newest_slot_counts_in_whatever_order_verdicts_come():
    verdicts = [verdict("desk", Outcome.PASS, slot=hours_ago(1)), verdict("desk", Outcome.FAIL)]
    for given in (verdicts, verdicts[::-1]):
        assert tracked(catalog(health("desk")), given, as_of=NOW, bundles=beside).rows[0].outcome is Outcome.FAIL


def test_a_subject_that_is_neither_owed_nor_seen_any_more_is_gone():
    verdicts = [
        verdict("desk", Outcome.FAIL, subject="api:/retired", slot=hours_ago(1)),
        verdict("desk", Outcome.PASS),
    ]
    made = tracked(catalog(health("desk")), verdicts, as_of=NOW, bundles=beside)
    assert made.rows[0].outcome is Outcome.PASS


def test_a_subject_seen_in_the_newest_slot_counts_though_nobody_owed_it():
    verdicts = [verdict("desk", Outcome.FAIL, subject="api:/found"), verdict("desk", Outcome.PASS)]
    made = tracked(catalog(health("desk")), verdicts, as_of=NOW, bundles=beside)
    assert made.rows[0].because == "api:/found: HTTP 200; expected 200"


def test_the_worst_stands_first_and_what_failed_before_it_grew_stale_before_what_passed():
    checks = [health(name) for name in ("good", "was-good", "was-bad", "bad")]
    verdicts = [
        verdict("good", Outcome.PASS),
        verdict("was-good", Outcome.PASS, slot=hours_ago(9)),
        verdict("was-bad", Outcome.FAIL, slot=hours_ago(3)),
        verdict("bad", Outcome.FAIL),
    ]
    made = tracked(catalog(*checks), verdicts, as_of=NOW, bundles=beside)
    assert [row.name for row in made.rows] == ["bad", "was-bad", "was-good", "good"]


def test_a_service_is_as_good_as_its_worst_check():
    checks = [health("one", service="desk"), health("two", service="desk"), health("books", service="ledger")]
    verdicts = [verdict("one", Outcome.PASS), verdict("two", Outcome.WARN), verdict("books", Outcome.PASS)]
    desk, ledger = tracked(catalog(*checks), verdicts, as_of=NOW, bundles=beside).services
    assert (desk.name, desk.owner, desk.outcome) == ("desk", "Desk Ops", Outcome.WARN)
    assert desk.because == "1 of 2 pass: two is WARN"
    assert (ledger.outcome, ledger.because) == (Outcome.PASS, "1 of 1 pass")


def test_a_service_nobody_checks_is_missing():
    made = tracked(catalog(health("one", service="desk")), [verdict("one", Outcome.PASS)], as_of=NOW, bundles=beside)
    ledger = made.services[0]
    assert (ledger.name, ledger.outcome, ledger.because) == ("ledger", Outcome.MISSING, "no check is about it")


def test_a_check_without_an_owner_shows_the_gap():
    made = a_tracker()
    assert row_of(made, "forgotten").owner is None
    assert "| forgotten | **no owner** |" in tracker_markdown(made)
    assert '<span class="gap">no owner</span>' in tracker_html(made)
    assert row_of(made, "desk-health").owner == "Desk Ops"


def test_what_is_not_known_stays_in_the_denominator():
    made = a_tracker()
    assert (made.tally.measured, made.tally.total, made.tally.measured_percent) == (2, 5, 40)
    assert "**4 of 5 checks do not pass.** 2 of 5 measured (40 %)." in tracker_markdown(made)


def test_changes_since_the_earlier_tracker_name_what_is_new_and_what_is_gone():
    assert a_tracker().changes == (
        Change("desk-health", Outcome.PASS, Outcome.FAIL),
        Change("new", None, Outcome.MISSING),
        Change("forgotten", Outcome.MISSING, Outcome.STALE),
        Change("ledger-health", Outcome.MISSING, Outcome.PASS),
        Change("retired", Outcome.MISSING, None),
    )
    page = tracker_markdown(a_tracker())
    assert "- desk-health: ✓ PASS → ✕ FAIL\n" in page
    assert "- retired: was ○ MISSING, no longer in the catalogue\n" in page


def test_without_an_earlier_tracker_nothing_is_said_of_changes():
    made = tracked(catalog(health("one")), [], as_of=NOW, bundles=beside)
    assert made.changes is None
    assert "Changed since" not in tracker_markdown(made) + tracker_html(made)
    again = tracked(catalog(health("one")), [], as_of=NOW, bundles=beside, since=made)
    assert "Nothing." in tracker_markdown(again)
    assert "Nothing." in tracker_html(again)


def test_each_row_leads_into_the_bundle_of_its_slot():
    path = "../evidence/2026-11-22T1400Z.hourly/bag/data"
    assert f"]({path}/report.md#desk-health)" in tracker_markdown(a_tracker())
    assert f'href="{path}/report.html#check-desk-health"' in tracker_html(a_tracker())


def test_a_check_named_with_dots_is_found_where_markdown_viewers_put_its_heading():
    made = tracked(catalog(health("api.v1")), [verdict("api.v1", Outcome.PASS)], as_of=NOW, bundles=beside)
    assert "report.md#apiv1)" in tracker_markdown(made)


def test_where_no_bundle_can_be_reached_the_slot_stands_without_a_link():
    verdicts = [verdict("one", Outcome.PASS)]
    made = tracked(catalog(health("one")), verdicts, as_of=NOW, bundles=lambda slot: None)
    assert "| 2026-11-22T1400Z.hourly |" in tracker_markdown(made)
    assert "<a " not in tracker_html(made)


def test_the_same_tracker_renders_to_the_same_bytes():
    assert tracker_markdown(a_tracker()) == tracker_markdown(a_tracker())
    assert tracker_html(a_tracker()) == tracker_html(a_tracker())


@pytest.mark.parametrize(
    "outcomes", [(), ("PASS",), ("PASS", "PASS"), ("PASS", "FAIL", "STALE", "FAIL"), ("WAIVED", "PASS")]
)
@pytest.mark.parametrize("age", [timedelta(minutes=5), timedelta(days=9)])
def test_a_verdict_as_it_is_quoted_stands_where_the_whole_one_stands(outcomes, age):
    names = ("B1-age", "B7-RTO", "B6-RPO", "B4-restored")
    findings = tuple(
        finding("one", Outcome(word), because=name, expectation=name, observed=3.5, expected=900.0)
        for word, name in zip(outcomes, names, strict=False)
    )
    slot = Slot(Cadence.HOURLY.floor(NOW - age), Cadence.HOURLY)
    whole = Verdict("one", "health", "api:/health", slot, findings, NOW - age)
    quoted, check = quotable(whole), health("one")
    assert standings(check, {"api:/health": quoted}, as_of=NOW) == standings(check, {"api:/health": whole}, as_of=NOW)
    assert quoted.outcome is whole.outcome
    assert len(quoted.findings) <= (1 if not whole.outcome.passes else 3)


def test_what_is_owed_is_said_with_by_whose_word():
    text, page = tracker_markdown(a_tracker()), tracker_html(a_tracker())
    assert "| with this run | 2026-11-22 14:07:30 UTC | catalogue | **approved by nobody** |" in text
    assert "| 7 | 2026-11-19 14:07:30 UTC | catalogue | approved by ada |" in text
    assert "Of 4 older changes nobody approved 3." in text
    assert '<span class="gap">approved by nobody</span>' in page
    assert ">approved by ada</td>" in page


def test_of_a_log_that_cannot_be_believed_nobody_s_approval_is_known():
    lost = replace(a_tracker(), in_force=InForce(why_not="the log cannot be believed: a tile is gone"))
    for page in (tracker_markdown(lost), tracker_html(lost)):
        assert "the log cannot be believed: a tile is gone" in page
        assert "approved by" not in page
