"""Inputs to start from: what tools of each form really write, and what is known to have broken readers elsewhere."""
# ruff: noqa: E501 (inputs stand here as they are)

import gzip
import json
import re
import tempfile
import zlib
from datetime import timedelta
from pathlib import Path
from typing import Any

from checks.evidence.log_records import Pause
from checks.evidence.notes import SignedNote
from checks.slots import Cadence
from tasks.sealing.bundle_writer import BundleWriter
from tasks.sealing.records import RecordWriter
from tests.checks.evidence.test_inputs import INPUTS as RUN
from tests.tasks.sealing.sealed import INFO, START, files, hour, signer

TESTS = Path(__file__).parents[1]
EXAMPLES = TESTS.parent / "examples"


def recorded(folder: str, *patterns: str) -> tuple[bytes, ...]:
    """Files that tests keep as tools wrote them."""
    return tuple(
        path.read_bytes()[:20_000]
        for pattern in patterns
        for path in sorted((TESTS / "tasks" / folder / "recorded").rglob(pattern))
    )


def written(*values: Any) -> tuple[bytes, ...]:
    return tuple(json.dumps(value).encode() for value in values)


LAUGHS = b"a: &a [x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (name, name, *[name - 1] * 8) for name in b"bcdefghi"
)
ENTITIES = b'<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;">]><testsuite>&y;</testsuite>'
DEEP = (b"[" * 100_000, b'{"a":' * 10_000, b"a:\n" + b"".join(b" " * n + b"- a:\n" for n in range(200)))
ODD_YAML = (
    LAUGHS,
    b"a: &a [*a]\n",
    b"a: &a {b: *a}\n",
    b"a: 2026-13-45\n",
    b"a: 2026-11-22T99:99:99Z\n",
    b"a: 2026-11-22t14:00:00+99:99\n",
    b"? [a, b]\n: c\n",
    b"? {a: b}\n: c\n",
    b"a: !!int ''\n",
    b"a: !!float x\n",
    b"a: !!binary '*'\n",
    b"a: !!timestamp x\n",
    b"a: !!set {b}\n",
    b"a: !!omap [b]\n",
    b"a: !!python/object/apply:os.system [id]\n",
    b"a: =\n",
    b"<<: [1]\n",
    b"a: 0b\n",
    b"a: 1:99:99\n",
    b"a: .inf\n",
    b"a: \xff\n",
    b"%YAML 3.0\n---\na: b\n",
    b"a: b\n---\nc: d\n",
    b"- a\n- b\n",
    b"",
)
ODD_JSON = (
    *written(None, True, 0, "x", [], {}, [[]], {"": ""}, [None], {"a": None}),
    *(
        b'{"a": 1' + b"0" * 400 + b"}",
        b"NaN",
        b"1e999",
        b"-0",
        b"1" * 5_000,
        b'{"a":1,"a":2}',
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b'{"a":',
        b"[1,]",
        b"\x00",
    ),
    *DEEP[:2],
)

