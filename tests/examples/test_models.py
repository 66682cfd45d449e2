"""What is broken in the sandbox changes exactly those cells of each team's models that rest on it.

Of each example everything is observed twice, as it is good and with all of its switches on, and judged together. What
each switch changes in the models follows from the findings that are its own. Drills, and what people would have to
attest, are supposed to have passed; `slos-and-drills`, whose drills and month are the example, has tests of its own.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from checks.slots import Cadence
from examples.sandbox.system import Sandbox
from tasks.collectors.asking import Collected
from tests.examples.observing import Example, Verdicts

SERVICES = (
    *("bots", "redis", "signal-service", "risk-service", "coordination-service", "event-store-service"),
    *("reconciliation-service", "shadow-parity-service", "portfolio-risk-service", "exchange-snapshot-service"),
    *("promotion-gates", "monitoring", "postgres"),
)


def everywhere(*criteria: str, services: Iterable[str] = SERVICES, rows: bool = True) -> set[str]:
    """Cells of the scorecard in some rows, and what the rows themselves come to."""
    cells = {f"scorecard/{service}/{criterion}" for service in services for criterion in criteria}
    return cells | ({f"scorecard/{service}" for service in services} if rows else set())


PROMOTION = everywhere("promotion", rows=False) | {"scorecard/gate", "scorecard/matrix/gate"}
"""What rests on the promotion gate: no service reaches L3 anyway, so their rows stay as they are."""

Noticed = Mapping[str, tuple[set[str], set[str]]]
"""By switch: the checks that notice it, and the cells that change."""

EXAMPLES: Mapping[str, Noticed] = {
    "release-gate": {
        "stale-report": ({"reconciliation-report"}, {"release/reconciliation", "release/billing"}),
        "failing-test": ({"buyer-scenarios"}, {"release/buyer", "release/delivery"}),
        "old-build": ({"build-tests"}, {"release/tests", "release/delivery"}),
        "open-doors": ({"contract"}, {"release/refusals", "release/api-and-orchestration"}),
        "truncated-metrics": ({"metrics"}, {"release/metrics", "release/api-and-orchestration"}),
        "unlimited": ({"quotes-limit"}, {"release/hardening", "release/api-and-orchestration"}),
        "truncated-backup": ({"newest-backup"}, {"release/backups", "release/billing"}),
        "moving-tag": (set(), set()),
    },
    "service-scorecard": {
        "future-report": (
            {"parity-fresh"},
            {"promotion-gate/parity", "scorecard/matrix/parity"} | PROMOTION,
        ),
        "old-build": (
            {"replay-tests"},
            {"promotion-gate/regression"} | everywhere("regression", rows=False) | PROMOTION,
        ),
        "forgetful-cache": ({"streams"}, everywhere("durability", "pressure", services=["redis"])),
        "open-socket": ({"listening"}, everywhere("exposure")),
        "leaky-log": ({"jobs-log"}, everywhere("secrets")),
        "old-secret": ({"secrets-renewed"}, everywhere("rotation")),
        "drifted-bill": ({"bill-of-materials"}, everywhere("pinned")),
        "borrowed-health": (
            {"containers"},
            everywhere("health", "immutable", "limits", "restart", "tagged", services=["signal-service"]),
        ),
        "firing-alert": ({"alerts"}, everywhere("alerts")),
        "open-doors": (set(), set()),
    },
    "weighted-score": {
        "truncated-metrics": (
            {"service-metrics"},
            {"score/observability/metrics", "score/observability", "gate/observability"},
        ),
        "forged-notes": (
            {"artefacts-signed", "release-agrees"},
            {
                *("score/release-engineering/signing", "score/release-engineering"),
                *("gate/security-review", "gate/release-notes"),
            },
        ),
        "drifted-configuration": ({"configuration"}, {"score/configuration/drift", "score/configuration"}),
        "vulnerable-package": (
            {"dependencies-audited"},
            {"score/security/dependency-scan", "score/security", "gate/security-review"},
        ),
        "moving-tag": ({"containers"}, {"score/reliability/resource-limits", "score/reliability"}),
        "old-build": (
            {"build-tests"},
            {
                *("score/release-engineering/pipeline", "score/release-engineering"),
                *("score/testing/coverage", "score/testing/integration", "score/testing"),
            },
        ),
        "firing-alert": ({"alerts"}, {"score/observability/alert-tuning", "score/observability"}),
        "failing-test": (set(), set()),
    },
    "use-case-register": {
        "down": (
            {"service-live", "rollback"},
            {f"register/uc-{number:03}{part}" for number in range(1, 33) for part in ("", "/drills")},
        ),
    },
}


def collected(example: Example, ending: str, drills: Iterable[str] = ()) -> list[Collected]:
    """Everything that takes no minutes and no people, and some drills."""
    checks = example.catalog.checks.values()
    ours = [one.id for one in checks if one.id in drills or (one.every is not Cadence.WEEKLY and one.id != "attested")]
    return example.collected(ours, ending=ending)


def outcomes(verdicts: Verdicts) -> dict[str, dict[str, str]]:
    return {name: {one.subject: str(one.outcome) for one in found} for name, found in verdicts.items()}


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {name for name in after if after[name] != before[name]}


@pytest.mark.slow
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_switch_changes_exactly_the_cells_that_rest_on_it(name: str, breakable: Sandbox, tmp_path: Path):
    (tmp_path / "evidence").mkdir()
    example = Example.of(name, {**breakable.environment, "READINESS_HOME": str(tmp_path)}, drills=tmp_path / "drills")
    supposed, noticed = example.supposed(example.catalog.checks), EXAMPLES[name]
    seen = collected(example, "-good")
    for switch in noticed:
        breakable.switch(switch, on=True)
    drills = {check for checks, _ in noticed.values() for check in checks}
    verdicts = example.judged([*seen, *collected(example, "-broken", drills)])
    good, broken = ({**supposed, **example.told_apart(verdicts, ending)} for ending in ("-good", "-broken"))
    assert changed(outcomes(good), outcomes(broken)) == drills
    before = example.cells(good)
    for switch, (checks, cells) in noticed.items():
        after = example.cells({**good, **{check: broken[check] for check in checks}})
        assert (switch, changed(before, after)) == (switch, cells)
