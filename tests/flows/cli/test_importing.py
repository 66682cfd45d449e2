"""`readiness import openslo`: a draft on standard output, what was not read on standard error."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app

SLO = """
apiVersion: openslo/v1
kind: SLO
metadata: {name: errors}
spec:
  indicator:
    spec:
      ratioMetric:
        bad: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(failed_total[5m]))'}}}
        total: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(all_total[5m]))'}}}
  timeWindow: [{duration: 30d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{target: 0.99}]
  alertPolicies: [fast]
"""


def test_a_draft_passes_the_check_of_the_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "slo.yaml").write_text(SLO)
    monkeypatch.setenv("PROMETHEUS_URL", "http://127.0.0.1:9")
    draft = tmp_path / "readiness.yaml"
    asked = ["import", "openslo", str(tmp_path / "slo.yaml"), "--system", "desk"]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0
    assert shown.stdout.startswith("system: desk\n")
    assert "not read: SLO errors: its alert policies" in shown.stderr
    assert CliRunner().invoke(app, [*asked, "--output", str(draft)]).exit_code == 0
    checked = CliRunner().invoke(app, ["catalog", "check", str(draft)])
    assert checked.exit_code == 0
    assert "1 checks, 0 services, 1 sources" in checked.stdout


@pytest.mark.parametrize("content", [None, b"\xff", b"a: ["])
def test_a_file_that_is_none_of_openslo_is_refused(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "slo.yaml").write_bytes(content)
    refused = CliRunner().invoke(app, ["import", "openslo", str(tmp_path / "slo.yaml")])
    assert refused.exit_code != 0
    assert "slo.yaml" in str(refused.exception)