CATALOGUES = (
    *(path.read_bytes()[:6_000] for path in sorted(EXAMPLES.glob("*/readiness.yaml"))),
    b'system: a\nenvironment: b\nsources:\n  api: {http: "${API_URL}", timeout: 5s}\nchecks:\n'
    b"  live: {kind: health, endpoints: [api:/livez], expect: {within: 500ms}}\n",
    *ODD_YAML,
    *DEEP,
)
LEDGERS = (
    b'{"event": "start", "id": "d-1", "at": "2026-11-22T14:00:00Z", "by": "ci", "reason": "v1"}\n'
    b'{"event": "end", "id": "d-1", "at": "2026-11-22T14:03:20Z", "by": "ci"}\n',
    b'{"event": "window", "id": "m-1", "from": "2026-11-23T02:00:00Z", "until": "2026-11-23T03:00:00Z", "by": "ops",'
    b' "approved_by": "desk", "reason": "disk"}\n',
    b'{"event": "start", "id": "d-1", "at": "9999-12-31T23:59:59-23:59", "by": "ci", "reason": "v1"}\n',
    *(one + b"\n" for one in ODD_JSON),
)
SLOTS = (
    b"2026-11-22T2800Z.hourly",
    "２026-11-22T1400Z.hourly".encode(),
    b"0026-11-22T1400Z.hourly",
    b"2026-11-22T1400Z.hourly",
    b"2026-11-22T14:00Z",
    b"2026-11-22T14:00:00+02:00",
    b"0001-01-01T00:00:00+23:59",
    b"",
)
METRICS = (
    b'# HELP queue How many wait.\n# TYPE queue gauge\nqueue{name="a",zone="b\\n\\"c"} 4.2 1795348800\n',
    b'# TYPE seconds histogram\nseconds_bucket{le="0.1"} 1\nseconds_bucket{le="+Inf"} 3\nseconds_sum 0.4\nseconds_count 3\n',
    b'# TYPE seconds summary\nseconds{quantile="0.5"} NaN\nseconds_sum 1\nseconds_count 2\n# EOF\n',
    b'# TYPE a counter\na_total 1 # {trace="x"} 0.5\n# EOF\n',
    b'# TYPE a info\na_info{version="1"} 1\n# TYPE b stateset\nb{b="x"} 1\n# EOF\n',
    b'a{b="c',
    b"a{} 1 2 3\n",
    b"# TYPE\n",
    b"a 1e9999\na -Inf\n",
    b'{"a\\b"="c"} 1\n',
)
REPORTS = written(
    {"generated_at": "2026-11-22T14:00:00Z"},
    {"ts": 1795348800},
    {"ts": 1795348800000.5},
    {"ts": 1e300},
    {"meta": {"time": "2026-11-22"}},
    {"generated_at": "Sun, 22 Nov 2026 14:00:00 GMT"},
    {"generated_at": True},
)
JSON = (
    *written(
        {"queue": 1, "inside": {"depth": 2.5}},
        {"metrics": [{"name": "a", "type": "gauge", "samples": [{"labels": {"b": "c"}, "value": 1}]}]},
        [{"name": "a", "value": 1, "labels": {"b": 1}}],
    ),
    *ODD_JSON,
)
PACKED = (
    gzip.compress(b'{"status": "pass"}'),
    zlib.compress(b'{"status": "pass"}'),
    gzip.compress(b'{"status": "pass"}')[:-5],
    gzip.compress(b" " * 5_000_000),
    gzip.compress(b'{"since": "2026-11-22T14:00:00Z", "until": "2026-11-22T14:05:00Z", "clock_step": 0.0}\n')
    + gzip.compress(
        b'{"sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "text": "{}"}\n'
        b'{"at": "2026-11-22T14:00:01Z", "captures": [{"item": "1", "meta": {"status": 200}, "sha256":'
        b' "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}], "failure": null}\n'
    ),
    *(gzip.compress(one + b"\n") for one in ODD_JSON[:10]),
)
JOURNALS = (
    *written(
        {
            "experiment": {
                "method": [{"name": "kill", "type": "action"}, {"ref": "again"}],
                "rollbacks": [{"name": "start"}],
                "dry": False,
            },
            "status": "completed",
            "deviated": False,
            "duration": 1.5,
            "steady_states": {
                "before": {"steady_state_met": True, "probes": [{"tolerance_met": True, "activity": {"name": "up"}}]},
                "after": {"steady_state_met": False, "probes": [{"tolerance_met": False, "activity": {"name": "up"}}]},
            },
            "run": [
                {
                    "activity": {"name": "kill", "provider": {"type": "process"}},
                    "status": "succeeded",
                    "output": {"status": 0},
                }
            ],
            "rollbacks": [
                {"activity": {"name": "start", "provider": {"type": "http"}}, "status": "failed", "output": None}
            ],
        },
        {"experiment": {"method": "kill"}},
        {"experiment": {"method": [1]}},
        {"experiment": {}, "steady_states": [1], "run": {"a": 1}},
        {"experiment": {}, "steady_states": {"before": {"probes": [1]}}},
        {"experiment": {}, "run": [{"status": "succeeded", "activity": [1]}]},
        {"experiment": {}, "run": [{"status": "succeeded", "activity": {"provider": "x"}}]},
    ),
    *ODD_JSON[:12],
)
BACKUPS = (
    *recorded("backup_tools", "*.json", "*.txt", "*.yml"),
    *ODD_JSON,
    *ODD_YAML[:6],
    *written(
        [{"name": "main", "backup": [{"label": "a", "type": "full", "timestamp": {"start": 1, "stop": 2}}]}],
        {"main": [{"backup_id": "1", "status": "DONE", "end_time_timestamp": "1795369839", "size_bytes": 1}]},
        {"main": {"postgresql": {"status": "OK", "hint": ""}, "archive_mode": {"status": "FAILED", "hint": "x"}}},
        [
            {
                "id": "0" * 64,
                "time": "2026-11-22T14:00:00.123456789Z",
                "tags": ["main"],
                "summary": {"total_bytes_processed": 5},
            }
        ],
        {"message_type": "summary", "num_errors": 0},
    ),
    *(re.sub(rb'"stop":\s*[0-9]+', b'"stop":' + b"9" * 30, body) for body in recorded("backup_tools", "info.json")),
    b"no errors were found\n",
    b"check: ok\nread all data\n",
)
AUDITS = (
    *recorded("collectors", "found.json", "skipped.json", "audit-*.json"),
    *ODD_JSON,
    *written(
        {
            "results": [
                {
                    "packages": [
                        {
                            "package": {"name": "a", "version": "1"},
                            "vulnerabilities": [{"id": "X-1"}],
                            "groups": [{"ids": ["X-1"], "max_severity": "7.5"}],
                        }
                    ]
                }
            ]
        },
        {
            "matches": [
                {"vulnerability": {"id": "X-1", "severity": "High"}, "artifact": {"name": "a", "version": "1"}}
            ],
            "source": {},
            "descriptor": {"name": "grype"},
        },
        {"dependencies": [{"name": 1, "version": None, "vulns": [{"id": [], "aliases": "x"}]}], "fixes": []},
        {
            "auditReportVersion": 2,
            "vulnerabilities": {"a": {"via": [1, "b", {"url": None}], "severity": 5}},
            "metadata": {"dependencies": {"total": "x"}},
        },
        {"auditReportVersion": 2, "vulnerabilities": [], "metadata": []},
    ),
)
BILLS = (
    *recorded("collectors", "sbom.*.json"),
    *ODD_JSON,
    *written(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "components": [{"type": "library", "name": "a", "purl": "pkg:pypi/a@1"}],
        },
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "components": [{"type": "library", "name": 1, "version": [], "purl": {}}],
        },
        {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": {"a": 1}, "metadata": {"tools": 5}},
        {"spdxVersion": "SPDX-2.3", "packages": [{"SPDXID": [], "name": None}], "documentDescribes": 5},
        {"spdxVersion": "SPDX-2.3", "packages": {}, "relationships": [{}]},
    ),
)
LOCKS = (
    *recorded("collectors", "package-lock.json", "requirements.txt"),
    b'version = 1\n[[package]]\nname = "a"\nversion = "1"\nsource = { registry = "x" }\n',
    b"[[package]]\nname = 1\n",
    b"package = 5\n[[package]]\n",
    b'[[package]]\nversion = "1"\n',
    b"[package]\n[[package]]\n",
    b"a==1 ; x\nb[c]==2 \\\n",
    b"a @ https://x/",
    *ODD_JSON[:10],
)
XML = (
    b'<testsuites><testsuite name="a" tests="2" failures="1" timestamp="2026-11-22T14:00:00Z"><testcase name="b" classname="c" time="0.1"/>'
    b'<testcase name="d"><failure message="e">f</failure></testcase><properties><property name="version" value="1"/></properties></testsuite></testsuites>',
    b'<testsuite tests="x"/>',
    b'<testsuite tests="99999999999999999999999"/>',
    b'<testsuite tests="-1" errors="&#x31;"/>',
    b'<coverage lines-valid="10" lines-covered="8" timestamp="1795348800000" line-rate="0.8"/>',
    b'<coverage lines-valid="-1" lines-covered="x" timestamp="1e999"/>',
    b'{"meta": {"timestamp": "2026-11-22T14:00:00"}, "totals": {"num_statements": 10, "covered_lines": 8}}',
    ENTITIES,
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    b'<?xml version="1.0" encoding="utf-7"?><testsuite/>',
    b'<?xml version="1.0" encoding="nonsense"?><testsuite/>',
    "<testsuite/>".encode("utf-16"),
    b"<a>" * 3_000,
    b"<testsuite>" + b"<testsuite>" * 2_000 + b"</testsuite>" * 2_001,
)
LOGS = (
    b'{"ts": "2026-11-22T14:00:00Z", "level": "info", "message": "booked", "trace_id": "a"}\nplain\n',
    b'{"message": "password=hunter22 https://a:secret@host/ Bearer abcdef0123456789"}\n',
    b"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n",
    b'{"client_secret": "hunter22", "api_key": 12345678}\n',
    b"://" * 5_000,
    b"password=" * 3_000,
    b"-----BEGIN PRIVATE KEY-----" * 1_000,
    b"open/se\\\"same+&'\\\\1 b3Blbi9zZSJzYW1lKyYnXDE= open%2Fse%22same%2B%26%27%5C1\n",
    *(one + b"\n" for one in ODD_JSON[:20]),
)
ANSWERS = (
    *written(
        {
            "status": "success",
            "data": {"resultType": "matrix", "result": [{"metric": {"a": "b"}, "values": [[1795348800, "1"]]}]},
        },
        {
            "status": "success",
            "data": {
                "resultType": "matrix",
                "result": [
                    {"metric": {}, "histograms": [[1, {"count": "3", "sum": "1", "buckets": [[0, "0", "1", "3"]]}]]}
                ],
            },
        },
        {"status": "success", "data": ["a", 5], "warnings": ["w"]},
        {"status": "error", "errorType": "bad_data", "error": "x"},
        {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1e300, "1"]]}]}},
        {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": [], "values": [[1, "x"]]}]}},
        {"status": "success", "data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, [2]]]}]}},
        {"status": "success", "data": 5, "warnings": 5},
        {"status": "success"},
    ),
    *ODD_JSON,
)
SETTINGS = (
    b"mode: on\nlimits: {rate: 5, password: hunter22}\n",
    b'mode = "on"\n[limits]\nrate = 5\nat = 2026-11-22T14:00:00Z\n',
    b"A=1\nexport B='two'\n# c\n",
    b'{"mode": "on", "limits": {"rate": 5}}',
    b"secrets:\n- {name: A, rotated_at: 2026-11-01, owner: ops, vault: x}\n",
    b"a = inf\nb = nan\n",
    b"a = 99999-01-01\n",
    b"A=" + b"9" * 5_000 + b"\n",
    b"A=1e999\nB=nan\nA=2\n",
    b"a." * 2_000 + b"a = 1\n",
    b"a = " + b"[" * 3_000,
    *ODD_YAML,
    *ODD_JSON,
)
RULES = (
    b"groups:\n- name: a\n  rules:\n  - alert: Down\n    expr: up == 0\n    for: 1h30m\n    labels: {severity: page}\n",
    b"rule_files: [rules.yml]\ntests:\n- alert_rule_test:\n  - {alertname: Down, exp_alerts: [{}]}\n",
    b"groups: [{rules: [{alert: [], expr: {}, for: -5, labels: [x]}]}]\n",
    b"groups: 5\n",
    b"rule_files: 5\n",
    b"groups: [{rules: [{alert: a, expr: b, for: 99999999999999d}]}]\n",
    *ODD_YAML,
)
COMPOSE = (
    b"services:\n  api:\n    image: registry/api:1.2@sha256:0\n    ports: ['8080:80']\n    healthcheck: {test: [CMD, curl, x]}\n",
    b"services: {api: &a {image: x}, other: {<<: *a, deploy: {resources: {limits: {cpus: '0.5', memory: 1G}}}}}\n",
    b'[{"Config": {"Image": "a", "Env": ["A=b"]}, "State": {"Status": "running"}}]',
    b'[{"Config": 5}]',
    *ODD_YAML,
    *ODD_JSON,
)
SOCKETS = (
    b"Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port Process\n"
    b'tcp LISTEN 0 128 127.0.0.1:80 0.0.0.0:* users:(("nginx",pid=1,fd=2))\nudp UNCONN 0 0 [::]:53 [::]:*\n',
    b"sl  local_address rem_address   st tx_queue\n 0: 0100007F:1F90 00000000:0000 0A 0\n",
    b"sl  local_address remote_address   st\n 0: 00000000000000000000000001000000:1F90 0:0 0A 0\n",
    b"LISTEN 0 5 *:99999999999999999999 *:*\n",
    "LISTEN 0 5 *:²³ *:*\n".encode(),
    b"tcp\n",
    b"Netid\n",
)
PAPERS = (
    b"b83e6a04f1d95c27708ba9e61c3d52f04e97a1cb\trefs/tags/v1.2.0\nb83e6a04f1d95c27708ba9e61c3d52f04e97a1cb\trefs/tags/v1.2.0^{}\n",
    b"# pack-refs with: peeled\nb83e6a04f1d95c27708ba9e61c3d52f04e97a1cb refs/tags/v1\n^b83e6a04f1d95c27708ba9e61c3d52f04e97a1cb\n",
    b"# Changelog\n\n## Unreleased\n\n## 1.2.0 - 2026-11-22\n",
    b"0" * 64 + b"  dist/a.whl\n" + b"1" * 64 + b" *a.whl\n",
    b"## " + b"1." * 5_000 + b"\n",
    b"# \x00\x1f\xff",
)
DUMPS = (
    b"PGDMP\x01\x0f\x00\x08\x08\x01\x01" + b"\x00\xff\xff\xff\xff\xff\xff\xff\x7f" * 7,
    b"PGDMP\x01\x10\x00\x04\x08\x01\x01\x00\x00\x00\x00\x00\x0d\x00\x00\x00\x00\x0e\x00\x00\x00",
    b"PGDMP\x01\x0f\x00\x04\x08\x01\x01"
    + b"\x00\x05\x00\x00\x00" * 7
    + b"\x00\x02\x00\x00\x00ab"
    + b"\x00\x04\x00\x00\x0018.6" * 2,
    b"--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 18.6\n-- Started on 2026-11-22 14:00:00 UTC\n",
    b"-- PostgreSQL database dump\n-- Started on 2026-99-99 99:99:99\n",
    b"toc.dat" + b"\x00" * 250 + b"ustar" + b"\x00" * 300,
    b"",
)
OPENSLO = (
    b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a, displayName: A}\nspec:\n  service: s\n"
    b"  indicator: {spec: {ratioMetric: {counter: true, good: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(a{b=\"c\"}[5m]))'}}},"
    b" total: {metricSource: {type: Prometheus, spec: {query: 'sum(rate(a[5m]))'}}}}}}\n"
    b"  timeWindow: [{duration: 4w, isRolling: true}]\n  objectives: [{target: 0.99}]\n",
    b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: {indicator: {spec: {thresholdMetric: {metricSource: {type: Prometheus,"
    b" spec: {query: 'histogram_quantile(0.95, sum(rate(a_bucket[5m])) by (le))'}}}}}, objectives: [{op: lt, value: 1, target: 0.9}]}\n",
    b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: [1], displayName: 5}\nspec: [1]\n",
    b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: {objectives: 5}\n",
    b"apiVersion: openslo/v1\nkind: SLO\nmetadata: {name: a}\nspec: {objectives: [5], timeWindow: 3, service: [x]}\n",
    b"apiVersion: openslo/v1\nkind: Service\nmetadata: {name: s, labels: {owner: [1, 2]}}\n",
    b"apiVersion: openslo/v1\nkind: Service\nmetadata: {name: s, labels: [x]}\n---\napiVersion: openslo/v1\nkind: DataSource\nmetadata: {name: p}\nspec: 5\n",
    *ODD_YAML,
)
HANDWRITTEN = (
    b"---\ntitle: a\nreviewed: 2026-11-22\n---\n# Register\n\n| use case | status | owner |\n| --- | --- | --- |\n| a | ready | b |\n| c \\| d | L2 | e |\n",
    b"# Scorecard\n\n| service | level | target |\n| --- | --- | --- |\n| a | L1 | L2 |\n\n- [x] done\n- [ ] not\n",
    b"# Score\n\n| area | weight | score |\n| --- | --- | --- |\n| a | 30% | 4/5 |\n| b | 70 | x |\n\n[l](x.md#y) <a href='z'>\n",
    b"| a |\n| --- |\n",
    b"> " * 500 + b"x\n",
    b"- " * 500 + b"x\n",
    b"[" * 2_000,
    b"[" * 100_000,
    b"<!--" * 20_000,
    b"*" * 3_000 + b"_" * 3_000,
    b"<" * 3_000,
    b"```\n" * 200,
    b"---\n" + LAUGHS + b"---\n# a\n",
    b"---\na: [\n---\n",
)
HEADERS = (
    b"Location: http://user:pass@host/?token=a",
    b"location: http://[",
    b"Link: <//[::1>; rel=x",
    b"X-A: \xff\x00\x1b[31m",
    b"refresh: 0;url=http://[x",
)


LATER = START + timedelta(hours=1)


def _sealed() -> tuple[dict[str, bytes], bytes]:
    """The files of a bundle that was really sealed, with its log, by path; and a record of the log."""
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as made:
        folder = Path(made)
        root = folder / "evidence"
        writer = BundleWriter(root, signer(folder), lambda: START)
        for number in (0, 1):
            writer.seal(writer.stage(hour(number), files(hour(number))), hour(number), INFO)
        RecordWriter(root, signer(folder)).append(
            Pause(
                at=LATER, by="collector", reason="moving", until=LATER + timedelta(hours=1), cadences=(Cadence.HOURLY,)
            )
        )
        found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return found, next(data for path, data in found.items() if "/records/" in path)


_FILES, _RECORD = _sealed()


def _named(*endings: str) -> tuple[bytes, ...]:
    return tuple(data for path, data in sorted(_FILES.items()) if path.endswith(endings))


BAG_INFOS = (*_named("bag-info.txt"), b"Bagging-Date: 9999-99-99\n", b"a\n", b": \n", b"\xff: x\n")
MANIFESTS = (
    *_named("manifest-sha256.txt"),
    b"# size 5\n" + b"0" * 64 + b"  a\n",
    b"0" * 64 + b"  ../a\n",
    b"# size 0\n",
    b"# size 5",
    b"",
)
NOTES = (
    *_named("checkpoint"),
    *(SignedNote.parse(note).text for note in _named("checkpoint")),
    *(key.strip() for key in _named(".vkey")),
    b"origin\n5\nAAAA\n",
    b"a\n\n\xe2\x80\x94 a AAAA\n",
    b"a+00000000+AQ==",
    b"\n\n",
)
PROOFS = (*_named("tlog-proof"), *(data.partition(b"\n\n")[0] for data in _named("tlog-proof")))
ENTRIES = (*(data for path, data in _FILES.items() if "/tile/" in path), b"\x00", b"\x00\x01", b"\xff\xff")
RECORDS = (
    _RECORD,
    *_named(".dsse.json", "statement.json", ".sigstore.json"),
    *(re.sub(rb'"payload":\s*"', '"payload":"é'.encode(), data) for data in (_RECORD, *_named(".dsse.json"))),
    *ODD_JSON[:10],
)
VERDICTS = (*_named("verdicts.json"), *ODD_JSON)
INPUTS = (
    *(RUN.data,),
    *written({"made_with": {}, "suites": "0" * 64, "judging": {}, "quoted": {}}),
    *ODD_JSON[:10],
)
SIGNATURES = (
    *_named(".sig"),
    b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n",
    b"untrusted comment: a\nRWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3\ntrusted comment: b\nAAAA\n",
    b'{"base64Signature": "AAAA"}',
    b'{"messageSignature": {"messageDigest": {"digest": "AAAA"}, "signature": "AAAA"}}',
    b"AAAA",
    b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
)
KEYS = (
    *_named("allowed_signers", ".pub"),
    b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    b'a namespaces="readiness-evidence",valid-after="99999999999999Z" ssh-ed25519 AAAA',
    b"ssh-ed25519 AAAA",
)
