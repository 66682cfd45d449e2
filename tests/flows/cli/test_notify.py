"""`readiness notify test`: one message to each sink, and what became of it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.errors import CatalogError
from flows.cli import app
from flows.notifying import send_test
from flows.settings import Settings
from tests.tasks.drills.test_alert import alertmanager, needs_alertmanager
from tests.tasks.notify.receiving import Receiver, receiver
from tests.tasks.serving import free_port

CATALOG = """\
system: small
environment: test
sources: {files: {folder: .}}
checks:
  report: {kind: freshness, owner: Desk Ops, document: files:report.json, expect: {max_age: 48h}}
notify:
  sinks:
    chat: {apprise: "${CHAT_URL}"}
    alerts: {alertmanager: "${ALERTS_URL}"}
  default: {sinks: [chat]}
  routes: {Desk Ops: {sinks: [alerts]}}
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("READINESS_HOME", str(tmp_path / "var"))
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG)
    return path


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as sink:
        monkeypatch.setenv("CHAT_URL", f"json://127.0.0.1:{sink.port}/hook")
        yield sink


@needs_alertmanager
def test_every_sink_is_tried_and_says_whether_it_was_accepted_and_whether_it_is_there(
    catalog: Path, chat: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with alertmanager(tmp_path, f"http://127.0.0.1:{free_port()}/") as alerts:
        monkeypatch.setenv("ALERTS_URL", alerts)
        ran = CliRunner().invoke(app, ["notify", "test", "--catalog", str(catalog), "--format", "json"])
    assert ran.exit_code == 0, ran.output
    found = {one["sink"]: (one["accepted"], one["delivered"]) for one in json.loads(ran.stdout)}
    assert found == {"chat": (True, "cannot be shown"), "alerts": (True, "yes")}
    assert "nothing is wrong" in chat.bodies[0]["message"]


def test_a_sink_that_does_not_take_it_is_named_and_the_exit_code_says_so(catalog: Path, chat: Receiver):
    chat.status = 500
    ran = CliRunner().invoke(app, ["notify", "test", "default", "--catalog", str(catalog)])
    assert ran.exit_code == 1
    assert "it did not accept the message" in ran.stdout
    assert "alerts" not in ran.stdout


def test_a_route_that_is_none_and_a_catalogue_that_tells_nobody_are_refused_in_one_line(catalog: Path):
    settings = Settings(catalog=catalog)
    with pytest.raises(CatalogError, match=r"no route is called 'Data'; there are Desk Ops, default"):
        send_test(settings, "Data")
    catalog.write_text(CATALOG.partition("notify:")[0])
    with pytest.raises(CatalogError, match="there is no section `notify`, so nobody is ever told"):
        send_test(settings, None)
