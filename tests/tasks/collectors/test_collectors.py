"""What holds for every collector: it has a kind, gives rows that can be made again, and lets no credentials out.

A new kind adds a scenario to `SCENARIOS`: a check on what the hostile server and the folder of `Scene` hold.
"""

import inspect
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.catalog import Check
from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.kinds.audit import AuditCheck
from checks.kinds.backup_tool import BackupToolCheck
from checks.kinds.configuration import ConfigurationCheck
from checks.kinds.container import ContainerCheck
from checks.kinds.documents import DocumentsCheck
from checks.kinds.event_store import EventStoreCheck
from checks.kinds.freshness import FreshnessCheck
from checks.kinds.health import HealthCheck
from checks.kinds.http_contract import HttpContractCheck
from checks.kinds.listening_sockets import ListeningSocketsCheck
from checks.kinds.log_lines import LogLinesCheck
from checks.kinds.metrics import MetricsCheck
from checks.kinds.objective import ObjectiveCheck
from checks.kinds.registry import KINDS
from checks.kinds.releases import ReleasesCheck
from checks.kinds.sbom import SbomCheck
from checks.kinds.secrets import SecretsCheck
from checks.kinds.signatures import SignaturesCheck
from checks.kinds.test_results import ResultsCheck
from tasks.collectors.registry import COLLECTORS, collector_of
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import named, now, sources

SECRET = "open-sesame"


@dataclass(frozen=True, slots=True)
class Scene:
    """A server that answers well and badly, and a folder with a report."""

    server: HostileServer
    folder: Path

    @property
    def sources(self) -> Any:
        url = self.server.url.replace("http://", f"http://watcher:{SECRET}@")
        return sources(url, self.folder, timeout=0.4, X_Credential=SECRET)


