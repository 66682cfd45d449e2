"""The catalogue's section on notifications: read strictly, every problem with its line and path."""

from pathlib import Path

import pytest

from checks.errors import CatalogError
from flows.cli.init import STARTER
from tests.checks.test_catalog_text import GOOD, problems, read

SECTION = """\
notify:
  sinks:
    chat: {apprise: "${CHAT_URL}"}
    tagged: {apprise: "${APPRISE_CONFIG}", tag: desk}
    alerts: {alertmanager: "${ALERTS_URL}", headers: {Authorization: "Bearer ${ALERTS_TOKEN}"}}
  default: {sinks: [chat]}
  routes:
    Desk Ops:
      sinks: [chat, alerts]
      quiet: {since: "22:00", until: "07:00", zone: Europe/Berlin}
      digest: {every: weekly, on: friday, at: "08:30", zone: Europe/Berlin}
  remind_after: 12h
  flapping: {changes: 5, within: 3h, calm: 1h}
  timeout: 10s
  overall: 30s
  heartbeat: {hourly: "${HEARTBEAT_URL}"}
"""


def test_a_good_section_is_read():
    notifications = read(GOOD + SECTION).notify
    assert notifications is not None
    assert notifications.route_of("Desk Ops").sinks == ("chat", "alerts")
    assert notifications.route_of("somebody else").sinks == ("chat",)
    assert notifications.route_of(None).sinks == ("chat",)


def test_a_section_survives_being_written():
    notifications = read(GOOD + SECTION).notify
    assert notifications is not None
    written = notifications.model_dump(mode="json")
    assert written["routes"]["Desk Ops"]["quiet"]["since"] == "22:00"


@pytest.mark.parametrize(
    ("right", "wrong", "problem"),
    [
        ('"${CHAT_URL}"', "json://user:hush@host", ":15: notify.sinks.chat.apprise: the whole address comes from the"),
        ('"${CHAT_URL}"', '"slack://${A}/b"', ":15: notify.sinks.chat.apprise: the whole address comes from the"),
        ('"${HEARTBEAT_URL}"', "https://hc.example/1", "notify.heartbeat.hourly: the whole address comes from"),
        ('"Bearer ${ALERTS_TOKEN}"', "Bearer hush", "alerts.headers.Authorization: a header's value comes from the"),
        ("{apprise: ", "{smoke: ", "notify.sinks.chat: says nothing of what it is"),
        ("default: {sinks: [chat]}", "default: {sinks: [chart]}", "notify.default.sinks: no sink is called 'chart'"),
        ("default: {sinks: [chat]}", "default: {sinks: []}", "notify.default.sinks: "),
        ("  default: {sinks: [chat]}\n", "", "notify.default: missing, and needed"),
        ("Desk Ops:\n", "Dsk Ops:\n", "notify.routes.Dsk Ops: no check is of 'Dsk Ops'; owners are Desk Ops"),
        ("zone: Europe/Berlin}\n      d", "zone: Berlin}\n      d", "quiet.zone: no time zone called 'Berlin'"),
        ("zone: Europe/Berlin}\n      d", "zone: ../etc}\n      d", "quiet.zone: '../etc' is no time zone"),
        ('since: "22:00"', "since: 22:00", "quiet.since: 1320 is no time of day; write it in quotes"),
        ('since: "22:00"', 'since: "25:00"', "quiet.since: '25:00' is no time of day"),
        ('until: "07:00"', 'until: "22:00"', "quiet.until: quiet hours that end when they begin"),
        ("sinks: [chat, alerts]", "sinks: [alerts]", "notify.routes.Desk Ops.digest: a digest is no alert"),
        ("remind_after: 12h", "remind_after: 5m", "notify.remind_after: a reminder more often than each hour is noise"),
        ("changes: 5", "changes: 1", "notify.flapping.changes: "),
        ("timeout: 10s", "timeout: 1h", "notify.timeout: a time limit lies between 100ms and 5m"),
        ("{hourly: ", "{daily: ", "notify.heartbeat.daily: no check is `every: daily`"),
        ("  timeout: 10s", "  patience: 10s", "notify.patience: unknown key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(right: str, wrong: str, problem: str):
    assert right in SECTION
    found = problems(GOOD + SECTION.replace(right, wrong, 1))
    assert len(found) == 1, found
    assert found[0].startswith("readiness.yaml:")
    assert problem in found[0]


def test_a_secret_that_is_spelled_out_is_not_repeated():
    with pytest.raises(CatalogError) as refused:
        read(GOOD + SECTION.replace('"${CHAT_URL}"', "json://user:hush@host", 1))
    assert "hush" not in str(refused.value)


def test_the_section_in_the_documentation_is_a_good_one():
    page = (Path(__file__).parents[2] / "docs" / "notifications.md").read_text()
    section = page.split("```yaml\n")[1].split("```")[0]
    daily = "  api-slow:\n    kind: other\n    every: daily\n"
    assert read(GOOD + daily + section).notify is not None


def test_what_the_starter_catalogue_has_in_comments_is_a_good_one():
    about = STARTER[STARTER.index("# notify:") :]
    section = "".join(line.removeprefix("# ") for line in about.splitlines(keepends=True))
    checks = GOOD.replace("owner: Desk Ops", "owner: On-call")
    notifications = read(checks + section).notify
    assert notifications is not None
    assert notifications.heartbeat
