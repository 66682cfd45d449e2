"""Every switch of the sandbox is noticed by the checks it should be noticed by, and by no other."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from checks.evidence.verification import StepState
from checks.outcome import Outcome, worst
from checks.slots import Cadence
from examples.sandbox import monitoring_switches
from examples.sandbox.switches import SWITCHES
from examples.sandbox.system import Sandbox
from flows.rederiving import rederived
from tests.examples.observing import Example
from tests.flows.conftest import SANDBOX_CATALOG, Run

FAIL, STALE = Outcome.FAIL, Outcome.STALE

DRILLS = {"service-rollback": FAIL, "service-restart": FAIL}

NOTICED: Mapping[str, Mapping[str, Outcome]] = {
    # A service that is not well is no steady state to rehearse from: its drills say so and do nothing.
    "down": {
        **dict.fromkeys(("service-up", "service-live", "service-ready", "service-metrics", "service-contract"), FAIL),
        **dict.fromkeys(("hourly-run", "quotes-limit", "canary-round-trip"), FAIL),
        "release-agrees": Outcome.MISSING,
        **DRILLS,
    },
    "slow": {"service-up": FAIL, "service-ready": FAIL},
    "failing-body": {"service-up": FAIL, "service-ready": FAIL, **DRILLS},
    "stale-report": {"reconciliation-report": STALE},
    "future-report": {"parity-report": STALE},
    "truncated-metrics": {"service-metrics": FAIL},
    "missing-ledger-rows": {"ledger-agrees-with-events": FAIL},
    "changed-shadow-rows": {"shadow-equals-ledger": FAIL},
    "truncated-backup": {"ledger-backup": FAIL, "ledger-restore": FAIL},
    "wrong-database-backup": {"ledger-backup": FAIL, "ledger-restore": FAIL},
    "empty-backup": {"ledger-backup": FAIL, "ledger-restore": FAIL},
    "broken-link": {"runbooks": FAIL},
    "old-review": {"objectives": STALE},
    "failing-test": {"acceptance": FAIL},
    "old-build": {"build-tests": STALE},
    "vulnerable-package": {"dependencies-audited": FAIL},
    "empty-audit": {"dependencies-audited": Outcome.INCONCLUSIVE},
    "drifted-bill": {"bill-of-materials": FAIL, "artefacts-signed": FAIL},
    "old-secret": {"secrets-renewed": FAIL},
    "exposed-secret": {"secrets-hidden": FAIL, "configuration": FAIL},
    "drifted-configuration": {"configuration": FAIL},
    "open-socket": {"listening": FAIL},
    "forged-notes": {"artefacts-signed": FAIL, "release-agrees": FAIL},
    "untagged-release": {"release-agrees": Outcome.MISSING},
    "missing-headers": {"service-contract": FAIL},
    "open-doors": {"service-contract": FAIL},
    "mixed-content": {"service-contract": FAIL},
    "double-trigger": {"hourly-run": FAIL},
    "unlimited": {"quotes-limit": FAIL},
    "missing-constraint": {"ledger-facts": FAIL},
    "forgotten-usage": {"usage": FAIL},
    "leaky-log": {"jobs-log": FAIL},
    "tampered-event": {"event-log": FAIL},
    "forgetful-cache": {"streams": FAIL},
    "moving-tag": {"containers": FAIL},
    "borrowed-health": {"containers": FAIL},
}


BACKUPS = ("truncated-backup", "wrong-database-backup", "empty-backup")
PULSED = ("down", "slow", "failing-body", "stale-report", "future-report")
"""What a pulse notices, and so takes a flow."""
TRIED = tuple(name for name in NOTICED if name not in (*PULSED, *BACKUPS))
CADENCES = (Cadence.PULSE, Cadence.HOURLY, Cadence.DAILY, Cadence.WEEKLY)
LASTING, HURRIED = 9.5, 3.5
"""Seconds: enough for three looks at everything, as the catalogue has it and every second."""


def outcomes(
    run: Run, cadences: Sequence[Cadence] = CADENCES, *, lasting: float = HURRIED, **catalog: Path
) -> dict[str, Outcome]:
    """What cadences come to, by check."""
    more = {Cadence.PULSE: {"lasting": lasting}}
    summaries = [run(cadence, **catalog, **more.get(cadence, {})) for cadence in cadences]
    return {check: outcome for summary in summaries for check, outcome in summary.outcomes.items()}


def failing(outcomes: Mapping[str, Outcome]) -> dict[str, Outcome]:
    return {check: outcome for check, outcome in outcomes.items() if not outcome.passes}


def hurried(folder: Path, *, drill: str | None = None) -> Path:
    """The sandbox's catalogue, its pulse looking every second; with one drill alone, if that is the one that matters.

    Drills take their time where nothing is wrong with them.
    """
    catalog = yaml.safe_load(SANDBOX_CATALOG.read_text())
    checks = {
        key: {**check, "sample_every": "1s"} if check.get("every") == "pulse" else check
        for key, check in catalog["checks"].items()
    }
    catalog["checks"] = {
        key: check for key, check in checks.items() if drill in (None, key) or check.get("every") != "weekly"
    }
    path = folder / "readiness.yaml"
    path.write_text(yaml.safe_dump(catalog, sort_keys=False))
    return path


def test_everything_passes_on_a_good_sandbox_and_is_derived_again(run: Run, home: Path):
    assert failing(outcomes(run, lasting=LASTING)) == {}
    for bundle in home.glob("evidence/latest/*"):
        step = rederived(bundle.resolve())
        assert (step.state, step.problems) == (StepState.VERIFIED, ())


def test_every_switch_is_in_the_table():
    remembered = {switch.name for switch in monitoring_switches.SWITCHES}  # another example asks what it remembers
    assert set(NOTICED) == set(SWITCHES) - remembered


@pytest.mark.slow
@pytest.mark.parametrize("switch", PULSED)
def test_a_switch_that_a_pulse_notices_changes_exactly_what_it_should(
    switch: str, breakable: Sandbox, run: Run, tmp_path: Path
):
    """Drills that are not to notice it are rehearsed below, with every such switch on."""
    breakable.switch(switch, on=True)
    drills = any(check in DRILLS for check in NOTICED[switch])
    cadences = CADENCES if drills else CADENCES[:3]
    assert failing(outcomes(run, cadences, catalog=hurried(tmp_path))) == NOTICED[switch]


@pytest.mark.slow
@pytest.mark.parametrize("switches", [TRIED[first::4] for first in range(4)], ids=lambda switches: switches[0])
def test_a_switch_changes_exactly_what_it_should(switches: Sequence[str], breakable: Sandbox, tmp_path: Path):
    """Tried without flows, which add nothing to what is observed; what takes minutes to look at is tried below.

    One after the other is on while everything is looked at; what was seen is judged together, as judging costs as much
    for one as for all of them.
    """
    example = Example.of("sandbox", {**breakable.environment, "READINESS_HOME": str(tmp_path)}, drills=tmp_path)
    checks = example.catalog.checks.values()
    names = [check.id for check in checks if check.every in (Cadence.HOURLY, Cadence.DAILY)]
    collected = []
    for switch in switches:
        breakable.switch(switch, on=True)
        collected += example.collected(names, ending=f"-{switch}")
        breakable.mend()
    verdicts = example.judged(collected)
    for switch in switches:
        found = {name: worst(one.outcome for one in verdicts[f"{name}-{switch}"]) for name in names}
        assert (switch, failing(found)) == (switch, NOTICED[switch])


@pytest.mark.slow
@pytest.mark.parametrize("switch", BACKUPS)
def test_a_broken_backup_is_noticed_each_day_and_by_its_drill(
    switch: str, breakable: Sandbox, run: Run, tmp_path: Path
):
    breakable.switch(switch, on=True)
    assert failing(outcomes(run, catalog=hurried(tmp_path, drill="ledger-restore"))) == NOTICED[switch]


@pytest.mark.slow
def test_no_pulse_and_no_drill_notices_what_is_none_of_its_business(breakable: Sandbox, run: Run, tmp_path: Path):
    """One switch of each thing that can be broken, and all at once."""
    bystanders = {SWITCHES[switch].breaks: switch for switch in NOTICED if switch not in PULSED}
    for switch in bystanders.values():
        breakable.switch(switch, on=True)
    assert failing(outcomes(run, [Cadence.PULSE], catalog=hurried(tmp_path))) == {}
    assert outcomes(run, [Cadence.WEEKLY]) == {
        "ledger-restore": FAIL,
        "service-rollback": Outcome.PASS,
        "service-restart": Outcome.PASS,
    }
