"""Units, settings and the compose file of `examples/operation`: each name in them exists, and each reference is met."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.settings.legacy import _get_settings_fields
from prefect.settings.models.root import Settings as PrefectSettings
from prefect_redis.cleanup_queue import RedisWorkerCleanupQueueSettings
from prefect_redis.client import RedisMessagingSettings

from flows.settings import Settings
from tests.flows.fleet import settings_in

ROOT = Path(__file__).parents[2]
OPERATION = ROOT / "examples" / "operation"
FLEET = OPERATION / "fleet"
UNITS = [OPERATION / "one-process" / "readiness.service", *sorted((FLEET / "units").glob("*.service"))]
PREFECT = set(_get_settings_fields(PrefectSettings))
REDIS = (RedisMessagingSettings, RedisWorkerCleanupQueueSettings)
PREFECT |= {f"{kind.model_config['env_prefix']}{name}".upper() for kind in REDIS for name in kind.model_fields}
READINESS = {f"READINESS_{name.upper()}" for name in Settings.model_fields}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((FLEET / "compose.yaml").read_text())


@pytest.mark.parametrize("path", [path for path in OPERATION.rglob("*") if path.is_file()], ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path: Path):
    text = path.read_text()
    named = set(re.findall(r"\b(?:PREFECT|READINESS)_[A-Z][A-Z_]+[A-Z]\b", text))
    assert named - {"READINESS_CATALOG_FILE", "READINESS_KEY_FILE"} <= PREFECT | READINESS


def test_what_would_be_known_to_one_process_alone_is_in_redis():
    """Whatever of Prefect's has a default that only its own process knows."""
    told = settings_in(FLEET / "server.env")
    in_memory = {field.name for field in _get_settings_fields(PrefectSettings).values() if _is_in_memory(field)}
    assert len(in_memory) >= 5, "the settings are found by what their defaults are called"
    assert in_memory <= set(told)
    assert not [name for name in in_memory if "memory" in told[name]]


def test_each_part_that_asks_redis_is_told_where_it_is():
    """Each has an address of its own, and looks for Redis on its own machine without one."""
    told = settings_in(FLEET / "server.env")
    assert {f"{kind.model_config['env_prefix']}URL" for kind in REDIS} <= set(told)


def _is_in_memory(field: Any) -> bool:
    default = str(field.value())
    return field.name.startswith("PREFECT_SERVER_") and (default.endswith(".memory") or default == "memory://")


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_unit(unit: Path, tmp_path: Path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed (package systemd)")
    for name in ("readiness", "prefect"):
        program = tmp_path / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.symlink_to("/bin/true")
    for one in UNITS:
        text = one.read_text().replace("/opt/readiness", str(tmp_path))
        (tmp_path / one.name).write_text(text)
    asked = str(tmp_path / unit.name).replace("@.", "@4200.")
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", asked], capture_output=True, text=True, check=False)
    mine = [line for line in (done.stdout + done.stderr).splitlines() if "readiness" in line]
    assert mine == []


def test_a_second_server_on_a_machine_waits_for_the_first():
    drop_in = FLEET / "units" / "readiness-server@4201.service.d" / "after.conf"
    assert "After=readiness-server@4200.service" in drop_in.read_text()
    assert "status --wait" in (FLEET / "units" / "readiness-server@.service").read_text()


def test_compose_refers_only_to_what_is_there(compose: dict[str, Any]):
    services = compose["services"]
    for name, service in services.items():
        assert set(service) <= KNOWN, name
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("networks", ())) <= set(compose["networks"]), name
        assert all((FLEET / file).exists() for file in service.get("env_file", ())), name
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0] if not volume.startswith("${") else ""
            assert not source or source in compose["volumes"] or (FLEET / source).exists(), (name, volume)
        assert not service["image"].endswith(":latest"), name
    assert (FLEET / services["migrate"]["build"]["context"] / services["migrate"]["build"]["dockerfile"]).is_file()


