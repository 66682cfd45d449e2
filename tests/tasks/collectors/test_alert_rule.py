"""Alert rules in a real Prometheus, tested by the real promtool: loaded, tested, quiet, owned, and each not."""

import json
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from checks.expectations.alert_rule import ALERT_RULE
from checks.expectations.judge import judge
from checks.expectations.suite import Occasion
from checks.findings import Finding
from checks.kinds.alert_rule import AlertRuleCheck
from checks.outcome import Outcome
from checks.slots import Cadence, Slot
from tasks.collectors.alert_rule import AlertRuleCollector
from tasks.collectors.sources import FolderAccess, HttpAccess, ProgramAccess, Sources
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import closed_port, now
from tests.tasks.prometheus import needs_prometheus, real_prometheus

pytestmark = [needs_prometheus, pytest.mark.slow]

SLOW = "histogram_quantile(0.95, sum(rate(seconds_bucket[5m])) by (le)) > 1"
RULES = {
    "groups": [
        {
            "name": "service",
            "rules": [
                {"alert": "Slow", "expr": SLOW, "for": "10m", "labels": {"severity": "page"}},
                {"alert": "NoIngests", "expr": "increase(ingests_total[15m]) == 0"},
                {"alert": "Noisy", "expr": "vector(1)"},
                {"alert": "Stranger", "expr": "vector(1) == 2", "labels": {"owner": "Platform"}},
                {"record": "a:b", "expr": "vector(1)"},
            ],
        }
    ]
}
GROWS = [("1", "0+0x60"), ("2", "0+10x60"), ("+Inf", "0+10x60")]
TESTS = {
    "rule_files": ["rules.yml"],
    "evaluation_interval": "1m",
    "tests": [
        {
            "interval": "1m",
            "input_series": [{"series": f'seconds_bucket{{le="{le}"}}', "values": grown} for le, grown in GROWS]
            + [{"series": "ingests_total", "values": "5+0x60"}],
            "alert_rule_test": [
                {"eval_time": "30m", "alertname": "Slow", "exp_alerts": [{"exp_labels": {"severity": "page"}}]},
                {"eval_time": "30m", "alertname": "NoIngests", "exp_alerts": [{}]},
                {"eval_time": "1m", "alertname": "Noisy", "exp_alerts": []},
            ],
        }
    ],
}
DECLARED: dict[str, dict[str, Any]] = {
    "Slow": {"owner": "Desk Ops", "guards": ["latency"], "after": "10m"},
    "NoIngests": {"owner": "Desk Ops", "guards": ["throughput"]},
    "Noisy": {},
    "Gone": {"owner": "Desk Ops"},
}


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus that has evaluated the rules."""
    folder = tmp_path_factory.mktemp("prometheus")
    (folder / "rules.yml").write_text(yaml.safe_dump(RULES))
    config = {"global": {"evaluation_interval": "1s"}, "rule_files": [str(folder / "rules.yml")]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with real_prometheus(folder) as url:
        deadline = time.monotonic() + 60
        while "unknown" in httpx.get(f"{url}/api/v1/rules", trust_env=False).text:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield url


def check(**given: Any) -> AlertRuleCheck:
    return AlertRuleCheck.model_validate(
        {
            "id": "alerts",
            "prometheus": "metrics",
            "rules": "files:rules.yml",
            "tests": "files:tests.yml",
            "promtool": "promtool",
            "alerts": DECLARED,
            **given,
        }
    )


async def found(
    folder: Path, url: str, *, rules: Any = RULES, tests: Any = TESTS, at: datetime | None = None, **given: Any
) -> dict[str, dict[str, Finding]]:
    """What does not pass, by alert and rule."""
    (folder / "rules.yml").write_text(rules if isinstance(rules, str) else yaml.safe_dump(rules))
    (folder / "tests.yml").write_text(tests if isinstance(tests, str) else yaml.safe_dump(tests))
    accesses = {
        "metrics": HttpAccess("metrics", url, {}, 5, 1_000_000),
        "files": FolderAccess("files", folder, 100_000),
        "promtool": ProgramAccess("promtool", (shutil.which("promtool") or "promtool",)),
    }
    asked = check(**given)
    collector = AlertRuleCollector(Sources(accesses), now)
    evidence = await collector.collect(asked)
    await collector.aclose()
    assert AlertRuleCollector.rows_from(asked, evidence.captures) == evidence.rows
    moment = at or now()
    slot = Slot(moment.replace(minute=0, second=0, microsecond=0), Cadence.HOURLY)
    (judgement,) = judge(ALERT_RULE, [(asked, evidence)], slot=slot, occasion=Occasion(moment, {}))
    return {
        verdict.subject: {one.expectation: one for one in verdict.findings if one.outcome is not Outcome.PASS}
        for verdict in judgement.verdicts
    }


def outcomes(of: Mapping[str, Finding]) -> dict[str, Outcome]:
    return {name: finding.outcome for name, finding in of.items()}


async def test_each_alert_is_told_in_all_that_it_lacks(prometheus: str, tmp_path: Path):
    alerts = await found(tmp_path, prometheus)
    assert outcomes(alerts["Slow"]) == {}
    assert outcomes(alerts["NoIngests"]) == {}
    assert outcomes(alerts["Noisy"]) == {
        "tested": Outcome.FAIL,
        "unit-test": Outcome.INCONCLUSIVE,
        "quiet": Outcome.FAIL,
        "owned": Outcome.FAIL,
        "purpose": Outcome.WARN,
    }
    assert alerts["Noisy"]["tested"].because == "no unit test shows it firing"
    assert alerts["Noisy"]["quiet"].because.startswith("is firing since 20")
    assert alerts["Gone"]["loaded"].because == "no rule of this name is loaded"
    assert outcomes(alerts["Stranger"]) == {"purpose": Outcome.WARN}  # nobody declared it, and its label owns it


async def test_what_is_loaded_has_to_be_what_was_tested(prometheus: str, tmp_path: Path):
    """Prometheus writes its expression in another form than the file, and that is no difference."""
    slower = SLOW.replace("> 1", "> 2")
    others = yaml.safe_dump(RULES).replace(SLOW, slower)
    alerts = await found(tmp_path, prometheus, rules=others)
    assert outcomes(alerts["Slow"])["as-written"] is Outcome.FAIL
    assert alerts["Slow"]["as-written"].because.endswith(">1 is loaded and " + _bare(slower) + " written")
    assert "as-written" not in alerts["NoIngests"]


def _bare(expression: str) -> str:
    """As Prometheus writes it, without its white space."""
    return "histogram_quantile(0.95,sumby(le)(rate(seconds_bucket[5m])))" + expression.rpartition(")")[2].replace(
        " ", ""
    )


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (("for: 10m", "for: 5m"), "its time to wait: 600 s is loaded and 300 s written"),
        (("severity: page", "severity: ticket"), "its labels: severity=page is loaded and severity=ticket written"),
    ],
)
async def test_a_rule_that_waits_or_is_labelled_otherwise_is_another(
    prometheus: str, tmp_path: Path, change: tuple[str, str], because: str
):
    alerts = await found(tmp_path, prometheus, rules=yaml.safe_dump(RULES).replace(*change))
    assert because in alerts["Slow"]["as-written"].because


async def test_a_unit_test_that_fails_is_about_its_own_alert(prometheus: str, tmp_path: Path):
    alerts = await found(tmp_path, prometheus, tests=yaml.safe_dump(TESTS).replace("5+0x60", "5+1x60"))
    assert outcomes(alerts["NoIngests"]) == {"unit-test": Outcome.FAIL}
    assert "alertname: NoIngests, time: 30m" in alerts["NoIngests"]["unit-test"].because
    assert "unit-test" not in alerts["Slow"]


@pytest.mark.parametrize(
    ("tests", "because"),
    [
        ({}, "tests.yml tests other rules than rules.yml"),
        ({**TESTS, "rule_files": ["others.yml"]}, "tests.yml tests other rules than rules.yml"),
        ({**TESTS, "tests": []}, "no unit test names it"),
        ("rule_files: [", "tests.yml is no YAML"),
        ("7", "is no file of unit tests"),
    ],
)
async def test_tests_that_say_nothing_of_an_alert_do_not_pass_it(
    prometheus: str, tmp_path: Path, tests: Any, because: str
):
    alerts = await found(tmp_path, prometheus, tests=tests)
    assert outcomes(alerts["Slow"])["tested"] is Outcome.FAIL
    assert because in alerts["Slow"]["tested"].because


async def test_tests_that_promtool_cannot_run_are_no_pass(prometheus: str, tmp_path: Path):
    alerts = await found(tmp_path, prometheus, tests=yaml.safe_dump(TESTS).replace("interval: 1m", "intervals: 1m"))
    assert outcomes(alerts["Slow"]) == {"unit-test": Outcome.FAIL}
    assert "field intervals not found" in alerts["Slow"]["unit-test"].because


async def test_without_promtool_nothing_was_tested(prometheus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/nowhere/{name}")
    alerts = await found(tmp_path, prometheus)
    assert "cannot be run: No such file or directory" in alerts["Slow"]["unit-test"].because


@pytest.mark.parametrize("rules", ["groups: [", "- a", "groups: [{rules: [{alert: x}]}]"])
async def test_a_file_that_holds_no_rules_is_an_error(prometheus: str, tmp_path: Path, rules: str):
    alerts = await found(tmp_path, prometheus, rules=rules)
    assert outcomes(alerts["Slow"])["readable"] is Outcome.ERROR
    assert outcomes(alerts["Slow"])["as-written"] is Outcome.INCONCLUSIVE


async def test_a_prometheus_that_is_down_is_an_error_and_nothing_else_is_said(tmp_path: Path):
    alerts = await found(tmp_path, f"http://127.0.0.1:{closed_port()}")
    assert alerts.keys() == DECLARED.keys()
    assert alerts["Slow"]["answers"].because == "Prometheus: the connection was refused"
    assert set(outcomes(alerts["Slow"]).values()) == {Outcome.ERROR, Outcome.INCONCLUSIVE}


def rule(**fields: Any) -> str:
    loaded = {
        "type": "alerting", "name": "Slow", "query": SLOW, "duration": 600, "labels": {"severity": "page"},
        "alerts": [], "health": "ok", "state": "inactive", "lastEvaluation": "2026-11-22T12:00:00.123456789Z",
        **fields,
    }  # fmt: skip
    return json.dumps({"status": "success", "data": {"groups": [{"rules": [loaded]}]}})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (rule(), {}),
        (rule(health="err", lastError="many-to-many"), {"works": Outcome.FAIL, "quiet": Outcome.INCONCLUSIVE}),
        (rule(health="unknown", lastEvaluation="0001-01-01T00:00:00Z"), {
            "works": Outcome.FAIL, "quiet": Outcome.INCONCLUSIVE, "evaluated": Outcome.INCONCLUSIVE,
            "clock": Outcome.INCONCLUSIVE,
        }),
        (rule(lastEvaluation="2026-11-22T11:50:00Z"), {"evaluated": Outcome.STALE}),
        (rule(lastEvaluation="2026-11-22T12:09:00+00:00"), {"clock": Outcome.STALE}),
        (rule(state="firing", alerts=[{"activeAt": "2026-11-22T11:00:00Z"}]), {"quiet": Outcome.FAIL}),
        (rule(state="pending"), {"quiet": Outcome.FAIL}),
        (rule(state="asleep"), {"quiet": Outcome.FAIL}),
        (rule(duration="600s"), {"answers": Outcome.ERROR}),
    ],
)  # fmt: skip
async def test_the_state_of_a_rule_is_what_prometheus_said_of_it(
    server: HostileServer, tmp_path: Path, answer: str, expected: dict[str, Outcome]
):
    server.put("/api/v1/rules?type=alert", answer)
    moment = datetime.fromisoformat("2026-11-22T12:02:00Z")
    alerts = await found(tmp_path, server.url, at=moment, alerts={"Slow": DECLARED["Slow"]})
    unmet = outcomes(alerts["Slow"])
    if "answers" in expected:
        assert unmet["answers"] is Outcome.ERROR
    else:
        assert unmet == expected
