"""Drills by name: dry runs unless told otherwise, approval by a person, evidence like any other's."""

import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from prefect import resume_flow_run
from prefect.exceptions import FlowPauseTimeout

from checks.errors import CatalogError, ReadinessError, StoreError
from checks.evidence.layout import raw_path
from checks.evidence.verification import StepState
from checks.kinds.drill import DrillKind
from checks.outcome import Outcome
from checks.readiness.measures import seconds_words
from checks.slots import Cadence, Slot
from examples.sandbox.system import Sandbox
from flows.drills import FLOWS, DrillSummary, restore_drill, rollback_drill
from flows.rederiving import rederived
from tasks.sealing.keys import DevelopmentKeyWarning
from tests.flows.conftest import SANDBOX_CATALOG, Run, wait_for
from tests.flows.prefect_asking import asked

ROOT = Path(__file__).parents[2]
NAME = "service-rollback"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

Drill = Callable[..., DrillSummary]


@pytest.fixture
def drill(run: Run, monkeypatch: pytest.MonkeyPatch) -> Drill:
    """Starts the rollback drill of the sandbox's catalogue; `run` has set everything up."""
    assert run
    monkeypatch.setattr("flows.drills.LOOK_SECONDS", 1)

    def once(**parameters: Any) -> DrillSummary:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DevelopmentKeyWarning)
            return rollback_drill(**{"name": NAME, "catalog": SANDBOX_CATALOG, **parameters})

    return once


def release(sandbox: Sandbox) -> str:
    return str(httpx.get(f"{sandbox.environment['SANDBOX_URL']}/version", trust_env=False).json()["version"])


def test_without_being_told_otherwise_a_drill_only_says_what_it_would_do(drill: Drill, home: Path):
    summary = drill()
    assert summary.outcome is None
    assert not summary.passed
    assert summary.steps[1].startswith("roll back: POST http://127.0.0.1:")
    assert not (home / "evidence").exists()
    assert not (home / "drills").exists()


def test_a_drill_is_carried_out_and_sealed_and_its_page_made(
    drill: Drill, home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
):
    this_minute = Slot.on_demand(Cadence.WEEKLY, datetime.now(UTC))
    monkeypatch.setattr(Slot, "on_demand", staticmethod(lambda *_: this_minute))  # however long the first one takes
    summary = drill(dry_run=False)
    assert summary.outcome is Outcome.PASS
    assert release(sandbox) == "v0.2.0"
    assert summary.bundle is not None
    data = summary.bundle / "bag" / "data"
    assert {path.name for path in (data / "pages").iterdir()} == {
        "drills.html", "drills.md", "release.html", "release.json", "release.md", "tracker.html", "tracker.md",
    }  # fmt: skip
    found = json.loads((data / "verdicts.json").read_text())["findings"]
    assert {finding["check"] for finding in found} == {NAME}
    assert "ledger-restore" not in (data / "report.md").read_text()
    page = (home / "reports" / "drills.html").read_text()
    assert "<svg" in page
    tracker = (home / "reports" / "tracker.md").read_text()
    assert f"| {NAME}" in tracker
    assert "ledger-restore" in tracker
    links = [part.split(")")[0] for part in (home / "reports" / "drills.md").read_text().split("](")[1:]]
    assert links
    assert all((home / "reports" / link).exists() for link in links)
    again = rederived(summary.bundle)
    assert (again.state, again.problems) == (StepState.VERIFIED, ())
    with pytest.raises(StoreError, match="start the drill again in a minute"):
        drill(dry_run=False)


def test_a_weekly_run_carries_every_drill_out_and_shows_their_measures(run: Run, home: Path):
    summary = run(Cadence.WEEKLY)
    assert summary.outcomes == dict.fromkeys(("ledger-restore", NAME, "service-restart"), Outcome.PASS)
    tracker = (home / "reports" / "tracker.md").read_text()
    assert "RTO " in tracker
    assert "RPO " in tracker
    assert "rollback " in tracker
    assert summary.bundle is not None
    page = (summary.bundle / "bag" / "data" / "pages" / "drills.html").read_text()
    assert page.count('class="chart"') == 3


