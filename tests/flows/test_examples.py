"""Each team's example runs as a flow and leaves its pages; what breaks its cells is tried without flows."""

import json
from pathlib import Path

import pytest

from checks.slots import Cadence
from flows.wiring import load_catalog
from tests.flows.conftest import Run

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.slow
@pytest.mark.parametrize("example", ["release-gate", "service-scorecard", "weighted-score", "use-case-register"])
def test_a_run_leaves_the_page_of_each_model(example: str, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(
        "READINESS_HOME", str(home)
    )  # the register reads people's evidence from the home that it runs in
    path = EXAMPLES / example / "readiness.yaml"
    run(Cadence.HOURLY, catalog=path)
    for model in load_catalog(path)[0].models:
        told = json.loads((home / "reports" / f"{model}.json").read_text())
        for form in ("html", "md"):
            page = (home / "reports" / f"{model}.{form}").read_text()
            assert told["title"] in page
