"""What every test shares: quiet libraries, a sandbox for each worker, and skips that CI does not accept."""

import gc
import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from examples.sandbox.system import Sandbox
from flows.settings import prepare_process
from tests.dealing import dealt

# What is imported and collected stays to the end: no collector of garbage needs to look through it again and again.
gc.disable()
prepare_process()
# How long one example takes says something of the machine alone.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
# A shell ignores SIGINT for what it starts in the background, and every program that a test starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are processors: half of the time a test waits for a server, a pulse or a program."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every worker begins with tests that take long, and none is left for the end."""
    items[:] = dealt(items, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Modules written in C complain of what is still there when the interpreter ends."""
    gc.unfreeze()


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
