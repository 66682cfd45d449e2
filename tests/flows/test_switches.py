"""Every switch of the sandbox is noticed by the checks it should be noticed by, and by no other."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from checks.evidence.verification import StepState
from checks.outcome import Outcome
from checks.slots import Cadence
from examples.sandbox.switches import SWITCHES
from examples.sandbox.system import Sandbox
from flows.rederiving import rederived
from tests.flows.conftest import Run

FAIL, STALE = Outcome.FAIL, Outcome.STALE

DRILLS = {"service-rollback": FAIL, "service-restart": FAIL}

NOTICED: Mapping[str, Mapping[str, Outcome]] = {
    # A service that is not well is no steady state to rehearse from: its drills say so and do nothing.
    "down": {"service-live": FAIL, "service-ready": FAIL, "service-metrics": FAIL, **DRILLS},
    "slow": {"service-ready": FAIL},
    "failing-body": {"service-ready": FAIL, **DRILLS},
    "stale-report": {"reconciliation-report": STALE},
    "future-report": {"parity-report": STALE},
    "truncated-metrics": {"service-metrics": FAIL},
    "missing-ledger-rows": {"ledger-agrees-with-events": FAIL},
    "changed-shadow-rows": {"shadow-equals-ledger": FAIL},
    "truncated-backup": {"ledger-backup": FAIL, "ledger-restore": FAIL},
    "wrong-database-backup": {"ledger-backup": FAIL, "ledger-restore": FAIL},
    "empty-backup": {"ledger-backup": FAIL, "ledger-restore": FAIL},
}


def outcomes(run: Run) -> dict[str, Outcome]:
    """What all cadences come to, by check."""
    return {
        check: outcome
        for cadence in (Cadence.HOURLY, Cadence.DAILY, Cadence.WEEKLY)
        for check, outcome in run(cadence).outcomes.items()
    }


def test_everything_passes_on_a_good_sandbox_and_is_derived_again(run: Run, home: Path):
    assert {check: outcome for check, outcome in outcomes(run).items() if not outcome.passes} == {}
    for bundle in home.glob("evidence/latest/*"):
        step = rederived(bundle.resolve())
        assert (step.state, step.problems) == (StepState.VERIFIED, ())


def test_every_switch_is_in_the_table():
    assert set(NOTICED) == set(SWITCHES)


@pytest.mark.slow
@pytest.mark.parametrize("switch", NOTICED)
def test_a_switch_changes_exactly_what_it_should(switch: str, breakable: Sandbox, run: Run):
    breakable.switch(switch, on=True)
    assert {check: outcome for check, outcome in outcomes(run).items() if not outcome.passes} == NOTICED[switch]