def test_a_restore_drill_measures_how_long_and_how_much_and_shows_the_same_everywhere(run: Run, home: Path):
    assert run
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DevelopmentKeyWarning)
        summary = restore_drill(name="ledger-restore", catalog=SANDBOX_CATALOG, dry_run=False)
    assert summary.outcome is Outcome.PASS
    assert summary.bundle is not None
    bag = summary.bundle / "bag"
    told = json.loads((bag / raw_path("ledger-restore", "spans.json")).read_text())
    parts = [span["name"] for span in told["spans"]]
    assert parts == ["detect", "fetch", "decide", "restore", "verify", "smoke", "teardown"]
    measured = {one["expectation"]: one for one in json.loads((bag / "data" / "verdicts.json").read_text())["findings"]}
    assert measured["B7-RTO"]["observed"] == told["recovered"]
    *before, teardown = (span["began"] for span in told["spans"])
    assert max(before) <= told["recovered"] <= teardown
    assert 0 <= measured["B6-RPO"]["observed"] <= measured["B6-RPO"]["expected"]
    rto, rpo = (seconds_words(measured[name]["observed"]) for name in ("B7-RTO", "B6-RPO"))
    page = (home / "reports" / "drills.html").read_text()
    assert f"{rto} of at most 15 min" in page
    assert all(f'text-anchor="end">{part}</text>' in page for part in parts)
    assert f"RTO {rto} of 15 min, RPO {rpo} of 1 d" in (home / "reports" / "tracker.md").read_text()


@pytest.mark.parametrize("name", ["nope", "ledger-backup", "service-restart"])
def test_a_name_that_is_no_drill_of_that_kind_is_answered_with_those_that_are(drill: Drill, name: str):
    with pytest.raises(CatalogError, match=f"there are: {NAME}"):
        drill(name=name)


@contextmanager
def somebody_says(url: str, approved: bool) -> Iterator[None]:
    """A person who answers the first run that is paused."""

    def answer() -> None:
        paused: list[str] = []

        def look() -> bool:
            waiting = {"flow_runs": {"state": {"type": {"any_": ["PAUSED"]}}}}
            paused[:] = [one["id"] for one in asked(f"{url}/flow_runs/filter", waiting)]
            return bool(paused)

        wait_for(look, seconds=240)
        said = {"approved": approved, "approved_by": "Ada", "reason": "the window is open"}
        resume_flow_run(paused[0], run_input=said)

    person = threading.Thread(target=copy_context().run, args=(answer,))  # with the address of the same server
    person.start()
    try:
        yield
    finally:
        person.join()


def test_a_drill_waits_for_approval_and_says_whose_it_was(drill: Drill, prefect_api: str, sandbox: Sandbox):
    with somebody_says(prefect_api, approved=True):
        summary = drill(dry_run=False, ask_approval=True)
    assert summary.approved_by == "Ada"
    assert summary.passed


def test_a_drill_that_is_not_approved_does_nothing(drill: Drill, prefect_api: str, home: Path):
    with somebody_says(prefect_api, approved=False), pytest.raises(ReadinessError, match="Ada did not approve it"):
        drill(dry_run=False, ask_approval=True)
    assert not (home / "evidence").exists()


def test_a_drill_that_nobody_answers_does_nothing(drill: Drill, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("flows.drills.APPROVAL_SECONDS", 1)
    began = time.monotonic()
    with pytest.raises(FlowPauseTimeout):
        drill(dry_run=False, ask_approval=True)
    assert time.monotonic() - began < 60
    assert not (home / "evidence").exists()


def test_every_kind_of_drill_has_a_flow_and_a_deployment_that_is_a_dry_run():
    deployments = {one["name"]: one for one in yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]}
    assert FLOWS.keys() == set(DrillKind)
    for kind in DrillKind:
        deployed = deployments[f"{kind}-drill"]
        assert deployed["entrypoint"] == f"flows.drills.{kind}_drill"
        assert deployed["parameters"] == {"dry_run": True}
        assert "schedules" not in deployed
        properties = FLOWS[kind].parameters.properties
        assert set(properties) == {"name", "dry_run", "ask_approval", "catalog"}
        assert (properties["dry_run"]["type"], properties["dry_run"]["default"]) == ("boolean", True)
