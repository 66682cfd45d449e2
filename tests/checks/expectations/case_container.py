"""Good and bad rows of containers."""

from datetime import timedelta

from checks.expectations.container import CONTAINER
from checks.kinds.container import ContainerCheck, ContainerRow
from checks.outcome import Outcome
from tests.checks.expectations.judging import NOW, Example, SuiteCase, changed

CHECK = ContainerCheck.model_validate(
    {
        "compose": "files:compose.yaml",
        "inspected": "files:inspect.json",
        "manifest": "files:manifest.json",
        "services": {"api": {}},
        "expect": {"digest": True, "max_age": "1h"},
    }
)
ROW = ContainerRow(
    subject="api",
    where="inspect.json",
    containers=1,
    state="running",
    image="acme/api:1.4.0",
    digest="sha256:ab",
    restart="always",
    cpus=0.5,
    memory_bytes=1_000,
    health="liveness",
    health_because="it asks its own /livez",
    open_count=0,
    manifest_image="acme/api:1.4.0",
    file_time=NOW - timedelta(hours=1),
)
GOOD = Example(CHECK, (ROW,))

CASE = SuiteCase(
    CONTAINER,
    GOOD,
    {
        "found": (changed(GOOD, missing="does not exist"), Outcome.MISSING),
        "readable": (changed(GOOD, unreadable="is no YAML"), Outcome.MISSING),
        "present": (changed(GOOD, absent="compose.yaml has no service of that name"), Outcome.MISSING),
        "running": (changed(GOOD, state="exited"), Outcome.FAIL),
        "not-from-the-future": (changed(GOOD, file_time=NOW + timedelta(seconds=61)), Outcome.STALE),
        "fresh": (changed(GOOD, file_time=NOW - timedelta(seconds=3601)), Outcome.STALE),
        "version": (changed(GOOD, version_cause="the tag latest names no version"), Outcome.FAIL),
        "digest": (changed(GOOD, digest=None), Outcome.FAIL),
        "declared": (changed(GOOD, declared_cause="compose.yaml declares another"), Outcome.FAIL),
        "release": (changed(GOOD, manifest_cause="it is another"), Outcome.FAIL),
        "restart": (changed(GOOD, restart="no"), Outcome.FAIL),
        "cpu-limit": (changed(GOOD, cpus=None), Outcome.FAIL),
        "memory-limit": (changed(GOOD, memory_bytes=None), Outcome.FAIL),
        "health-known": (changed(GOOD, health="unknown", health_because="nothing tells"), Outcome.INCONCLUSIVE),
        "health": (changed(GOOD, health="connectivity", health_because="it asks redis"), Outcome.FAIL),
        "ports": (changed(GOOD, open_count=1, open_ports="8080 → 80"), Outcome.FAIL),
        "starts-ready": (changed(GOOD, install="pip install"), Outcome.FAIL),
    },
)
