"""What the team's build of the newest release leaves behind: results of its tests, and what they reached."""

from datetime import datetime, timedelta
from xml.sax.saxutils import quoteattr

from examples.sandbox.releases import NEWEST

_TESTS = {
    "unit": [("ledger", f"an entry of {amount} is booked once") for amount in (1, 5, 20, 100)],
    "integration": [("service", f"{path} answers") for path in ("/livez", "/health", "/version")],
    "acceptance": [("buyer", "a buyer reads a statement"), ("buyer", "a stranger is refused")],
}


def builds(now: datetime) -> dict[str, str]:
    """Every file of the newest build by its path; it ran an hour ago."""
    built = now - timedelta(hours=1)
    files = {f"ci/junit-{name}.xml": _junit(name, tests, built) for name, tests in _TESTS.items()}
    return {**files, "ci/coverage.xml": _coverage(built)}


def _junit(name: str, tests: list[tuple[str, str]], built: datetime) -> str:
    cases = "".join(f"<testcase classname={quoteattr(group)} name={quoteattr(test)} />\n" for group, test in tests)
    properties = f'<properties><property name="version" value="{NEWEST}" /></properties>'
    counts = f'tests="{len(tests)}" failures="0" errors="0" skipped="0"'
    suite = f'<testsuite name="{name}" {counts} timestamp="{built.isoformat()}">\n{properties}\n{cases}</testsuite>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n<testsuites>\n{suite}\n</testsuites>\n'


def _coverage(built: datetime) -> str:
    rate = 'line-rate="0.93" lines-valid="1000" lines-covered="930"'
    return f'<?xml version="1.0" ?>\n<coverage {rate} timestamp="{int(built.timestamp() * 1000)}" />\n'
