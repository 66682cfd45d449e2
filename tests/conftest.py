"""What every test shares: quiet libraries, a sandbox for each worker, and skips that CI does not accept."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from examples.sandbox.system import Sandbox
from flows.settings import prepare_process

prepare_process()
# How long one example takes says something of the machine alone.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
# A shell ignores SIGINT for what it starts in the background, and every program that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Where the machine must have every service and tool, a skip is a failure."""
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("READINESS_REQUIRE_SERVICES") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be missing: {report.longrepr}"


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A running sandbox in its good state, for tests that only look."""
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def breakable(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The same sandbox for a test that breaks it; mended afterwards, whatever the test left on."""
    yield sandbox
    sandbox.mend()
