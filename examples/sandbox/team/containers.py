"""How the desk's containers are declared, what runs of them, and what the release says they are."""

import hashlib
import json

from examples.sandbox.releases import NEWEST

_PORTS = {"signal-service": 8101, "risk-service": 8102, "coordination-service": 8103, "event-store": 8104}
SERVICES = (*_PORTS, "redis")


def containers() -> dict[str, str]:
    """The files by their names."""
    manifest = {"release": NEWEST, "images": {name: _image(name) for name in SERVICES}}
    return {
        "containers/compose.yaml": _compose(),
        "containers/inspect.json": json.dumps([_inspected(name) for name in SERVICES], indent=2) + "\n",
        "containers/release_manifest.json": json.dumps(manifest, indent=2) + "\n",
    }


def _image(name: str) -> str:
    tagged = "redis:7.4.1" if name == "redis" else f"desk/{name}:{NEWEST}"
    return f"{tagged}@sha256:{hashlib.sha256(tagged.encode()).hexdigest()}"


def _health(name: str) -> list[str]:
    if name == "redis":
        return ["CMD", "redis-cli", "ping"]
    return ["CMD", "curl", "-fsS", f"http://127.0.0.1:{_PORTS[name]}/livez"]


def _compose() -> str:
    """Every service alike, but for its port: an anchor says what they share."""
    shared = """x-service: &service
  restart: unless-stopped
  deploy:
    resources:
      limits: {cpus: "0.50", memory: 256M}

services:
"""
    services = []
    for name in SERVICES:
        port = f'\n    ports: ["127.0.0.1:{_PORTS[name]}:{_PORTS[name]}"]' if name in _PORTS else ""
        services.append(
            f"  {name}:\n    <<: *service\n    image: {_image(name)}\n"
            f"    healthcheck: {{test: {json.dumps(_health(name))}, interval: 10s}}{port}\n"
        )
    return shared + "".join(services)


def _inspected(name: str) -> dict[str, object]:
    """As docker inspect prints a container; what nobody reads of it is left out."""
    bound = {f"{_PORTS[name]}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(_PORTS[name])}]} if name in _PORTS else {}
    return {
        "Name": f"/desk-{name}-1",
        "State": {"Status": "running", "Health": {"Status": "healthy"}},
        "Config": {
            "Image": _image(name),
            "Env": ["DESK_TOKEN=nobodys-secret"],
            "Cmd": ["serve"],
            "Entrypoint": None,
            "Labels": {"com.docker.compose.service": name},
            "Healthcheck": {"Test": _health(name)},
        },
        "HostConfig": {
            "RestartPolicy": {"Name": "unless-stopped", "MaximumRetryCount": 0},
            "NanoCpus": 500_000_000,
            "Memory": 268_435_456,
            "PortBindings": bound,
            "NetworkMode": "desk_default",
        },
    }
