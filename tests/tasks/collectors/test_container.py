"""Containers as compose files declare them and docker inspect prints them, well kept and badly."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.evidence.records import Evidence
from checks.expectations.container import CONTAINER
from checks.kinds.container import ContainerCheck, ContainerRow
from checks.outcome import Outcome
from tasks.collectors.container import ContainerCollector
from tasks.collectors.container_facts import of_compose, of_inspect
from tasks.collectors.container_images import Image
from tasks.collectors.health_commands import classified
from tests.checks.expectations.judging import Example, verdicts
from tests.tasks.collectors.asking import named, now, sources

PASS, FAIL, INCONCLUSIVE = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
DIGEST = "sha256:" + "ab" * 32
SERVICE: dict[str, Any] = {
    "image": f"acme/api:1.4.0@{DIGEST}",
    "restart": "unless-stopped",
    "deploy": {"resources": {"limits": {"cpus": "0.5", "memory": "256M"}}},
    "healthcheck": {"test": ["CMD", "curl", "-f", "http://localhost:8000/livez"]},
    "ports": ["127.0.0.1:8000:8000"],
    "environment": {"API_TOKEN": "hush-hush-hush", "MODE": "live"},
}
CONTAINER_JSON: dict[str, Any] = {
    "Name": "/desk-api-1",
    "State": {"Status": "running"},
    "Config": {
        "Image": SERVICE["image"],
        "Env": ["API_TOKEN=hush-hush-hush", "MODE=quiet-as-well"],
        "Labels": {"com.docker.compose.service": "api"},
        "Healthcheck": {"Test": SERVICE["healthcheck"]["test"]},
        "Cmd": ["serve"],
    },
    "HostConfig": {
        "RestartPolicy": {"Name": "always"},
        "NanoCpus": 500_000_000,
        "Memory": 268_435_456,
        "PortBindings": {"8000/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8000"}]},
    },
}
MANIFEST = {"release": "1.4.0", "images": {"api": SERVICE["image"]}}
ALL = {"compose": "reports:compose.yaml", "inspected": "reports:inspect.json", "manifest": "reports:manifest.json"}


def write(folder: Path, service: Any = SERVICE, container: Any = CONTAINER_JSON, manifest: Any = MANIFEST) -> None:
    (folder / "compose.yaml").write_text(yaml.safe_dump({"services": {"api": service}}))
    (folder / "inspect.json").write_text(json.dumps(container if isinstance(container, list) else [container]))
    (folder / "manifest.json").write_text(json.dumps(manifest))


def changed(value: dict[str, Any], *path: str, to: Any) -> dict[str, Any]:
    made = copy.deepcopy(value)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = to
    return made


def check(**given: Any) -> ContainerCheck:
    return named(ContainerCheck.model_validate({"services": {"api": {}}, **given}))


async def collected(folder: Path, **given: Any) -> Evidence:
    collector = ContainerCollector(sources(folder=folder), now)
    try:
        return await collector.collect(check(**given))
    finally:
        await collector.aclose()


async def row(folder: Path, **given: Any) -> ContainerRow:
    found = (await collected(folder, **given)).rows[0]
    assert isinstance(found, ContainerRow)
    return found


async def unmet(folder: Path, **given: Any) -> dict[str, Outcome]:
    evidence = await collected(folder, **given)
    (found,) = verdicts(CONTAINER, [Example(check(**given), evidence.rows)])
    assert all(verdict.findings for verdict in found)
    return {f.expectation: f.outcome for verdict in found for f in verdict.findings if f.outcome is not PASS}


@pytest.mark.parametrize("places", [ALL, {"compose": ALL["compose"]}, {"inspected": ALL["inspected"]}])
async def test_a_well_kept_service_meets_everything(tmp_path: Path, places: dict[str, str]):
    write(tmp_path)
    assert await unmet(tmp_path, **places, expect={"digest": True}) == {}


@pytest.mark.parametrize(
    ("path", "to", "found"),
    [
        (("Config", "Image"), "acme/api:latest", {"version": FAIL, "declared": FAIL, "release": FAIL}),
        (("Config", "Image"), "acme/api:1.4.0", {"declared": FAIL, "release": FAIL}),
        (("State", "Status"), "exited", {"running": FAIL}),
        (("HostConfig", "RestartPolicy"), {"Name": ""}, {"restart": FAIL}),
        (("HostConfig", "NanoCpus"), 0, {"cpu-limit": FAIL}),
        (("HostConfig", "Memory"), 0, {"memory-limit": FAIL}),
        (("Config", "Healthcheck"), None, {"health": FAIL}),
        (
            ("Config", "Healthcheck"),
            {"Test": ["CMD-SHELL", "/check"]},
            {"health-known": INCONCLUSIVE, "health": INCONCLUSIVE},
        ),
        (("HostConfig", "PortBindings"), {"80/tcp": [{"HostIp": "", "HostPort": "8080"}]}, {"ports": FAIL}),
        (("HostConfig", "NetworkMode"), "host", {"ports": FAIL}),
        (("Config", "Cmd"), ["sh", "-c", "pip install -q x && serve"], {"starts-ready": FAIL}),
    ],
)
async def test_each_thing_that_is_wrong_with_what_runs_is_told(tmp_path: Path, path: Any, to: Any, found: Any):
    write(tmp_path, container=changed(CONTAINER_JSON, *path, to=to))
    assert await unmet(tmp_path, **ALL) == found


async def test_values_of_the_environment_are_not_kept(tmp_path: Path):
    write(tmp_path)
    evidence = await collected(tmp_path, **ALL)
    assert "hush-hush" not in repr(evidence)
    assert "quiet-as-well" not in repr(evidence)
    assert b"API_TOKEN" in evidence.captures[0].body
    assert ContainerCollector.rows_from(check(**ALL), evidence.captures) == evidence.rows


async def test_a_service_that_is_not_there_is_missing(tmp_path: Path):
    write(tmp_path)
    found = await collected(tmp_path, compose=ALL["compose"], services={"worker": {}})
    assert found.rows[0].absent == "compose.yaml has no service of that name"  # type: ignore[attr-defined]


async def test_containers_of_one_service_run_one_image(tmp_path: Path):
    write(tmp_path, container=[CONTAINER_JSON, changed(CONTAINER_JSON, "Config", "Image", to="acme/api:1.3.0")])
    found = await row(tmp_path, inspected=ALL["inspected"])
    assert found.containers == 2
    assert found.version_cause is not None
    assert "run different images" in found.version_cause


async def test_a_service_may_be_asked_for_something_else(tmp_path: Path):
    write(tmp_path, service=SERVICE | {"image": "redis:7.4", "healthcheck": {"test": "redis-cli -h cache ping"}})
    asked = {"compose": ALL["compose"]}
    assert await unmet(tmp_path, **asked) == {"health": FAIL}
    assert await unmet(tmp_path, **asked, services={"api": {"health": ["connectivity"]}}) == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("compose.yaml", "services: [", "is no YAML at line"),
        ("compose.yaml", "volumes: {}", "names no services"),
        ("compose.yaml", "services: {api: }", "has a service that says nothing of itself"),
        ("compose.yaml", "!!python/object:os.system x", "is no YAML at line 1"),
        ("inspect.json", "{}", "is JSON, but not what docker inspect prints of containers"),
        ("inspect.json", "[1", "is not JSON"),
    ],
)
async def test_what_is_no_such_file_says_so(tmp_path: Path, name: str, text: str, said: str):
    (tmp_path / name).write_text(text)
    place = {"compose": "reports:compose.yaml"} if name == "compose.yaml" else {"inspected": "reports:inspect.json"}
    found = await row(tmp_path, **place)
    assert found.unreadable is not None
    assert said in found.unreadable


async def test_aliases_that_stand_for_much_are_never_written_out(tmp_path: Path):
    levels = "".join(f"  - &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
    service = "{image: *a29, command: *a29, ports: *a29, restart: *a29}"
    bomb = f"x-bomb:\n  - &a0 [lol]\n{levels}services:\n  api: {service}\n"
    (tmp_path / "compose.yaml").write_text(bomb)
    found = await row(tmp_path, compose=ALL["compose"])
    assert found.image == "built here, with no image named"


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"images": {"api": "acme/api:1.5.0"}}, "should be of the tag 1.5.0"),
        ({"images": {"api": {"image": "acme/api", "tag": "1.4.0", "digest": DIGEST}}}, None),
        ({"images": {"api": {"image": "acme/api", "digest": "sha256:" + "cd" * 32}}}, "its digest is"),
        ({"images": {"worker": "acme/api:1.4.0"}}, "names no image for it under images"),
        ([], "is JSON, but no object"),
    ],
)
async def test_the_release_says_which_image_it_is(tmp_path: Path, manifest: Any, said: str | None):
    write(tmp_path, manifest=manifest)
    cause = (await row(tmp_path, **ALL)).manifest_cause
    assert (said is None and cause is None) or (said is not None and said in str(cause))


@pytest.mark.parametrize(
    ("reference", "parts", "versioned"),
    [
        ("redis", ("redis", None, None), False),
        ("docker.io/library/redis:7.4", ("redis", "7.4", None), True),
        ("localhost:5000/acme/api", ("localhost:5000/acme/api", None, None), False),
        ("localhost:5000/acme/api:v2", ("localhost:5000/acme/api", "v2", None), True),
        ("acme/api:latest", ("acme/api", "latest", None), False),
        ("acme/api:stable", ("acme/api", "stable", None), False),
        ("acme/api:release", ("acme/api", "release", None), False),
        ("acme/api:${TAG:-1.0}", ("acme/api:${TAG", "-1.0}", None), False),
        (f"acme/api@{DIGEST}", ("acme/api", None, DIGEST), True),
        (f"acme/api:latest@{DIGEST}", ("acme/api", "latest", DIGEST), True),
    ],
)
def test_an_image_says_its_version_or_does_not(reference: str, parts: tuple[Any, ...], versioned: bool):
    image = Image.parse(reference)
    assert (image.name, image.tag, image.digest) == parts
    assert (image.unversioned() is None) is versioned


@pytest.mark.parametrize(
    ("command", "image", "kind"),
    [
        (None, "acme/api", "none"),
        ("exit 0", "acme/api", "always good"),
        ("curl -f http://localhost/health || true", "acme/api", "always good"),
        ("curl -f http://localhost/health || exit 1", "acme/api", "liveness"),
        ("wget -q -O- http://127.0.0.1:8000/livez", "acme/api", "liveness"),
        ("curl http://localhost:8000/health/ready", "acme/api", "readiness"),
        ("curl http://gateway:8000/health", "acme/api", "connectivity"),
        ("python -c \"import urllib.request; urllib.request.urlopen('http://localhost:80/livez')\"", "x", "liveness"),
        ("redis-cli ping", "redis:7.4", "liveness"),
        ("redis-cli -h cache ping", "redis:7.4", "connectivity"),
        ("redis-cli ping", "acme/signal-service:1", "connectivity"),
        ("python -c 'import redis; redis.Redis().ping()'", "acme/signal-service:1", "connectivity"),
        ("pg_isready -U app", "postgres:17", "liveness"),
        ("pg_isready -h db", "acme/writer:1", "connectivity"),
        ("nc -z localhost 8000", "acme/api", "liveness"),
        ("nc -z broker 5672", "acme/api", "connectivity"),
        ("pgrep -f worker", "acme/worker:1", "liveness"),
        ("test $(find /data/latest.json -mmin -5)", "acme/worker:1", "freshness"),
        ("[ $(($(date +%s) - $(stat -c %Y /tmp/beat))) -lt 60 ]", "acme/worker:1", "freshness"),
        ("python -c 'import os,time; assert time.time()-os.path.getmtime(\"/tmp/b\")<60'", "acme/w:1", "freshness"),
        ("/usr/local/bin/check", "acme/worker:1", "unknown"),
    ],
)
def test_a_health_check_is_of_the_kind_that_its_command_shows(command: str | None, image: str, kind: str):
    assert classified(command, image).kind == kind


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        (["8080:80"], ("8080 → 80",)),
        (["80"], ("a random one → 80",)),
        (["127.0.0.1:8080:80/tcp", "[::1]:8080:80"], ()),
        (["0.0.0.0:8080:80"], ("8080 → 80",)),
        ([{"published": 8080, "target": 80}, {"published": 1, "target": 2, "host_ip": "127.0.0.1"}], ("8080 → 80",)),
    ],
)
def test_ports_are_open_unless_they_say_otherwise(ports: list[Any], found: tuple[str, ...]):
    assert of_compose({"ports": ports}).open_ports == found


@pytest.mark.parametrize(
    ("service", "facts"),
    [
        ({"restart": False}, ("no", None, None)),
        ({"restart": "on-failure:3"}, ("on-failure", None, None)),
        ({"deploy": {"restart_policy": {"condition": "any"}}}, ("any", None, None)),
        ({"cpus": 1.5, "mem_limit": "1g"}, ("no", 1.5, 1024**3)),
        ({"mem_limit": 1048576}, ("no", None, 1048576)),
    ],
)
def test_short_and_long_forms_say_the_same(service: dict[str, Any], facts: tuple[Any, ...]):
    found = of_compose(service)
    assert (found.restart, found.cpus, found.memory_bytes) == facts


def test_a_quota_is_a_limit_on_processors():
    assert of_inspect({"HostConfig": {"CpuQuota": 50_000, "CpuPeriod": 100_000}}).cpus == 0.5
    assert of_inspect({"HostConfig": {"CpuQuota": -1}}).cpus is None


@pytest.mark.parametrize(
    ("command", "install"),
    [
        (["sh", "-c", "pip install -r requirements.txt && serve"], "pip install"),
        ("apt-get -y install curl", "apt-get -y install"),
        ("npm ci", "npm ci"),
        ("uv sync --frozen", "uv sync"),
        ("python -m serve --install-dir /x", None),
    ],
)
def test_installing_at_the_start_is_found(command: Any, install: str | None):
    assert of_compose({"command": command}).install == install
