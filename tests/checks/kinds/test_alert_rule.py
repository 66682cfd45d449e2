"""Alert rules in a catalogue: what they name has to exist."""

import pytest
from pydantic import ValidationError

from checks.catalog_text import read_catalog
from checks.errors import CatalogError
from checks.kinds.alert_rule import AlertRuleCheck
from checks.kinds.registry import KINDS
from checks.readiness.registry import TEMPLATES

TEXT = """
system: desk
environment: test
sources:
  metrics: {http: "http://127.0.0.1:9"}
  files: {folder: .}
  promtool: {program: [promtool]}
checks:
  alerts:
    kind: alert-rule
    prometheus: metrics
    rules: files:rules.yml
    tests: files:tests.yml
    promtool: promtool
    alerts:
      Slow: {guards: [latency], delivered_by: drill}
"""


def test_the_checks_that_an_alert_names_have_to_exist():
    kinds = {str(model.model_fields["kind"].default): model for model in KINDS}
    with pytest.raises(CatalogError) as refused:
        read_catalog(TEXT, name="readiness.yaml", kinds=kinds, templates=TEMPLATES)
    assert "checks.alerts: no check is called 'latency'" in str(refused.value)
    assert "checks.alerts: no check is called 'drill'" in str(refused.value)


def test_tests_and_their_rules_lie_in_one_place():
    given = {"prometheus": "m", "promtool": "p", "alerts": {"Slow": {}}}
    with pytest.raises(ValidationError, match="keep both in one source"):
        AlertRuleCheck.model_validate({**given, "rules": "one:rules.yml", "tests": "other:tests.yml"})