KNOWN = {
    "build",
    "image",
    "restart",
    "env_file",
    "environment",
    "networks",
    "command",
    "stop_signal",
    "volumes",
    "depends_on",
    "healthcheck",
    "entrypoint",
    "ports",
}


def test_compose_starts_servers_one_after_the_other_and_opens_no_port_to_others(compose: dict[str, Any]):
    services = compose["services"]
    assert services["server-a"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["server-b"]["depends_on"] == {"server-a": {"condition": "service_healthy"}}
    assert services["services"]["depends_on"] == {"server-b": {"condition": "service_healthy"}}
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_has_no_password_of_its_own(compose: dict[str, Any]):
    """Every address that is set there, over the examples in the files of settings, is filled from outside."""
    for name, service in compose["services"].items():
        for key, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|ACCESS_KEY|AUTH_STRING", key):
                assert re.search(r"\$\{[A-Z0-9_]+:\?\}", value), (name, key)
    examples = {**settings_in(FLEET / "server.env"), **settings_in(FLEET / "worker.env")}
    secret = {name for name, value in examples.items() if "change-me" in value}
    for server in ("server-a", "server-b", "services", "worker-a", "worker-b"):
        service = compose["services"][server]
        mine = {name for file in service["env_file"] for name in settings_in(FLEET / file)}
        assert secret & mine <= set(service["environment"]), server


def test_the_image_has_nothing_of_what_was_built_or_written_here():
    """A `.venv` that came along would count as installed, and evidence and development keys are nobody else's."""
    left_out = set((ROOT / ".dockerignore").read_text().splitlines())
    ignored = {line.rstrip("/") for line in (ROOT / ".gitignore").read_text().splitlines()}
    assert ".git" in left_out
    assert ignored - {"__pycache__"} <= left_out
    assert "**/__pycache__" in left_out


def test_a_key_can_be_given_to_the_account_of_the_workers():
    """A key is read by its owner alone, so the number of the image's account is one that can be told."""
    account = re.search(r"useradd .*--uid (\d+)", (FLEET / "Dockerfile").read_text())
    assert account
    assert f"chown {account[1]} /etc/readiness/collector" in (FLEET / "README.md").read_text()


def test_postgres_counts_as_healthy_only_by_tcp(compose: dict[str, Any]):
    """The image's first server, which makes the databases and ends, answers on its socket alone."""
    assert "-h 127.0.0.1" in compose["services"]["postgres"]["healthcheck"]["test"]


def test_background_services_are_ended_by_a_signal_that_they_heed(compose: dict[str, Any]):
    assert compose["services"]["services"]["stop_signal"] == "SIGINT"


def test_workers_have_their_bucket_from_start_to_end(compose: dict[str, Any]):
    for worker in ("worker-a", "worker-b"):
        assert compose["services"][worker]["depends_on"]["bucket"]["condition"] == "service_completed_successfully"
    assert compose["services"]["bucket"]["depends_on"] == ["s3"]


def test_what_compose_asks_for_is_told(compose: dict[str, Any]):
    asked = set(re.findall(r"\$\{([A-Z0-9_]+):\?\}", (FLEET / "compose.yaml").read_text()))
    told = set(re.findall(r"^([A-Z0-9_]+)=", (FLEET / "README.md").read_text(), re.MULTILINE))
    assert asked == told


def test_another_zone_has_the_same_deployments_under_other_names():
    prefect = (ROOT / "prefect.yaml").read_text()
    command = re.search(r"^sed (.*) prefect.yaml > prefect-dmz.yaml$", (FLEET / "README.md").read_text(), re.MULTILINE)
    assert command
    done = subprocess.run(["sh", "-c", f"sed {command[1]}"], input=prefect, capture_output=True, text=True, check=True)
    ours, theirs = (yaml.safe_load(text)["deployments"] for text in (prefect, done.stdout))
    assert [one["name"] for one in theirs] == [f"{one['name']}-dmz" for one in ours]
    assert {one["work_pool"]["name"] for one in theirs} == {"dmz"}
    assert [one["entrypoint"] for one in theirs] == [one["entrypoint"] for one in ours]
