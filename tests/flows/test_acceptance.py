"""The acceptance page of a run: sealed with each day's bundle, derived again from it, and shown as of any instant."""

import json
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from typer.testing import CliRunner

from checks.evidence.inputs import read_inputs
from checks.evidence.verification import StepState
from checks.slots import Cadence
from examples.sandbox.recorder import Recorder
from examples.sandbox.recorder_port import RecorderPort
from flows import wiring
from flows.cli import app
from flows.rederiving import rederived
from tasks.sealing.keys import DevelopmentKeyWarning
from tests.flows.conftest import FLOWS
from tests.tasks.collectors.objectives import NOON, requests

CATALOG = """\
system: small
environment: test
version: v0.2.0
sources:
  metrics: {http: "URL", limit: 50MB}
checks:
  errors:
    kind: objective
    title: Requests are answered
    history: {prometheus: metrics, interval: 5m}
    ratio_metric: {bad: {metric: requests, labels: {code: "5*"}}, total: {metric: requests}}
    target: 99%
    time_window: 2d
    each: {label: tenant, values: [aurora]}
  daily-errors:
    kind: objective
    every: daily
    history: {prometheus: metrics, interval: 5m}
    ratio_metric: {bad: {metric: requests, labels: {code: "5*"}}, total: {metric: requests}}
    target: 99.9%
    time_window: 2d
models:
  acceptance:
    template: acceptance
    version: v0.2.0
    items:
      errors: {requires: [errors], title: Errors under 1 %}
      daily: {requires: [daily-errors#target]}
"""


@pytest.fixture(scope="module")
def ran(prefect_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An hour, then the day: the day's page shows the hour's objective too."""
    folder = tmp_path_factory.mktemp("acceptance")
    port = RecorderPort.of(Recorder(requests(tenant="aurora")))
    catalog = folder / "readiness.yaml"
    catalog.write_text(CATALOG.replace("URL", port.url))
    with (
        pytest.MonkeyPatch.context() as patch,
        temporary_settings({PREFECT_API_URL: prefect_environment["PREFECT_API_URL"]}),
    ):
        patch.setenv("READINESS_HOME", str(folder / "var"))
        for minutes, cadence in ((0, Cadence.HOURLY), (2, Cadence.DAILY)):
            patch.setattr(wiring, "now", lambda minutes=minutes: NOON.astimezone(UTC) + timedelta(minutes=minutes))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DevelopmentKeyWarning)
                FLOWS[cadence](catalog=catalog)
    port.close()
    return folder


def test_the_page_of_a_day_shows_what_an_earlier_hour_counted(ran: Path):
    page = (ran / "var" / "reports" / "acceptance.html").read_text()
    assert "v0.2.0 is not accepted: 1 of 2 limits are not shown to be met (daily)." in page
    assert page.count("<svg") == 2
    assert "tenant=aurora" in page


def test_the_page_is_sealed_and_derived_again(ran: Path):
    (bundle,) = (ran / "var" / "evidence").glob("2026/11/22/*.daily")
    sealed = json.loads((bundle / "bag" / "data" / "pages" / "acceptance.json").read_text())
    assert [item["element"]["outcome"] for item in sealed["items"]] == ["PASS", "FAIL"]
    assert [len(item["objectives"]) for item in sealed["items"]] == [2, 1]
    step = rederived(bundle)
    assert (step.state, step.problems) == (StepState.VERIFIED, ())
    quoted = read_inputs((bundle / "bag" / "data" / "inputs.json").read_bytes()).quoted
    assert [one.check for one in quoted.rows] == ["errors"]


def test_an_hours_bundle_shows_no_model_and_quotes_no_rows(ran: Path):
    (bundle,) = (ran / "var" / "evidence").glob("2026/11/22/*.hourly")
    assert read_inputs((bundle / "bag" / "data" / "inputs.json").read_bytes()).quoted.rows == ()
    assert rederived(bundle).state is StepState.VERIFIED


def test_it_is_assessed_by_hand_with_its_charts(ran: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("READINESS_HOME", str(ran / "var"))
    instant = datetime.fromisoformat("2026-11-22T12:10:00Z")
    monkeypatch.setattr(wiring, "now", lambda: instant)
    monkeypatch.setattr("flows.assessing.now", lambda: instant)
    asked = ["assess", "acceptance", "--catalog", str(ran / "readiness.yaml")]
    shown = CliRunner().invoke(app, [*asked, "--format", "html"])
    assert shown.exit_code == 0
    assert shown.stdout.count("<svg") == 2
    told = json.loads(CliRunner().invoke(app, [*asked, "--format", "json"]).stdout)
    assert told["items"][0]["objectives"][0]["budget"] == "50 %"
