"""Chaos Toolkit's journals: each misleading one says `completed` and `deviated: false`, and is judged by what was done.

All of them are made by running Chaos Toolkit.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.evidence.records import Evidence
from checks.expectations.chaos import CHAOS
from checks.findings import Finding
from checks.kinds.chaos import ChaosCheck
from checks.outcome import Outcome
from tasks.collectors.chaos import ChaosCollector
from tasks.collectors.sources import FolderAccess, ProgramAccess
from tests.checks.expectations.judging import Example, verdicts
from tests.tasks.drills.site import QUICK, Site, now, until

TOOLKIT = Path(sys.executable).parent / "chaos"
pytestmark = [
    pytest.mark.skipif(not TOOLKIT.exists(), reason="Chaos Toolkit is not installed beside this Python"),
    pytest.mark.slow,
]

FAIL, NO_ANSWER = Outcome.FAIL, Outcome.INCONCLUSIVE


def process(name: str, script: str, kind: str = "action") -> dict[str, Any]:
    provider = {"type": "process", "path": "/bin/sh", "arguments": ["-c", script]}
    return {"type": kind, "name": name, "provider": provider}


def steady(path: Path) -> dict[str, Any]:
    provider = {"type": "python", "module": "os.path", "func": "exists", "arguments": {"path": str(path)}}
    return {"title": "well", "probes": [{"type": "probe", "name": "well", "tolerance": True, "provider": provider}]}


class Laboratory:
    """A site and a folder of experiments."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.folder = site.folder
        self.options: tuple[str, ...] = ()

    def write(self, **changes: Any) -> None:
        """The experiment, a good one unless something is changed; what is `None` is left out."""
        experiment: Mapping[str, Any] = {
            "title": "An experiment",
            "description": "For a test.",
            "steady-state-hypothesis": steady(self.folder / "current"),
            "method": [process("disturb", f"echo done >> {self.folder / 'disturbed'}")],
            "rollbacks": [process("repair", f"echo done >> {self.folder / 'repaired'}")],
            **changes,
        }
        told = {name: part for name, part in experiment.items() if part is not None}
        (self.folder / "experiment.json").write_text(json.dumps(told))

    async def run(self, **changes: Any) -> Evidence:
        self.write(**changes)
        sources = self.site.sources()
        toolkit = ProgramAccess("chaos", (str(TOOLKIT), *self.options))
        more = {"files": FolderAccess("files", self.folder, 100_000), "chaos": toolkit}
        collector = ChaosCollector(replace(sources, by_name={**sources.by_name, **more}), now)
        try:
            return await collector.collect(CHECK)
        finally:
            await collector.aclose()

    def done(self, what: str) -> bool:
        return (self.folder / what).exists()


CHECK = ChaosCheck.model_validate(
    {
        **{key: value for key, value in QUICK.items() if key != "expect"},
        "abort": {"unhealthy_for": "1s", "after": "60s"},
        "id": "the-experiment",
        "steady": {"endpoints": ["api:/health"]},
        "version": {"at": "api:/version"},
        "experiment": "files:experiment.json",
        "chaos": "chaos",
    }
)


@pytest.fixture
async def laboratory(tmp_path: Path) -> AsyncIterator[Laboratory]:
    async with Site(tmp_path) as site:
        yield Laboratory(site)


def findings(evidence: Evidence) -> dict[str, Finding]:
    assert ChaosCollector.rows_from(CHECK, evidence.captures) == evidence.rows
    (judged,) = verdicts(CHAOS, [Example(CHECK, evidence.rows)])
    return {finding.expectation: finding for verdict in judged for finding in verdict.findings}


def unmet(found: Mapping[str, Finding]) -> dict[str, Outcome]:
    return {name: one.outcome for name, one in found.items() if one.outcome is not Outcome.PASS}


def summary(evidence: Evidence) -> tuple[object, object]:
    journal = json.loads(next(capture.body for capture in evidence.captures if capture.item == "journal.json"))
    return journal["status"], journal["deviated"]


MISLEADING = ("completed", False)


async def test_a_good_experiment_passes(laboratory: Laboratory):
    evidence = await laboratory.run()
    assert unmet(findings(evidence)) == {}
    assert laboratory.done("disturbed")
    assert laboratory.done("repaired")


