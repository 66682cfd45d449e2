"""The exposition: what Prometheus reads back is what was watched, and nothing that is absent looks good."""

import math
import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from checks.outcome import Outcome, Severity
from checks.readiness.schedule import CalendarRecord, Keeping, Schedule
from checks.readiness.watched import WatchedCheck
from checks.slots import Cadence, Slot
from reports.exports.family import EVERYWHERE
from reports.exports.prometheus import FAMILIES, exposition
from reports.exports.watched import Untold, Watched, WatchedLog

DOCUMENT = Path(__file__).parents[3] / "docs" / "monitoring.md"
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
SLOT = Slot(datetime(2026, 11, 22, 14, tzinfo=UTC), Cadence.HOURLY)
GOOD = WatchedCheck(
    "good", Cadence.HOURLY, Severity.CRITICAL, "Desk Ops", "desk", Outcome.PASS, timedelta(minutes=3), fresh=True
)
NEVER = WatchedCheck("never", Cadence.DAILY, Severity.MAJOR, None, None, Outcome.MISSING)
STAGES = (("collect", 4.5), ("seal", 1.25))
RECORD = CalendarRecord(Cadence.HOURLY, (), SLOT, 4, (), SLOT.at + timedelta(minutes=8), STAGES)


def schedule(record: CalendarRecord) -> Schedule:
    return Schedule.of(record, as_of=NOW, excused=lambda _: False)


WATCHED = Watched(
    as_of=NOW,
    version="0.1.0",
    log=WatchedLog(anchors=1, leaves=7, waiting=2, since=NOW - timedelta(minutes=9)),
    system="desk-stack",
    environment="production",
    catalog_digest="c" * 64,
    store_readable=True,
    checks=(GOOD, NEVER),
    schedules=(schedule(RECORD),),
    unsealed=0,
    untold=(Untold("chat"), Untold("pager", 3, NOW - timedelta(minutes=40))),
)


def samples(watched: Watched) -> list[Sample]:
    """What Prometheus's own parser reads."""
    return [one for family in text_string_to_metric_families(exposition(watched).decode()) for one in family.samples]


def values(watched: Watched, name: str, **labels: str) -> list[float]:
    return [one.value for one in samples(watched) if one.name == name and labels.items() <= one.labels.items()]


def test_every_family_is_exposed_with_its_type_and_its_labels():
    families = {one.name: one for one in text_string_to_metric_families(exposition(WATCHED).decode())}
    for family in FAMILIES:
        found = families[family.name.removesuffix("_total")] if family.kind == "counter" else families[family.name]
        assert (found.type, found.documentation) == (family.kind, family.told)
        assert {frozenset(one.labels) for one in found.samples} == {frozenset((*EVERYWHERE, *family.labels))}
        assert all(one.labels["system"] == "desk-stack" for one in found.samples)
    assert len(families) == len(FAMILIES)


def test_a_check_is_exactly_one_outcome():
    for check in WATCHED.checks:
        found = {
            one.labels["outcome"]: one.value
            for one in samples(WATCHED)
            if one.name == "readiness_check_outcome" and one.labels["check"] == check.name
        }
        assert found == {str(outcome): float(outcome is check.outcome) for outcome in Outcome}


def test_only_outcomes_that_pass_a_gate_pass():
    for outcome in Outcome:
        watched = replace(WATCHED, checks=(replace(GOOD, outcome=outcome),))
        assert values(watched, "readiness_check_passes") == [float(outcome.passes)]


def test_a_check_without_evidence_says_so_in_every_series():
    assert values(WATCHED, "readiness_check_outcome", check="never", outcome="MISSING") == [1.0]
    assert values(WATCHED, "readiness_check_passes", check="never") == [0.0]
    assert values(WATCHED, "readiness_check_fresh", check="never") == [0.0]
    assert values(WATCHED, "readiness_check_evidence_age_seconds", check="never") == [math.inf]
    assert values(WATCHED, "readiness_check_passes", check="never", owner="nobody", service="") == [0.0]


def test_a_check_that_is_good_says_how_old_its_evidence_is():
    labels = {"check": "good", "cadence": "hourly", "severity": "critical", "owner": "Desk Ops", "service": "desk"}
    assert values(WATCHED, "readiness_check_evidence_age_seconds", **labels) == [180.0]
    assert values(WATCHED, "readiness_check_fresh", **labels) == [1.0]


