"""The service says how it is, and every way of asking gets the same answer."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from examples.sandbox.folder import Folder
from examples.sandbox.ledger import TENANTS
from examples.sandbox.observing import Observing
from examples.sandbox.service import Service
from examples.sandbox.system import Sandbox


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.environment["SANDBOX_URL"], trust_env=False) as client:
        yield client


@pytest.fixture
async def without_database(tmp_path: Path) -> httpx.AsyncClient:
    """The service in this process, never started up, its database on a port where nothing listens."""
    folder = Folder(tmp_path)
    folder.clear()
    service = Service(folder, version="v0.2.0", database_url="postgresql://nobody@127.0.0.1:1/ledger")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(service.app()), base_url="http://service", trust_env=False
    ) as client:
        yield client
    service.close()


def samples(families) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


@pytest.mark.parametrize("path", ["/livez", "/health", "/health/ready", "/startupz"])
def test_every_probe_passes(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (200, "pass")


def test_readiness_names_every_dependency(client):
    checks = client.get("/health/ready").json()["checks"]
    assert {name: check["status"] for name, check in checks.items()} == {
        "ledger-database": "pass",
        "event-log": "pass",
    }


def test_version_says_which_release_runs(client):
    assert client.get("/version").json()["version"] == "v0.2.0"


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/startupz"])
async def test_without_database_and_startup_probes_fail(without_database, path):
    answer = await without_database.get(path)
    assert (answer.status_code, answer.json()["status"]) == (503, "fail")


async def test_readiness_names_the_dependency_that_fails(without_database):
    checks = (await without_database.get("/health/ready")).json()["checks"]
    assert checks["ledger-database"] == {"status": "fail", "reason": "OperationalError"}


async def test_a_process_without_database_is_alive(without_database):
    assert (await without_database.get("/livez")).status_code == 200


def test_a_trace_id_comes_back_and_stands_in_the_log(sandbox, client):
    answer = client.get("/v1/aurora/entries", headers={"x-trace-id": "trace-of-one-request"})
    assert answer.headers["x-trace-id"] == "trace-of-one-request"
    line = next(line for line in log_lines(sandbox) if line["traceId"] == "trace-of-one-request")
    assert (line["path"], line["tenantId"], line["code"]) == ("/v1/aurora/entries", "aurora", 200)


async def test_a_request_that_breaks_the_service_counts_as_a_server_error():
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    seen = []
    transport = httpx.ASGITransport(Observing(broken, seen=[seen.append]), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        await client.get("/v1/aurora/entries")
    assert [(exchange.code, exchange.tenant) for exchange in seen] == [(500, "aurora")]


@pytest.mark.parametrize("given", ["", "two words", "x" * 129])
def test_what_is_no_trace_id_is_replaced_by_one(client, given):
    echoed = client.get("/livez", headers={"x-trace-id": given}).headers["x-trace-id"]
    assert echoed not in {"", given}


def test_every_line_of_the_log_has_every_field(sandbox, client):
    client.get("/livez")
    lines = log_lines(sandbox)
    assert len(lines) >= 500
    fields = {"time", "level", "rid", "tenantId", "version", "method", "path", "code", "latency_ms", "traceId"}
    assert all(fields == line.keys() for line in lines)
    assert len({line["rid"] for line in lines}) == len(lines)


def log_lines(sandbox: Sandbox) -> list[dict[str, object]]:
    path = Folder(Path(sandbox.environment["SANDBOX_FOLDER"])).logs / "service.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_text_openmetrics_and_json_agree(client):
    text = client.get("/metrics?format=prom")
    openmetrics = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
    as_json = client.get("/metrics?format=json")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    said = samples(parse_text(text.text))
    assert said == samples(parse_openmetrics(openmetrics.text))
    families = as_json.json()["metrics"]
    assert said == {
        (s["name"], frozenset(s["labels"].items())): s["value"] for family in families for s in family["samples"]
    }


def test_the_metrics_are_those_that_were_promised(client):
    families = {family.name: family.type for family in parse_text(client.get("/metrics").text)}
    assert families == {
        "build_info": "gauge",
        "http_requests": "counter",
        "http_request_duration_seconds": "histogram",
        "retry_attempts": "counter",
        "ingest_latency_seconds": "histogram",
        "db_connections": "gauge",
    }


def test_each_tenant_has_enough_traffic_to_be_judged_alone(client):
    said = samples(parse_text(client.get("/metrics").text))
    for tenant in TENANTS:
        total = said["http_request_duration_seconds_count", frozenset({("tenant", tenant)})]
        within = said["http_request_duration_seconds_bucket", frozenset({("tenant", tenant), ("le", "1.0")})]
        assert total >= 500
        assert within / total > 0.95


def test_the_codes_sum_to_the_requests(client):
    said = samples(parse_text(client.get("/metrics").text))
    counted = sum(value for (name, _), value in said.items() if name == "http_requests_total")
    observed = sum(value for (name, _), value in said.items() if name == "http_request_duration_seconds_count")
    assert counted == observed


def test_a_tenants_request_counts_and_a_probe_does_not(client):
    def counted() -> float:
        said = samples(parse_text(client.get("/metrics").text))
        return said["http_requests_total", frozenset({("code", "200"), ("tenant", "cascade")})]

    before = counted()
    client.get("/v1/cascade/entries")
    client.get("/health")
    assert counted() == before + 1


def test_an_unknown_format_is_refused(client):
    assert client.get("/metrics?format=xml").status_code == 400


def test_a_tenant_reads_its_newest_entries(client):
    entries = client.get("/v1/borealis/entries?limit=3").json()["entries"]
    assert len(entries) == 3
    assert entries == sorted(entries, key=lambda entry: entry["booked_at"], reverse=True)


@pytest.mark.parametrize(("path", "code"), [("/v1/nobody/entries", 404), ("/v1/aurora/entries?limit=ten", 400)])
def test_a_request_that_makes_no_sense_is_refused(client, path, code):
    assert client.get(path).status_code == code


async def test_entries_without_database_are_unavailable(without_database):
    assert (await without_database.get("/v1/aurora/entries")).status_code == 503


def test_a_report_is_served_as_it_lies_in_the_folder(client):
    assert client.get("/reports/event_store/latest.json").json()["report"] == "event_store"
    assert client.get("/reports/unknown/latest.json").status_code == 404


def test_a_service_that_is_asked_to_end_ends_well(tmp_path):
    folder = Folder(tmp_path)
    folder.clear()
    program = [sys.executable, "-m", "examples.sandbox.service", str(tmp_path), "v0.1.0", "127.0.0.1", "0"]
    with subprocess.Popen(program, cwd=Path(__file__).parents[2], env={"SANDBOX_LEDGER_URL": "unused"}) as running:
        log, deadline = folder.logs / "service.jsonl", time.monotonic() + 20
        while not (log.exists() and log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0
