"""What the team's build of the newest release leaves behind: test results, an audit, a bill of materials."""

import json
from datetime import datetime, timedelta
from xml.sax.saxutils import quoteattr

from examples.sandbox.releases import NEWEST

_TESTS = {
    "unit": [("ledger", f"an entry of {amount} is booked once") for amount in (1, 5, 20, 100)],
    "integration": [("service", f"{path} answers") for path in ("/livez", "/health", "/version")],
    "acceptance": [("buyer", "a buyer reads a statement"), ("buyer", "a stranger is refused")],
}
_PACKAGES = {"anyio": "4.12.0", "click": "8.3.1", "psycopg": "3.3.2", "starlette": "0.50.0", "uvicorn": "0.38.0"}
_CONFIGURATION = """\
schema_version: 3
profile: production
timeouts:
  request_ms: 30000
  connection_ms: 5000
max_requests_per_socket: 1000
ledger_url: ${LEDGER_URL}
"""


def builds(now: datetime) -> dict[str, str]:
    """Every file of the newest build by its path; it ran an hour ago."""
    built = now - timedelta(hours=1)
    files = {f"ci/junit-{name}.xml": _junit(name, tests, built) for name, tests in _TESTS.items()}
    files["ci/coverage.xml"] = _coverage(built)
    files["ci/pip-audit.json"] = _audit(built)
    files["ci/requirements.lock"] = "".join(f"{name}=={version}\n" for name, version in _PACKAGES.items())
    files["ci/bom.cdx.json"] = _bill(built)
    return files


def settings(now: datetime) -> dict[str, str]:
    """How the service is set up: the register of its secrets, renewed a month ago, and its configuration."""
    renewed = f"{now - timedelta(days=30):%Y-%m-%d}"
    secrets = ("WEBHOOK_SECRET", "API_TOKEN", "LEDGER_PASSWORD")
    entries = "".join(
        f"- {{name: {name}, rotated_at: {renewed}, owner: Desk Ops, vault: 'vault:kv/ledger-service#{name}'}}\n"
        for name in secrets
    )
    return {"secrets/register.yaml": entries, "config/service.yaml": _CONFIGURATION}


def _junit(name: str, tests: list[tuple[str, str]], built: datetime) -> str:
    cases = "".join(f"<testcase classname={quoteattr(group)} name={quoteattr(test)} />\n" for group, test in tests)
    properties = f'<properties><property name="version" value="{NEWEST}" /></properties>'
    counts = f'tests="{len(tests)}" failures="0" errors="0" skipped="0"'
    suite = f'<testsuite name="{name}" {counts} timestamp="{built.isoformat()}">\n{properties}\n{cases}</testsuite>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n{suite}\n</testsuites>\n'


def _coverage(built: datetime) -> str:
    rate = 'line-rate="0.93" lines-valid="1000" lines-covered="930"'
    return f'<?xml version="1.0" ?>\n<coverage {rate} timestamp="{int(built.timestamp() * 1000)}" />\n'


def _audit(built: datetime) -> str:
    """As pip-audit writes it, with the time that it does not write."""
    packages = [{"name": name, "version": version, "vulns": []} for name, version in _PACKAGES.items()]
    return json.dumps({"generated_at": built.isoformat(), "dependencies": packages, "fixes": []}, indent=1) + "\n"


def _bill(built: datetime) -> str:
    components = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        for name, version in _PACKAGES.items()
    ]
    metadata = {
        "timestamp": built.isoformat(),
        "tools": {"components": [{"type": "application", "name": "cyclonedx-py", "version": "7.5.0"}]},
        "component": {"type": "application", "name": "ledger-service", "version": NEWEST},
    }
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": metadata,
        "components": components,
    }
    return json.dumps(bill, indent=1) + "\n"
