"""What a catalogue may ask of drills, and what it may not leave out."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.catalog import Catalog, HttpSource, ProgramSource
from checks.kinds.alert import AlertCheck
from checks.kinds.backup import BackupCheck
from checks.kinds.chaos import ChaosCheck
from checks.kinds.drill import ArgoRollback, CallHttp, RolloutUndo, RunProgram, RunWorkflow, SendSignal
from checks.kinds.restart import RestartCheck
from checks.kinds.rollback import RollbackCheck
from checks.slots import Cadence

DRILL = {"steady": {"endpoints": ["api:/health"]}, "version": {"at": "web:/version"}}
ROLLBACK = {**DRILL, "back": {"run": "deployer", "arguments": ["v1"]}, "forward": {"call": "control:/deploy"}}
RESTART = {**DRILL, "stop": {"process": "files:pid"}, "load": {"requests": ["slow:/"]}}


def test_a_drill_is_weekly_and_changes_what_it_asks_and_needs_every_source_it_names():
    check = RollbackCheck.model_validate(ROLLBACK)
    assert check.every is Cadence.WEEKLY
    assert check.changes
    assert check.sources == ("api", "web", "deployer", "control")
    writes = {"post": "notes:/", "database": "ledger", "counted": "select 1, 1"}
    restart = RestartCheck.model_validate(
        {**RESTART, "writes": writes, "sessions": {"database": "books", "application": "x"}}
    )
    assert restart.sources == ("api", "web", "files", "slow", "notes", "ledger", "books")
    chaos = ChaosCheck.model_validate({**DRILL, "experiment": "files:x.json", "chaos": "toolkit"})
    assert chaos.sources == ("api", "web", "files", "toolkit")
    assert AlertCheck.model_validate({"alertmanager": "alerts", "receiver": "sink:/x"}).changes
    assert not BackupCheck.model_validate({"backups": "files:*"}).changes
    assert BackupCheck.model_validate({"backups": "files:*", "restore": {"smoke": ["select 1"]}}).changes


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ({"run": "deployer", "arguments": ["v1"]}, RunProgram),
        ({"call": "control:/deploy", "send": {"version": "v1"}}, CallHttp),
        ({"workflow": "deploy.yml", "repository": "desk/service", "github": "github"}, RunWorkflow),
        ({"rollout": "deployment/desk", "kubectl": "kubectl"}, RolloutUndo),
        ({"application": "desk", "argocd": "argocd"}, ArgoRollback),
        ({"process": "files:pid", "signal": "INT"}, SendSignal),
    ],
)
def test_what_a_trigger_does_shows_by_what_it_names(written: dict[str, Any], meant: type):
    assert type(RollbackCheck.model_validate({**ROLLBACK, "back": written}).back) is meant


@pytest.mark.parametrize(
    "wrong",
    [
        {"steady": {"endpoints": []}},
        {"steady": {"endpoints": ["api:/health"], "status": []}},
        {"version": None},
        {"back": "kubectl rollout undo deployment/desk"},
        {"back": {"shell": "rm -rf"}},
        {"back": {"run": "deployer", "arguments": "v1 v2"}},
        {"back": {"call": "control:/deploy", "method": "GET"}},
        {"back": {"rollout": "--all", "kubectl": "kubectl"}},
        {"back": {"application": "-h", "argocd": "argocd"}},
        {"back": {"process": "files:pid", "signal": "STOP"}},
        {"back": {"workflow": "x", "repository": "../..", "github": "github", "extra": 1}},
        {"abort": None},
        {"poll": "0s"},
        {"consecutive": 0},
        {"forward": None},
    ],
)
def test_what_nobody_could_mean_is_refused(wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        RollbackCheck.model_validate({**ROLLBACK, **wrong})


def catalog(environment: str, **more: Any) -> Catalog:
    names = ("api", "web", "control")
    sources: dict[str, Any] = {name: HttpSource(http="http://127.0.0.1:9") for name in names}
    sources["deployer"] = ProgramSource(program=("deploy",))
    check = RollbackCheck.model_validate({"id": "back", **ROLLBACK})
    return Catalog(system="desk", environment=environment, sources=sources, checks={"back": check}, **more)


@pytest.mark.parametrize("environment", ["production", "prod", "production-eu", "live", "eu-prod", "de-live-2"])
def test_in_production_a_drill_is_refused_unless_it_is_allowed_by_its_name(environment: str):
    with pytest.raises(ValidationError, match="put back into allow_in_production"):
        catalog(environment)
    assert catalog(environment, allow_in_production=("back",)).is_production


def test_leave_for_a_check_that_does_not_exist_is_refused():
    with pytest.raises(ValidationError, match="no check is called 'forth'"):
        catalog("staging", allow_in_production=("forth",))


@pytest.mark.parametrize("value", ["token", "", "${1}", "{x}"])
def test_a_programs_variables_come_from_the_environment(value: str):
    assert ProgramSource(program=("deploy",), environment={"TOKEN": "${DEPLOY_TOKEN}"})
    with pytest.raises(ValidationError):
        ProgramSource(program=("deploy",), environment={"TOKEN": value})
