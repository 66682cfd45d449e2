"""The team's alert rules for Prometheus, and the unit tests that promtool runs on them."""

import json
from typing import Any

_SHARE = 'sum(rate(http_requests_total{code=~"%s"}[5m])) / sum(rate(http_requests_total[5m])) > 0.02'
RULES: dict[str, dict[str, Any]] = {
    "LatencyHigh": {
        "expr": "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 1",
        "for": "10m",
    },
    "ErrorsHigh": {"expr": _SHARE % "[45]..", "for": "5m"},
    "ClientErrorsHigh": {"expr": _SHARE % "4..", "for": "5m"},
    "ServerErrorsHigh": {"expr": _SHARE % "5..", "for": "5m"},
    "NoIngests": {
        "expr": "absent(ingest_latency_seconds_count) or increase(ingest_latency_seconds_count[15m]) == 0",
        "for": "0s",
    },
}
_LABELS = {"severity": "page", "owner": "Desk Ops"}


def alerts() -> dict[str, str]:
    """The two files; JSON is YAML too."""
    rules = [{"alert": name, **rule, "labels": _LABELS} for name, rule in RULES.items()]
    return {
        "alerts/rules.yml": _text({"groups": [{"name": "ledger", "rules": rules}]}),
        "alerts/tests.yml": _text(
            {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": [_slow(), _failing(), _quiet()]}
        ),
    }


def _slow() -> dict[str, Any]:
    """Nothing is done within a second."""
    name = "http_request_duration_seconds_bucket"
    series = [(f'{name}{{le="1"}}', "0+0x60"), (f'{name}{{le="2.5"}}', "0+9x60"), (f'{name}{{le="+Inf"}}', "0+9x60")]
    return _test(series, {"LatencyHigh": 30})


def _failing() -> dict[str, Any]:
    """One of four requests is refused, and one of four fails."""
    series = [
        (f'http_requests_total{{code="{code}"}}', f"0+{many}x60") for code, many in (("200", 2), ("404", 1), ("503", 1))
    ]
    return _test(series, {"ErrorsHigh": 30, "ClientErrorsHigh": 30, "ServerErrorsHigh": 30})


def _quiet() -> dict[str, Any]:
    """Something came in once, and nothing since."""
    return _test([("ingest_latency_seconds_count", "7+0x60")], {"NoIngests": 30})


def _test(series: list[tuple[str, str]], fires: dict[str, int]) -> dict[str, Any]:
    return {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series],
        "alert_rule_test": [
            {"eval_time": f"{minutes}m", "alertname": name, "exp_alerts": [{"exp_labels": _LABELS}]}
            for name, minutes in fires.items()
        ],
    }


def _text(document: object) -> str:
    return json.dumps(document, indent=1) + "\n"