def test_a_schedule_that_is_kept():
    assert values(WATCHED, "readiness_schedule_state", state="kept") == [1.0]
    assert sum(values(WATCHED, "readiness_schedule_state")) == 1
    assert values(WATCHED, "readiness_slots_owed", cadence="hourly") == [0.0]
    assert values(WATCHED, "readiness_slot_owed_seconds", cadence="hourly") == [0.0]
    assert values(WATCHED, "readiness_slots_missed_total", cadence="hourly") == [4.0]
    assert values(WATCHED, "readiness_slot_newest_timestamp_seconds") == [SLOT.at.timestamp()]
    assert values(WATCHED, "readiness_slot_next_timestamp_seconds") == [SLOT.end.timestamp()]
    assert values(WATCHED, "readiness_seal_newest_timestamp_seconds") == [SLOT.at.timestamp() + 480]


def test_how_long_the_last_run_took_and_each_of_its_stages():
    assert values(WATCHED, "readiness_run_duration_seconds", cadence="hourly") == [5.75]
    assert values(WATCHED, "readiness_run_stage_duration_seconds", stage="seal") == [1.25]
    unknown = replace(WATCHED, schedules=(schedule(replace(RECORD, stages=())),))
    assert values(unknown, "readiness_run_duration_seconds") == []


def test_a_slot_that_is_overdue():
    watched = replace(WATCHED, schedules=(schedule(replace(RECORD, unfilled=(SLOT,))),))
    assert values(watched, "readiness_schedule_state", state="overdue") == [1.0]
    assert values(watched, "readiness_slots_overdue") == [1.0]
    assert values(watched, "readiness_slot_owed_seconds") == [1800.0]


def test_a_cadence_that_was_never_collected_has_a_series_that_says_so_and_is_owed_for_ever():
    watched = replace(WATCHED, schedules=(schedule(CalendarRecord(Cadence.WEEKLY)),))
    assert values(watched, "readiness_schedule_state", cadence="weekly", state="never") == [1.0]
    assert values(watched, "readiness_slot_owed_seconds", cadence="weekly") == [math.inf]
    assert values(watched, "readiness_slots_missed_total", cadence="weekly") == [0.0]
    assert values(watched, "readiness_slot_newest_timestamp_seconds") == []


def test_the_lag_of_the_anchors():
    assert values(WATCHED, "readiness_log_leaves") == [7.0]
    assert values(WATCHED, "readiness_log_anchors") == [1.0]
    assert values(WATCHED, "readiness_log_unanchored_bundles") == [2.0]
    assert values(WATCHED, "readiness_log_unanchored_seconds") == [540.0]
    none = replace(WATCHED, log=WatchedLog(anchors=1, leaves=7, waiting=0))
    assert values(none, "readiness_log_unanchored_seconds") == [0.0]


def test_what_a_sink_was_not_told_yet_and_that_another_was_told_all():
    assert values(WATCHED, "readiness_untold_messages", sink="pager") == [3.0]
    assert values(WATCHED, "readiness_untold_seconds", sink="pager") == [2400.0]
    assert values(WATCHED, "readiness_untold_messages", sink="chat") == [0.0]
    assert values(WATCHED, "readiness_untold_seconds", sink="chat") == [0.0]


def test_a_log_that_cannot_be_read_has_no_figures_that_look_good():
    unreadable = replace(WATCHED, log=WatchedLog(anchors=1))
    assert values(unreadable, "readiness_log_readable") == [0.0]
    for name in ("leaves", "unanchored_bundles", "unanchored_seconds"):
        assert values(unreadable, f"readiness_log_{name}") == []


def test_without_a_store_and_a_catalogue_the_figures_say_just_that():
    bare = Watched(NOW, "0.1.0", WatchedLog(anchors=0, leaves=0, waiting=0))
    assert values(bare, "readiness_store_readable") == [0.0]
    assert values(bare, "readiness_catalog_readable") == [0.0]
    assert values(bare, "readiness_export_timestamp_seconds") == [NOW.timestamp()]
    assert not [one for one in samples(bare) if "check" in one.labels or "cadence" in one.labels]
    assert values(bare, "readiness_unsealed_slots") == []


def test_names_that_need_escaping_come_back_as_they_were():
    owner = 'Ops "night"\\shift\nand é'
    watched = replace(WATCHED, checks=(replace(GOOD, owner=owner),))
    (found,) = [one for one in samples(watched) if one.name == "readiness_check_passes"]
    assert found.labels["owner"] == owner


def test_the_document_says_of_every_family_what_it_is():
    written = re.findall(r"^\| `(readiness_\w+)` \| (\w+) \| (.*?) \| (.*) \|$", DOCUMENT.read_text(), re.MULTILINE)
    assert written == [(one.name, one.kind, _listed(one.labels), one.told.replace("|", "\\|")) for one in FAMILIES]


def test_the_document_says_of_every_state_what_it_is():
    written = dict(re.findall(r"^\| `(\w+)` \| ([A-Z].*) \|$", DOCUMENT.read_text(), re.MULTILINE))
    assert written == {str(one): one.meaning for one in Keeping}


def _listed(labels: Iterable[str]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
