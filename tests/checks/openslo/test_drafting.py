"""OpenSLO documents become checks that a catalogue reads, and everything that does not is told."""

from typing import Any

import pytest
import yaml

from checks.catalog_text import read_catalog
from checks.errors import CatalogError
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.registry import KINDS
from checks.openslo.documents import read_documents
from checks.openslo.drafting import drafted
from checks.openslo.queries import NotRead, counted, quantile
from checks.readiness.registry import TEMPLATES

KINDS_BY_NAME = {str(model.model_fields["kind"].default): model for model in KINDS}
TOTAL = 'sum(rate(http_requests_total{job="api"}[5m]))'
GOOD = 'sum(rate(http_requests_total{job="api",code!~"5.."}[5m]))'


def metric(query: str, **source: Any) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}, **source}}


def slo(name: str = "errors", indicator: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    given = indicator or {"ratioMetric": {"counter": True, "good": metric(GOOD), "total": metric(TOTAL)}}
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": name, "displayName": "Requests are answered"},
        "spec": {
            "service": "api",
            "indicator": {"metadata": {"name": "i"}, "spec": given},
            "timeWindow": [{"duration": "28d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [{"target": 0.999}],
            **spec,
        },
    }


def draft(*objects: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The checks of a draft, as they stand in it and as a catalogue reads them, and what was not read."""
    documents = read_documents(yaml.safe_dump_all(objects), name="slo.yaml")
    text, unread = drafted(documents, system="desk", environment="staging")
    if yaml.safe_load(text)["checks"]:
        read = read_catalog(text, name="draft.yaml", kinds=KINDS_BY_NAME, templates=TEMPLATES)
        assert all(isinstance(check, ObjectiveCheck) for check in read.checks.values())
    return yaml.safe_load(text), unread


def test_a_ratio_becomes_a_check_that_a_catalogue_reads():
    service = {
        "apiVersion": "openslo/v1", "kind": "Service", "metadata": {"name": "api", "labels": {"team": "Desk Ops"}}
    }  # fmt: skip
    catalog, unread = draft(service, slo())
    assert unread == []
    assert catalog == {
        "system": "desk",
        "environment": "staging",
        "sources": {"prometheus": {"http": "${PROMETHEUS_URL}"}},
        "services": {"api": {"owner": "Desk Ops"}},
        "checks": {
            "errors": {
                "kind": "objective",
                "title": "Requests are answered",
                "service": "api",
                "history": {"prometheus": "prometheus"},
                "ratio_metric": {
                    "bad": {"metric": "http_requests_total", "labels": {"job": "api", "code": "5*"}},
                    "total": {"metric": "http_requests_total", "labels": {"job": "api"}},
                },
                "target": 0.999,
                "time_window": "28d",
            }
        },
    }


def test_each_objective_becomes_a_check_of_its_own():
    objectives = [{"displayName": "ours", "target": 0.999}, {"displayName": "theirs", "targetPercent": 99.5}]
    catalog, unread = draft(slo(objectives=objectives))
    assert {name: check["target"] for name, check in catalog["checks"].items()} == {
        "errors-1": 0.999,
        "errors-2": "99.5%",
    }
    assert catalog["checks"]["errors-2"]["title"] == "Requests are answered, theirs"
    assert unread == []


def test_an_indicator_and_a_source_that_are_named_are_looked_up():
    indicator = {"ratioMetric": {"bad": _named("errors_total"), "total": _named("requests_total")}}
    sli = {"apiVersion": "openslo/v1", "kind": "SLI", "metadata": {"name": "ratio"}, "spec": indicator}
    source = {
        "apiVersion": "openslo/v1", "kind": "DataSource", "metadata": {"name": "Main Metrics"},
        "spec": {"type": "Prometheus", "connectionDetails": {"password": "open-sesame"}},
    }  # fmt: skip
    referring = slo()
    del referring["spec"]["indicator"]
    referring["spec"]["indicatorRef"] = "ratio"
    catalog, unread = draft(sli, source, referring)
    assert catalog["sources"] == {"main-metrics": {"http": "${MAIN_METRICS_URL}"}}
    assert catalog["checks"]["errors"]["ratio_metric"]["bad"] == {"metric": "errors_total"}
    assert unread == []
    assert "open-sesame" not in str(catalog)


def _named(query: str) -> dict[str, Any]:
    return {"metricSource": {"metricSourceRef": "Main Metrics", "spec": {"query": query}}}


def test_a_quantile_becomes_a_share_of_observations_and_says_so():
    query = 'histogram_quantile(0.95, sum(rate(seconds_bucket{job="api"}[5m])) by (le))'
    objective = {"op": "lte", "value": 1, "target": 0.99}
    catalog, unread = draft(slo(indicator={"thresholdMetric": metric(query)}, objectives=[objective]))
    check = catalog["checks"]["errors"]
    assert check["threshold_metric"] == {"histogram": "seconds", "labels": {"job": "api"}}
    assert (check["op"], check["value"], check["target"]) == ("lte", 1.0, 0.95)
    assert unread == [
        "SLO errors: its quantile is drafted as the share 0.95 of all observations over the window; "
        "the target 0.99 of time slices is not taken over"
    ]


def test_a_gauge_is_looked_at():
    objective = {"op": "lt", "value": 600, "target": 0.99}
    catalog, _ = draft(slo(indicator={"thresholdMetric": metric("report_age_seconds")}, objectives=[objective]))
    check = catalog["checks"]["errors"]
    assert (check["threshold_metric"], check["op"], check["value"]) == ({"gauge": "report_age_seconds"}, "lt", 600.0)


RATIO = {"good": metric(GOOD), "total": metric(TOTAL)}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (slo(objectives=[]), "has no objectives"),
        (slo(alertPolicies=[{"alertPolicyRef": "fast"}]), "its alert policies are not taken over"),
        (slo(timeWindow=[{"duration": "1M", "isRolling": True}]), "its window 1M is drafted as 30 days"),
        (slo(timeWindow=[{"duration": "28d", "calendar": {}}]), "its window follows the calendar"),
        (slo(timeWindow=[]), "it names no time window; 30 days are drafted"),
        (slo(timeWindow=[{"duration": "soon", "isRolling": True}]), "its time window 'soon' is no duration"),
        (slo(budgetingMethod="Timeslices"), "its Timeslices are drafted as occurrences"),
        (slo(objectives=[{"displayName": "x"}]), "it lacks or misstates 'target'"),
        (slo(indicator={"ratioMetric": {**RATIO, "counter": False}}), "its metric is no counter"),
        (slo(indicator={"ratioMetric": {"raw": metric("r"), "rawType": "success"}}), "cannot be counted again"),
        (slo(indicator={"ratioMetric": {"good": metric(GOOD, type="Datadog"), "total": metric(TOTAL)}}), "only Prom"),
        (slo(indicator={"ratioMetric": {"good": metric("a - b"), "total": metric(TOTAL)}}), "does more than count"),
        (slo(indicator={"ratioMetric": {"good": metric('x{c!="1"}'), "total": metric(TOTAL)}}), "leaves series out"),
        (slo(indicator={"thresholdMetric": metric("g")}), "it lacks or misstates 'op'"),
        (slo(indicator={"other": {}}), "it lacks or misstates 'thresholdMetric'"),
        ({**slo(), "apiVersion": "openslo/v1alpha"}, "SLO errors: is of openslo/v1alpha; openslo/v1 is read"),
        ({**slo(), "kind": "AlertPolicy"}, "AlertPolicy errors: is not taken over"),
        ({"kind": "SLO"}, "is no object with metadata"),
    ],
)  # fmt: skip
def test_what_could_not_be_taken_over_is_told(changed: dict[str, Any], told: str):
    _, unread = draft(slo("other"), changed)
    assert any(told in line for line in unread), unread


def test_an_object_that_stands_there_twice_is_told():
    assert draft(slo(), slo())[1] == ["SLO errors: stands there twice; the first one counts"]


@pytest.mark.parametrize("text", ["", "a: [", "- 7", "kind: SLO", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}"])
def test_a_file_that_holds_no_objects_is_refused(text: str):
    with pytest.raises(CatalogError, match=r"slo.yaml: "):
        read_documents(text, name="slo.yaml")


@pytest.mark.parametrize(
    ("query", "metric_name", "labels"),
    [
        ("up", "up", {}),
        ('a{x="y",code=~"5.."}', "a", {"x": "y", "code": "5*"}),
        ('sum by (le) (increase(a{code=~"^4[0-9]{2}$"}[30d]))', "a", {"code": "4*"}),
        ("sum(rate(ns:a:b[5m])) by (job)", "ns:a:b", {}),
        ('sum(rate(a{code=~"5\\\\d\\\\d"}[5m]))', "a", {"code": "5*"}),
    ],
)
def test_the_series_that_a_query_counts_are_read(query: str, metric_name: str, labels: dict[str, str]):
    found = counted(query)
    assert (found.metric, found.labels, found.without) == (metric_name, labels, {})


@pytest.mark.parametrize(
    "query",
    ["a / b", "sum(a) + sum(b)", 'a{x=~"b|c"}', 'a{x="b c"}', "a offset 5m", "max(a)", "rate(a[5m]) > 1", "a{x}", "1"],
)
def test_a_query_that_says_more_is_not_read(query: str):
    with pytest.raises(NotRead):
        counted(query)


def test_a_quantile_of_anything_but_a_histogram_is_not_read():
    assert quantile("up") is None
    with pytest.raises(NotRead, match="no plain histogram"):
        quantile("histogram_quantile(0.9, rate(seconds[5m]))")
