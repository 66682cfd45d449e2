"""The monitoring that is handed out: rules that promtool tests, a dashboard whose queries a real Prometheus answers."""

import json
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from checks.outcome import Outcome
from flows.exporting import metrics_server
from reports.exports.family import EVERYWHERE
from reports.exports.prometheus import FAMILIES
from tests.flows.conftest import wait_for
from tests.flows.watched_home import WatchedHome
from tests.tasks.prometheus import needs_prometheus, real_prometheus

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "examples" / "operation" / "monitoring"
DASHBOARD: dict[str, Any] = json.loads((MONITORING / "dashboard.json").read_text())
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((MONITORING / "rules.yml").read_text())["groups"] for rule in group["rules"]
]
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
TARGETS = [
    pytest.param(panel, target, id=f"{panel['title']}-{target['refId']}")
    for panel in PANELS
    for target in panel["targets"]
]
FILLED_IN = {"$system": ".*", "$environment": ".*", "$__range": "1h"}
EXPOSED = {family.name for family in FAMILIES}
LABELS = {*EVERYWHERE, *(label for family in FAMILIES for label in family.labels)}


def filled_in(expression: str) -> str:
    for variable, value in FILLED_IN.items():
        expression = expression.replace(variable, value)
    assert "$" not in expression, f"{expression} has a variable that the dashboard does not define"
    return expression


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *arguments], cwd=MONITORING, capture_output=True, text=True, check=False)


@needs_prometheus
def test_the_rules_pass_their_unit_tests():
    assert promtool("check", "rules", "--lint-fatal", "rules.yml").returncode == 0
    done = promtool("test", "rules", "tests.yml")
    assert done.returncode == 0, done.stdout + done.stderr


@needs_prometheus
@pytest.mark.parametrize("expression", ["vector(1) == 0", "vector(1)"], ids=["never", "always"])
def test_a_rule_that_fires_never_or_always_fails_its_unit_tests(expression: str, tmp_path: Path):
    document = yaml.safe_load((MONITORING / "rules.yml").read_text())
    for rule in (one for group in document["groups"] for one in group["rules"]):
        rule |= {"expr": expression, "for": "0s"}
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(document))
    shutil.copy(MONITORING / "tests.yml", tmp_path)
    done = promtool("test", "rules", str(tmp_path / "tests.yml"))
    assert set(re.findall(r"alertname: ?(\w+)", done.stdout + done.stderr)) == {rule["alert"] for rule in RULES}


def test_every_rule_asks_only_for_what_is_exposed():
    for rule in RULES:
        names = set(re.findall(r"\breadiness_\w+", rule["expr"]))
        assert names <= EXPOSED, rule["alert"]
        assert names or "up{" in rule["expr"]


def test_the_document_has_every_alert():
    written = re.findall(r"^\| `(Readiness\w+)` \|", (ROOT / "docs" / "monitoring.md").read_text(), re.MULTILINE)
    assert sorted(written) == sorted(rule["alert"] for rule in RULES)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_every_panel_says_what_it_shows_in_which_unit(panel: dict[str, Any]):
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert panel["fieldConfig"]["defaults"]["noValue"] == "nobody knows"


def test_panels_have_numbers_of_their_own_and_do_not_overlap():
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not taken & cells, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_the_dashboard_shows_every_series_that_is_exposed():
    asked = {name for panel in PANELS for target in panel["targets"] for name in names_in(target["expr"])}
    assert asked == EXPOSED


def names_in(expression: str) -> set[str]:
    return set(re.findall(r"\breadiness_\w+", expression))


@pytest.fixture(scope="module")
def scraping(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real Prometheus that scrapes a real exporter over a home with evidence of now, and evaluates the rules."""
    folder = tmp_path_factory.mktemp("monitoring")
    home = replace(WatchedHome.made(folder, datetime.now(UTC)), after=timedelta(0))
    home.run(0, {"api-health": Outcome.PASS, "broken": Outcome.FAIL})
    told: list[str] = []
    with metrics_server(home.settings, ("127.0.0.1", 0), told.append) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        config = yaml.safe_load((MONITORING / "prometheus.yml").read_text())
        config["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
        config["rule_files"] = [str(MONITORING / "rules.yml")]
        config["scrape_configs"][0]["static_configs"] = [{"targets": [f"127.0.0.1:{server.server_address[1]}"]}]
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        try:
            with real_prometheus(folder) as url:
                scraped = "count_over_time(readiness_export_timestamp_seconds[1h]) >= 3"
                wait_for(lambda: bool(asked(url, "query", query=scraped)["result"]), seconds=60)
                yield url
        finally:
            server.shutdown()
            thread.join()
    assert told == []


def asked(url: str, what: str, **parameters: str) -> Any:
    answer = httpx.get(f"{url}/api/v1/{what}", params=parameters, trust_env=False).json()
    assert answer["status"] == "success", answer
    return answer["data"]


@needs_prometheus
@pytest.mark.parametrize(("panel", "target"), TARGETS)
def test_a_real_prometheus_answers_every_query_with_series(
    scraping: str, panel: dict[str, Any], target: dict[str, Any]
):
    assert names_in(target["expr"]) <= EXPOSED
    assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= LABELS
    query = filled_in(target["expr"])
    if target["instant"]:
        found = asked(scraping, "query", query=query)["result"]
    else:
        now = datetime.now(UTC).timestamp()
        found = asked(scraping, "query_range", query=query, start=str(now - 60), end=str(now), step="1s")["result"]
    assert found, f"{query} has no series"


@needs_prometheus
def test_a_real_prometheus_fills_every_variable(scraping: str):
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            match, label = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"]).groups()
            assert asked(scraping, f"label/{label}/values", **{"match[]": filled_in(match)}), variable["name"]


@needs_prometheus
def test_a_real_prometheus_evaluates_every_rule_and_the_failing_check_fires(scraping: str):
    def rules() -> list[dict[str, Any]]:
        return [rule for group in asked(scraping, "rules")["groups"] for rule in group["rules"]]

    wait_for(lambda: all(rule["health"] == "ok" for rule in rules()), seconds=30)
    pending = {(rule["name"], rule["state"]) for rule in rules() if rule["state"] != "inactive"}
    assert pending >= {("ReadinessMajorCheckFails", "pending"), ("ReadinessEvidenceStale", "pending")}
    assert not {name for name, _ in pending} & {"ReadinessAbsent", "ReadinessScrapeFails", "ReadinessStoreUnreadable"}