async def test_a_hypothesis_that_is_not_met_so_that_the_method_never_ran(laboratory: Laboratory):
    evidence = await laboratory.run(**{"steady-state-hypothesis": steady(laboratory.folder / "nowhere")})
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"hypothesis-before": FAIL, "method": FAIL, "hypothesis-after": FAIL}
    assert findings(evidence)["method"].because == "0 of 1 activities of its method were done: disturb: never run"


async def test_a_hypothesis_that_is_skipped(laboratory: Laboratory):
    evidence = await laboratory.run(runtime={"hypothesis": {"strategy": "during-method-only"}})
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"hypothesis-before": FAIL, "hypothesis-after": FAIL}


async def test_an_experiment_without_a_hypothesis(laboratory: Laboratory):
    evidence = await laboratory.run(**{"steady-state-hypothesis": None})
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"hypothesis-before": FAIL, "hypothesis-after": FAIL}


async def test_a_method_whose_command_exits_1(laboratory: Laboratory):
    evidence = await laboratory.run(method=[process("disturb", "exit 1")])
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"method": FAIL}
    assert findings(evidence)["method"].because.endswith("disturb: exit code 1")


async def test_a_rollback_that_exits_1(laboratory: Laboratory):
    evidence = await laboratory.run(rollbacks=[process("repair", "exit 1")])
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"rollbacks": FAIL}


async def test_a_rollback_without_a_program_that_fails(laboratory: Laboratory):
    gone = {"path": str(laboratory.folder / "never-there")}
    provider = {"type": "python", "module": "os", "func": "rmdir", "arguments": gone}
    evidence = await laboratory.run(rollbacks=[{"type": "action", "name": "repair", "provider": provider}])
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"rollbacks": FAIL}


async def test_a_rollback_whose_command_is_not_found(laboratory: Laboratory):
    program = laboratory.folder / "repair.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    evidence = await laboratory.run(
        method=[process("disturb", f"rm {program}")],
        rollbacks=[
            {
                "type": "action",
                "name": "repair",
                "provider": {"type": "process", "path": str(program), "arguments": "now"},
            }
        ],
    )
    assert summary(evidence) == MISLEADING
    assert unmet(findings(evidence)) == {"rollbacks": FAIL}
    assert "repair: " in findings(evidence)["rollbacks"].because


async def test_a_dry_run(laboratory: Laboratory):
    wrapper = laboratory.folder / "dry.sh"
    wrapper.write_text(f'#!/bin/sh\nexec {TOOLKIT} "$1" "$2" "$3" run --dry activities "$5" "$6" "$7" "$8" "$9"\n')
    wrapper.chmod(0o755)
    found = await _with_program(laboratory, wrapper)
    assert unmet(found)["real"] is FAIL
    assert set(unmet(found).values()) == {FAIL, NO_ANSWER}
    assert not laboratory.done("disturbed")


async def _with_program(laboratory: Laboratory, program: Path) -> dict[str, Finding]:
    laboratory.write()
    sources = laboratory.site.sources()
    more = {
        "files": FolderAccess("files", laboratory.folder, 100_000),
        "chaos": ProgramAccess("chaos", (str(program),)),
    }
    collector = ChaosCollector(replace(sources, by_name={**sources.by_name, **more}), now)
    evidence = await collector.collect(CHECK)
    await collector.aclose()
    assert summary(evidence) == MISLEADING
    return findings(evidence)


async def test_an_experiment_with_an_empty_method_tries_nothing(laboratory: Laboratory):
    evidence = await laboratory.run(method=[])
    assert unmet(findings(evidence))["method-declared"] is FAIL


async def test_an_experiment_that_chaos_toolkit_refuses_leaves_no_journal(laboratory: Laboratory):
    evidence = await laboratory.run(title=None)
    assert unmet(findings(evidence))["journal"] is Outcome.ERROR


async def test_an_experiment_that_is_broken_off_plays_its_rollbacks(laboratory: Laboratory):
    long = [process("disturb", f"echo done >> {laboratory.folder / 'disturbed'}; exec sleep 50")]
    running = asyncio.create_task(laboratory.run(method=long))
    await until(lambda: laboratory.done("disturbed"))
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert laboratory.done("repaired")
