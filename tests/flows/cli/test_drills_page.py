"""The page on drills: its commands work, its catalogue is one, and it tells of every finding and of no other."""

import re
import shlex
from pathlib import Path

import pytest

from checks.expectations.alert import ALERT
from checks.expectations.backup import BACKUP
from checks.expectations.chaos import CHAOS
from checks.expectations.drill import DECLARED, GUARDS, RETURNED
from checks.expectations.restart import RESTART
from checks.expectations.rollback import ROLLBACK
from checks.expectations.suite import AnySuite
from examples.sandbox.system import Sandbox
from tests.flows.cli.commands import readiness
from tests.flows.conftest import SANDBOX_CATALOG
from tests.tasks.drills.guards import GUARDS as GUARD_LIST

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")
SHARED = {*GUARDS, *DECLARED, *RETURNED}
COMMANDS = [
    line.partition("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in block.splitlines()
]
SOURCES = """\
system: desk
environment: staging
sources:
  files: {folder: /srv/desk}
  ledger: {database: "${LEDGER_URL}"}
  api: {http: "http://127.0.0.1:9"}
  deployer: {program: [deploy]}
checks:
"""


def test_the_readme_leads_to_it():
    assert "(docs/drills.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_steps_that_it_shows_are_those_that_are_printed(sandbox: Sandbox):
    command, _, shown = re.search(r"```\n\$ readiness (.*?)\n(.*?)```", PAGE, re.DOTALL).expand(r"\1§\2").partition("§")
    printed = readiness(*shlex.split(command), "--catalog", SANDBOX_CATALOG, COLUMNS="200", **sandbox.environment)
    assert re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:40000", printed.stdout) == shown


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.startswith("readiness drill")])
def test_every_drill_that_it_names_is_there(sandbox: Sandbox, command: str):
    arguments = [*shlex.split(command)[1:], "--dry-run", "--catalog", SANDBOX_CATALOG]
    done = readiness(*arguments, **sandbox.environment)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_of_drills_is_printed_as_it_says(sandbox: Sandbox, tmp_path: Path):
    (command,) = (one for one in COMMANDS if one.startswith("readiness report"))
    home = {"READINESS_HOME": str(tmp_path), "READINESS_CATALOG": str(SANDBOX_CATALOG)}
    done = readiness(*shlex.split(command)[1:], **sandbox.environment, **home)
    assert done.returncode == 0
    assert "ledger-restore" in done.stdout


def test_its_catalogue_is_one(tmp_path: Path):
    (block,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "readiness.yaml"
    path.write_text(SOURCES + block, encoding="utf-8")
    done = readiness("catalog", "check", path)
    assert "good: 2 checks" in done.stdout, done.stdout + done.stderr


def test_it_tells_of_every_step_of_the_ladder_and_of_no_other():
    assert set(re.findall(r"`(B\d-[\w-]+)`", PAGE)) == set(BACKUP.rules)


@pytest.mark.parametrize("suite", [ROLLBACK, RESTART, ALERT, CHAOS], ids=lambda suite: suite.kind)
def test_it_tells_of_everything_that_a_drill_must_show(suite: AnySuite):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| {suite.kind} |"))
    told = re.findall(r"`([\w-]+)`", row.split("|")[2])
    assert told == [name for name in suite.rules if name not in SHARED]


def test_it_tells_of_what_all_drills_must_show():
    (told,) = re.findall(r"^Each of them.*?\n\n", PAGE, re.DOTALL | re.MULTILINE)
    assert set(re.findall(r"`([\w-]+)`", told)) == SHARED


@pytest.mark.parametrize("command", [one for one in COMMANDS if "guards" in one])
def test_the_guards_that_it_names_are_there(command: str):
    words = shlex.split(command)[3:]
    assert [one for one in GUARD_LIST if not words or words[0] in f"{one.against} {one.does}"]