SCENARIOS: dict[str, Callable[[], list[Check]]] = {
    "health": lambda: [
        HealthCheck.model_validate({"endpoints": ["api:/good", "api:/cut", "api:/echo"], "control": "api:/cookie"})
    ],
    "http-contract": lambda: [
        HttpContractCheck.model_validate(
            {
                "steps": {
                    "first": {"call": "api:/good", "take": {"gone": "gone"}},
                    "traced": {
                        "call": "api:/echo?{nonce}",
                        "headers": {"X-Trace": "{nonce}"},
                        "take": {"said": "status"},
                        "expect": {"headers": {"X-Trace": "*"}, "equals": {"status": "pass"}},
                    },
                    "cut": {"call": "api:/cut", "wait": "50ms", "poll": "20ms", "expect": {"shape": {"type": "array"}}},
                    "never": {"call": "api:/{gone}", "expect": {"unmixed": True}},
                    "logged": {"read": "reports:latest.json", "wait": "10ms"},
                }
            }
        ),
    ],
    "container": lambda: [
        ContainerCheck.model_validate({"compose": place, "manifest": "api:/good", "services": {"api": {}}})
        for place in ("reports:latest.json", "api:/echo", "reports:gone.yaml", "api:/cut")
    ],
    "event-store": lambda: [
        EventStoreCheck.model_validate({"events": f"reports:{name}", "durability": "api:/good"})
        for name in ("latest.json", "*.json", "gone.jsonl")
    ],
    "log-lines": lambda: [
        LogLinesCheck.model_validate({"log": f"reports:{name}"}) for name in ("latest.json", "*.json", "gone.log")
    ],
    "freshness": lambda: (
        [
            FreshnessCheck.model_validate({"document": place, "expect": {"max_age": "10m", "equals": {"missing": 0}}})
            for place in ("reports:latest.json", "reports:*.json", "reports:gone.json", "api:/echo", "api:/drips")
        ]
        + [
            FreshnessCheck.model_validate(
                {"document": "api:/echo", "history": {"reports": f"reports:{kept}"}, "expect": {"max_age": "10m"}}
            )
            for kept in ("*.json", "gone/*.json")
        ]
    ),
    "documents": lambda: [
        DocumentsCheck.model_validate(
            {
                "documents": ["reports:doc.md", "reports:gone.md", "api:/echo", "api:/doc.md"],
                "candidate": {"at": "api:/m"},
            }
        ),
    ],
    "metrics": lambda: [
        MetricsCheck.model_validate({"document": place, "agrees_with": "api:/m.json", "expect": EXPECT})
        for place in ("api:/m", "api:/echo", "api:/cut", "reports:m.prom")
    ],
    "objective": lambda: [
        ObjectiveCheck.model_validate({"history": {"prometheus": "api"}, "target": "99%", **asked})
        for asked in (
            {"ratio_metric": {"bad": {"metric": "bad"}, "total": {"metric": "all"}}},
            {"threshold_metric": {"histogram": "seconds"}, "value": "1s"},
        )
    ],
    "test-results": lambda: [
        ResultsCheck.model_validate(
            {
                "results": ["reports:junit.xml", "reports:gone.xml", "api:/echo"],
                "coverage": "api:/cut",
                "candidate": {"at": "api:/m.json"},
                "gather": gather,
                "expect": {"max_age": "1d", "coverage": 0.8},
            }
        )
        for gather in ("newest", "every")
    ],
    "audit": lambda: [
        AuditCheck.model_validate(
            {
                "reports": ["reports:audit.json", "reports:gone.json", "api:/echo", "api:/cut"],
                "tool": tool,
                "inventory": "reports:bom.json",
                "version_at": {"at": "api:/m.json"},
                "log": "reports",
                "expect": {"max_age": "1d"},
            }
        )
        for tool in ("pip-audit", "npm", "osv-scanner", "grype")
    ],
    "secrets": lambda: [
        SecretsCheck.model_validate({"register": place, "scan": ["reports:*.json", "api:/echo", "api:/cut"]})
        for place in ("reports:secrets.yaml", "reports:gone.yaml", "api:/m")
    ],
    "listening-sockets": lambda: [
        ListeningSocketsCheck.model_validate({"listing": ["reports:listening.txt", place]})
        for place in ("reports:listening.txt", "reports:gone.txt", "reports:latest.json", "api:/echo", "api:/cut")
    ],
    "signatures": lambda: [
        SignaturesCheck.model_validate(
            {"artefacts": {name: {"file": place} for name, place in PLACES.items()}, "keys": {"release": MINISIGN_KEY}}
        )
    ],
    "configuration": lambda: [
        ConfigurationCheck.model_validate(
            {"documents": {name: {"at": place, "equals": {"status": "pass"}} for name, place in PLACES.items()}}
        )
    ],
    "releases": lambda: [
        ReleasesCheck.model_validate(
            {
                "version": {"at": "api:/m.json"},
                "of": {
                    **{name: {"document": place, "commit": "commit"} for name, place in PLACES.items()},
                    "tags": {"tags": "reports:lock.txt"},
                    "changelog": {"changelog": "reports:doc.md"},
                    "artefact": {"artefact": "reports:doc.md", "sums": "reports:lock.txt"},
                },
            }
        )
    ],
    "sbom": lambda: [
        SbomCheck.model_validate({"document": place, "lockfile": "reports:lock.txt", "expect": {"max_age": "1d"}})
        for place in ("reports:bom.json", "reports:gone.json", "api:/echo", "api:/cut")
    ],
    "backup-tool": lambda: [
        BackupToolCheck.model_validate(
            {"tool": tool, "of": "main", "reports": {"backups": place, "check": "api:/echo"}}
        )
        for tool in ("pgbackrest", "barman", "restic", "litestream")
        for place in ("api:/backups.json", "reports:gone.json", "api:/cut")
    ],
}
ELSEWHERE = {
    *("alert", "alert-rule", "attestation", "availability", "backup", "chaos", "parity", "reconciliation"),
    *("redis", "restart", "rollback", "sql-facts", "usage"),
}
"""Kinds that need a database or a program, or change what they ask; tests of their own show the same of them."""

PLACES = {"there": "reports:latest.json", "gone": "reports:gone.json", "echo": "api:/echo", "cut": "api:/cut"}
MINISIGN_KEY = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3"
EXPECT = {"values": [{"metric": "queue", "max": 1}], "latency": [{"histogram": "queue", "within": "1s"}]}
BARMAN_LIST = json.dumps(
    {"main": [{"backup_id": "1", "status": "DONE", "end_time_timestamp": "1795369839", "size_bytes": 1}]}
)


