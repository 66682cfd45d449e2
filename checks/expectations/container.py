"""What is expected of containers: the release's image, pinned and bounded, restarted, asked of its own health."""

from collections.abc import Mapping

from great_expectations.expectations import (
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToNotBeNull,
)

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, is_good, is_true
from checks.expectations.dated import FOUND, WRITTEN, readable, written_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.container import ContainerCheck, ContainerRow
from checks.outcome import Outcome


def _columns(check: ContainerCheck, row: ContainerRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect = check.asked(row.subject)
    runs = check.inspected is not None
    return {
        "document": row.missing or GOOD,
        "content": row.unreadable or GOOD,
        "presence": row.absent or GOOD,
        "asks_running": True if runs else None,
        "is_running": row.state == "running" if row.state is not None else None,
        **written_columns(row.file_time, expect.max_age, occasion),
        "asks_version": True if expect.versioned else None,
        "version_good": row.version_cause or GOOD,
        "asks_digest": True if expect.digest else None,
        "restart_expected": " or ".join(expect.restart) or None,
        "restart_good": row.restart in expect.restart if row.restart is not None else None,
        "asks_cpu": True if "cpu" in expect.limits else None,
        "cpu_limit": row.cpus or 0,
        "asks_memory": True if "memory" in expect.limits else None,
        "memory_limit": row.memory_bytes or 0,
        "health_expected": " or ".join(expect.health) or None,
        "health_known": row.health != "unknown" if row.health is not None else None,
        "health_good": row.health in expect.health if row.health is not None else None,
        "asks_install": True if not expect.installs else None,
        "starts_ready": row.install is None,
        "asks_declared": str(check.compose) if check.compose and runs else None,
        "declared_good": row.declared_cause or GOOD,
        "asks_manifest": str(check.manifest) if check.manifest else None,
        "manifest_good": row.manifest_cause or GOOD,
    }


GUARDS = {
    "found": FOUND,
    "readable": readable("what it should"),
    "present": Rule(
        is_good("presence"),
        because="{where} has it",
        otherwise="{presence}",
        observed="presence",
        unmet=Outcome.MISSING,
    ),
}

IMAGE = {
    "running": Rule(
        is_true("is_running"),
        because="it runs, in {containers} containers",
        otherwise="it does not run: its state is {state}",
        observed="is_running",
        asked="asks_running",
    ),
    **WRITTEN,
    "version": Rule(
        is_good("version_good"),
        because="{image} names a version",
        otherwise="{version_good}",
        observed="version_good",
        asked="asks_version",
    ),
    "digest": Rule(
        ExpectColumnValuesToNotBeNull(column="digest"),
        because="pinned by {digest}",
        otherwise="{image} is not pinned by a digest",
        observed="digest",
        asked="asks_digest",
        unmet=Outcome.FAIL,
    ),
    "declared": Rule(
        is_good("declared_good"),
        because="{image} is what {asks_declared} declares",
        otherwise="{declared_good}",
        observed="declared_good",
        asked="asks_declared",
    ),
    "release": Rule(
        is_good("manifest_good"),
        because="{image} is the release's, {manifest_image}",
        otherwise="not the release's image: {manifest_good}",
        observed="manifest_good",
        asked="asks_manifest",
    ),
}

CARE = {
    "restart": Rule(
        is_true("restart_good"),
        because="its restart policy is {restart}; expected {restart_expected}",
        observed="restart_good",
        asked="restart_expected",
    ),
    "cpu-limit": Rule(
        ExpectColumnValuesToBeBetween(column="cpu_limit", min_value=0, strict_min=True),
        because="it may use {cpus} processors",
        otherwise="nothing limits the processors that it uses",
        observed="cpu_limit",
        asked="asks_cpu",
    ),
    "memory-limit": Rule(
        ExpectColumnValuesToBeBetween(column="memory_limit", min_value=0, strict_min=True),
        because="it may use {memory_bytes} bytes of memory",
        otherwise="nothing limits the memory that it uses",
        observed="memory_limit",
        asked="asks_memory",
    ),
    "health-known": Rule(
        is_true("health_known"),
        because="its health check shows {health}: {health_because}",
        otherwise="nobody can tell what its health check shows: {health_because}",
        observed="health_known",
        asked="health_expected",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "health": Rule(
        is_true("health_good"),
        because="its health check shows {health}: {health_because}; expected {health_expected}",
        otherwise="its health check shows {health}: {health_because}; expected {health_expected}",
        observed="health_good",
        asked="health_expected",
        needs=("health-known",),
    ),
    "ports": Rule(
        ExpectColumnValuesToBeInSet(column="open_count", value_set=[0]),
        because="no port is published to other machines but those that may be",
        otherwise="{open_count} ports are published to other machines: {open_ports}",
        observed="open_count",
    ),
    "starts-ready": Rule(
        is_true("starts_ready"),
        because="it installs nothing when it starts",
        otherwise="it installs packages when it starts: {install}",
        observed="starts_ready",
        asked="asks_install",
    ),
}

CONTAINER: Suite[ContainerCheck, ContainerRow] = Suite(
    kind="container", columns=_columns, guards=GUARDS, expectations={**IMAGE, **CARE}
)
