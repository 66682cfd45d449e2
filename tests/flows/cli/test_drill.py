"""`readiness drill`: what it says beforehand, what it refuses, and its exit codes."""

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.cli.commands import readiness
from tests.tasks.drills.site import NEW, Site

CATALOG = """\
system: site
environment: staging
sources:
  api: {http: "http://127.0.0.1:PORT", timeout: 2s}
  shell: {program: [/bin/sh, -c], folder: "FOLDER"}
checks:
  back-and-forth:
    kind: rollback
    steady: {endpoints: [api:/health]}
    version: {at: api:/version}
    back: {run: shell, arguments: ["BACK"]}
    forward: {run: shell, arguments: ["echo v2 > current"]}
    poll: 20ms
    expect: {within: 2s}
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """The system to drill on, served by a thread: the command line blocks the one it is called on."""
    loop = asyncio.new_event_loop()
    running = Site(tmp_path)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(running.__aenter__(), loop).result()
    yield running
    asyncio.run_coroutine_threadsafe(running.__aexit__(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def catalog(site: Site, *, back: str = "echo v1 > current", environment: str = "staging", more: str = "") -> Path:
    text = CATALOG.replace("PORT", str(site.port)).replace("FOLDER", str(site.folder)).replace("BACK", back)
    path = site.folder / "readiness.yaml"
    path.write_text(text.replace("environment: staging", f"environment: {environment}") + more)
    return path


def test_a_dry_run_shows_the_steps_and_touches_nothing(site: Site, tmp_path: Path):
    done = readiness("drill", "rollback", "back-and-forth", "--dry-run", "--catalog", catalog(site))
    assert done.returncode == 0
    assert "2. roll back: /bin/sh -c 'echo v1 > current'" in done.stdout
    assert done.stdout.endswith("A dry run: nothing was done.\n")
    assert site.asked == 0


@pytest.mark.parametrize("environment", ["production", "prod-eu", "live"])
def test_production_is_refused_unless_the_catalogue_allows_the_drill_by_name(site: Site, environment: str):
    drill = ("drill", "rollback", "back-and-forth", "--dry-run", "--catalog")
    refused = readiness(*drill, catalog(site, environment=environment))
    assert refused.returncode == 2
    assert "checks.back-and-forth: it changes the system or rehearses beside it" in refused.stderr
    assert "put back-and-forth into allow_in_production" in refused.stderr
    allowed = catalog(site, environment=environment, more="allow_in_production: [back-and-forth]\n")
    assert readiness(*drill, allowed).returncode == 0


def test_a_name_and_a_kind_that_do_not_exist_are_refused(site: Site):
    path = catalog(site)
    unknown = readiness("drill", "rollback", "nope", "--catalog", path)
    assert unknown.returncode == 2
    assert "no rollback drill is called 'nope'; there are: back-and-forth" in unknown.stderr
    assert readiness("drill", "earthquake", "back-and-forth", "--catalog", path).returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(("back", "code", "outcome"), [("echo v1 > current", 0, "PASS"), ("exit 0", 4, "FAIL")])
def test_the_exit_code_says_whether_the_drill_passed(
    site: Site, tmp_path: Path, prefect_api: str, back: str, code: int, outcome: str
):
    path = catalog(site, back=back)
    home = {"READINESS_HOME": str(tmp_path / "var"), "PREFECT_API_URL": prefect_api}
    done = readiness("drill", "rollback", "back-and-forth", "--catalog", path, "--format", "json", **home)
    assert done.returncode == code, done.stderr
    summary = json.loads(done.stdout)
    assert (summary["outcome"], summary["passed"]) == (outcome, code == 0)
    assert Path(summary["bundle"]).is_dir()
    assert site.version == NEW
    shown = readiness("report", "drills", "--catalog", path, **home)
    assert "back-and-forth" in shown.stdout
    assert outcome in shown.stdout
