"""The example of service levels and drills: good as it is, and each switch changes just the cells that rest on it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.outcome import Outcome, worst
from checks.slots import Cadence
from examples.sandbox.monitoring_switches import SWITCHES
from examples.sandbox.system import Sandbox
from flows.assessing import assessed
from flows.settings import Settings
from tests.examples.observing import Example, Verdicts
from tests.flows.conftest import Run
from tests.tasks.prometheus import needs_prometheus

pytestmark = [needs_prometheus, pytest.mark.slow]

EXAMPLE = Path(__file__).parents[2] / "examples" / "slos-and-drills" / "readiness.yaml"
FAIL, UNSURE = Outcome.FAIL, Outcome.INCONCLUSIVE
REHEARSED = ("restart-sigterm", "restart-sigint", "rollback", "restore")
"""Drills that are tried elsewhere, on the same sandbox."""
MONTH = ("latency-p95", "latency-p50", "server-errors", "client-errors", "retries", "throughput", "uptime")

NOTICED: Mapping[str, Mapping[str, Outcome]] = {
    # One request in eleven was slow then: the 95th percentile says so, the median rightly does not.
    "slow-days": dict.fromkeys(
        ("latency-p95", "acceptance/latency", "operations/dashboards", "operations/observability"), FAIL
    ),
    "failing-days": {
        **dict.fromkeys(("server-errors", "acceptance/errors", "operations/dashboards"), FAIL),
        "operations/observability": FAIL,
    },
    "outage": {"uptime": FAIL, "acceptance/uptime": FAIL},
    "quiet-day": dict.fromkeys(("throughput", "operations/dashboards", "operations/observability"), FAIL),
    "unscraped-days": {
        **dict.fromkeys(MONTH, UNSURE),
        **dict.fromkeys(("acceptance/uptime", "acceptance/latency", "acceptance/errors"), UNSURE),
        **dict.fromkeys(("operations/dashboards", "operations/observability"), UNSURE),
    },
    "forgotten-usage": dict.fromkeys(("usage", "operations/usage", "operations/cost"), FAIL),
    "firing-alert": dict.fromkeys(("alerts", "operations/alerts", "operations/observability"), FAIL),
    "deaf-receiver": dict.fromkeys(
        ("drill-latency", "drill-errors", "drill-ingests", "operations/delivery", "operations/observability"), FAIL
    ),
}


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    """The example without the drills that are tried elsewhere; an alert that arrives nowhere is not waited for long."""
    told: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    told["checks"] = {name: check for name, check in told["checks"].items() if name not in REHEARSED}
    for check in told["checks"].values():
        if check["kind"] == "alert":
            check["expect"] = {"within": "3s"}
    for model in told["models"].values():
        for item in model["items"].values():
            item["requires"] = [one for one in item["requires"] if one not in REHEARSED]
    path = tmp_path / "readiness.yaml"
    path.write_text(yaml.safe_dump(told, sort_keys=False))
    return path


def cells(run: Run, catalog: Path) -> dict[str, Outcome]:
    """Every check's outcome, and every part's of the two models."""
    found: dict[str, Outcome] = {}
    for cadence in (Cadence.HOURLY, Cadence.DAILY, Cadence.WEEKLY):
        found |= run(cadence, catalog=catalog).outcomes
    for model in ("acceptance", "operations"):
        parts = assessed(Settings.of(catalog), model, as_of=None).found.elements
        found |= {f"{model}/{name}": part.outcome for name, part in parts.items()}
    return found


def test_every_switch_of_the_monitoring_is_in_the_table():
    assert NOTICED.keys() - {"forgotten-usage"} == {switch.name for switch in SWITCHES}


UNREHEARSED = {
    "acceptance/rollback", "acceptance/recovery", "operations/restarts", "operations/hardening",
    "operations/restored", "operations/rolled-back", "operations/recovery",
}  # fmt: skip


def test_everything_passes_that_was_tried(run: Run, sandbox: Sandbox, catalog: Path, home: Path):
    found = cells(run, catalog)
    assert {name: outcome for name, outcome in found.items() if not outcome.passes} == dict.fromkeys(
        UNREHEARSED, Outcome.MISSING
    )
    assert (home / "reports" / "acceptance.html").read_text().count("<svg") == 3


@pytest.mark.timeout(600)
def test_a_switch_changes_exactly_the_cells_that_rest_on_it(breakable: Sandbox, catalog: Path, tmp_path: Path):
    """Tried without flows, which add nothing to what is observed and assessed.

    One after the other is on while everything is looked at; what was seen is judged together, as judging costs as much
    for one as for all of them.
    """
    environment = {**breakable.environment, "READINESS_HOME": str(tmp_path / "var")}
    example = Example.of(str(catalog.parent), environment, drills=tmp_path / "drills")
    collected = []
    for switch in NOTICED:
        breakable.switch(switch, on=True)
        collected += example.collected(example.catalog.checks, ending=f"-{switch}")
        breakable.mend()
    verdicts = example.judged(collected)
    for switch in NOTICED:
        found = cells_of(example, example.told_apart(verdicts, f"-{switch}"))
        changed = {name: one for name, one in found.items() if not one.passes and name not in UNREHEARSED}
        assert (switch, changed) == (switch, NOTICED[switch])


def cells_of(example: Example, verdicts: Verdicts) -> dict[str, Outcome]:
    """Every check's outcome, and every part's of the two models, by such verdicts."""
    found = {name: worst(one.outcome for one in about) for name, about in verdicts.items()}
    return found | {name: outcome for name, (outcome, _) in example.cells(verdicts).items()}