@pytest.fixture
async def scene(server: HostileServer, tmp_path: Path) -> Scene:
    server.put("/m", "# TYPE queue gauge\nqueue 1\n", "text/plain")
    server.put("/m.json", '{"queue": 1}')
    server.put("/backups.json", BARMAN_LIST)
    (tmp_path / "latest.json").write_text('{"ts": 1795348800, "missing": 0}')
    server.put("/doc.md", "[own](#x) [other](/echo)", "text/markdown")
    (tmp_path / "doc.md").write_text("# Doc\n\n[gone](gone.md)\n")
    (tmp_path / "junit.xml").write_text('<testsuite tests="1"><testcase name="a"/></testsuite>')
    (tmp_path / "audit.json").write_text('{"dependencies": [{"name": "a", "version": "1", "vulns": []}], "fixes": []}')
    (tmp_path / "bom.json").write_text('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": []}')
    (tmp_path / "secrets.yaml").write_text("- {name: A, rotated_at: 2026-11-01}\n")
    (tmp_path / "latest.json.sig").write_text("c2lnbmVk")
    (tmp_path / "listening.txt").write_text("tcp LISTEN 0 5 127.0.0.1:80 0.0.0.0:*\n")
    (tmp_path / "lock.txt").write_text("a==1\n")
    (tmp_path / "m.prom").write_text("queue NaN\n")
    return Scene(server, tmp_path)


async def gathered(kind: str, scene: Scene) -> list[tuple[Check, Evidence]]:
    collector = collector_of(kind)(scene.sources, now)  # type: ignore[call-arg]
    try:
        return [(check, await collector.collect(check)) for check in map(named, SCENARIOS[kind]())]
    finally:
        await collector.aclose()


def test_every_kind_has_one_collector_and_every_collector_a_scenario():
    assert [collector_of(kind).kind for kind in COLLECTORS] == list(COLLECTORS)
    assert sorted(COLLECTORS) == sorted(str(model.model_fields["kind"].default) for model in KINDS)
    assert COLLECTORS.keys() == SCENARIOS.keys() | ELSEWHERE, "give the new kind a scenario"


@pytest.mark.parametrize("kind", COLLECTORS)
def test_every_collector_is_made_and_used_in_the_same_way(kind: str):
    collector = collector_of(kind)
    made_of = list(inspect.signature(collector).parameters.values())
    assert [each.name for each in made_of[:2]] == ["sources", "now"]
    assert all(each.default is not inspect.Parameter.empty for each in made_of[2:])
    assert inspect.iscoroutinefunction(collector.collect)
    assert inspect.iscoroutinefunction(collector.aclose)
    assert isinstance(inspect.getattr_static(collector, "rows_from"), staticmethod)


@pytest.mark.parametrize("kind", SCENARIOS)
async def test_every_subject_that_is_owed_has_its_row(kind: str, scene: Scene):
    for check, evidence in await gathered(kind, scene):
        assert [row.subject for row in evidence.rows] == list(check.subjects)


@pytest.mark.parametrize("kind", SCENARIOS)
async def test_rows_can_be_made_again_from_what_was_sealed(kind: str, scene: Scene):
    for check, evidence in await gathered(kind, scene):
        sealed = [
            RawCapture(capture.item, capture.body, json.loads(json_bytes(dict(capture.meta))))
            for capture in evidence.captures
        ]
        again = collector_of(kind).rows_from(check, sealed)
        assert [row.model_dump_json() for row in again] == [row.model_dump_json() for row in evidence.rows]


@pytest.mark.parametrize("kind", SCENARIOS)
async def test_provenance_says_who_asked_whom_for_what_and_when(kind: str, scene: Scene):
    for check, evidence in await gathered(kind, scene):
        provenance = evidence.provenance
        assert evidence.check == check.id
        assert provenance.collector == kind
        assert provenance.collector_version
        assert provenance.source == ", ".join(dict.fromkeys(check.sources))
        assert provenance.request
        assert provenance.started_at <= provenance.ended_at <= now()
        assert provenance.rows == len(evidence.rows)


@pytest.mark.parametrize("kind", SCENARIOS)
async def test_captures_have_names_of_their_own_that_are_safe_as_file_names(kind: str, scene: Scene):
    for _, evidence in await gathered(kind, scene):
        items = [capture.item for capture in evidence.captures]
        assert items
        assert len(items) == len(set(items))
        assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", item) for item in items)


@pytest.mark.parametrize("kind", SCENARIOS)
async def test_credentials_are_sent_and_stay_out_of_the_evidence(kind: str, scene: Scene):
    collected = await gathered(kind, scene)
    assert all(request.headers["x-credential"] == SECRET for request in scene.server.requests)
    assert all(request.headers["authorization"].startswith("Basic ") for request in scene.server.requests)
    for _, evidence in collected:
        assert SECRET not in repr(evidence)
        assert "hush" not in repr(evidence)
