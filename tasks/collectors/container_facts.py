"""What a service's container is, read from a compose file or from what docker inspect printed."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_SIZE = re.compile(r"(?i)(\d+(?:\.\d+)?)\s*([bkmgt]?)i?b?")
_INSTALLS = re.compile(
    r"(?i)\b(?:pip3?|uv pip|gem|poetry|bundle|apt|apt-get|apk|dnf|yum|npm|pnpm|yarn)\s+(?:-\S+\s+)*"
    r"(?:install|add|ci|i)\b"
    r"|\buv\s+sync\b|\byarn\s*(?:$|&&)"
)
_LOOPBACK = ("127.", "::1", "[::1]", "localhost")


@dataclass(frozen=True, slots=True)
class ContainerFacts:
    """One container; `open_ports` are published to others than this machine, as `host port → container port`."""

    image: str
    restart: str | None = None
    cpus: float | None = None
    memory_bytes: int | None = None
    health_command: str | None = None
    open_ports: tuple[str, ...] = ()
    start_command: str = ""
    state: str | None = None

    @property
    def install(self) -> str | None:
        """What it installs when it starts."""
        found = _INSTALLS.search(self.start_command)
        return found[0] if found else None


def of_compose(service: Mapping[str, Any]) -> ContainerFacts:
    """A service of a compose file, in its short and its long forms."""
    limits = _at(service, "deploy", "resources", "limits")
    return ContainerFacts(
        image=_text(service.get("image")) or "built here, with no image named",
        restart=_restart(service),
        cpus=_number(limits.get("cpus", service.get("cpus"))),
        memory_bytes=_bytes(limits.get("memory", service.get("mem_limit"))),
        health_command=_compose_health(service.get("healthcheck")),
        open_ports=tuple(_compose_ports(service)),
        start_command=f"{_words(service.get('entrypoint'))} {_words(service.get('command'))}",
    )


def of_inspect(container: Mapping[str, Any]) -> ContainerFacts:
    """A container as docker inspect prints it; 0 stands for no limit."""
    config, host = _at(container, "Config"), _at(container, "HostConfig")
    quota, period = _number(host.get("CpuQuota")), _number(host.get("CpuPeriod")) or 100_000
    cpus = (_number(host.get("NanoCpus")) or 0) / 1e9 or ((quota or 0) / period if (quota or 0) > 0 else 0)
    return ContainerFacts(
        image=str(config.get("Image") or ""),
        restart=str(_at(host, "RestartPolicy").get("Name") or "no"),
        cpus=cpus or None,
        memory_bytes=int(_number(host.get("Memory")) or 0) or None,
        health_command=_inspect_health(_at(config, "Healthcheck").get("Test")),
        open_ports=tuple(_inspect_ports(container)),
        start_command=f"{_words(config.get('Entrypoint'))} {_words(config.get('Cmd'))}",
        state=str(_at(container, "State").get("Status") or "") or None,
    )


def service_of(container: Mapping[str, Any]) -> set[str]:
    """The names by which a container may be meant: its compose service and its own name."""
    labels = _at(container, "Config", "Labels")
    names = {str(labels.get("com.docker.compose.service") or ""), str(container.get("Name") or "").lstrip("/")}
    return names - {""}


def _restart(service: Mapping[str, Any]) -> str | None:
    """YAML reads an unquoted `no` as false."""
    said = service.get("restart")
    if said is False or said is None:
        condition = _text(_at(service, "deploy", "restart_policy").get("condition"))
        return condition if condition and said is None else "no"
    return (_text(said) or "").partition(":")[0]


def _compose_health(said: Any) -> str | None:
    if not isinstance(said, Mapping) or said.get("disable") is True or said.get("test") is None:
        return None
    return _inspect_health(said["test"])


def _inspect_health(test: Any) -> str | None:
    """`["CMD", …]`, `["CMD-SHELL", "…"]`, `["NONE"]`, or a line for a shell."""
    if isinstance(test, str):
        return None if test.upper() == "NONE" else test
    if not isinstance(test, list) or not test or _text(test[0]) is None or str(test[0]).upper() == "NONE":
        return None
    words = list(filter(None, map(_text, test[1:] if str(test[0]).upper() in ("CMD", "CMD-SHELL") else test)))
    return " ".join(words) if words else None


def _compose_ports(service: Mapping[str, Any]) -> list[str]:
    if service.get("network_mode") == "host":
        return ["every port, on the host's network"]
    found = []
    ports = service.get("ports")
    for port in ports if isinstance(ports, list) else ():
        if isinstance(port, Mapping):
            address, published = _text(port.get("host_ip")) or "", _text(port.get("published")) or "a random one"
            target = _text(port.get("target"))
        else:
            head, _, target = (_text(port) or "").partition("/")[0].rpartition(":")
            address, colon, published = head.rpartition(":")
            address, published = (address, published) if colon else ("", head)
            published = published or "a random one"
        if not address.startswith(_LOOPBACK):
            found.append(f"{published} → {target}")
    return found


def _inspect_ports(container: Mapping[str, Any]) -> list[str]:
    host = _at(container, "HostConfig")
    if host.get("NetworkMode") == "host":
        return ["every port, on the host's network"]
    bound = host.get("PortBindings") or _at(container, "NetworkSettings").get("Ports") or {}
    return [
        f"{each.get('HostPort') or 'a random one'} → {str(port).partition('/')[0]}"
        for port, bindings in bound.items()
        for each in bindings or ()
        if not str(each.get("HostIp") or "").startswith(_LOOPBACK)
    ]


def _at(value: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """What lies that deep, or nothing."""
    inner: Any = value
    for name in names:
        inner = inner.get(name) if isinstance(inner, Mapping) else None
    return inner if isinstance(inner, Mapping) else {}


def _words(command: Any) -> str:
    if isinstance(command, list):
        return shlex.join(filter(None, map(_text, command)))
    return _text(command) or ""


def _text(value: Any) -> str | None:
    """A single value as text; a list or a mapping is none, and written out could be larger than any memory."""
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else None


def _number(said: Any) -> float | None:
    try:
        return float(said) if said not in (None, "") and not isinstance(said, bool) else None
    except (TypeError, ValueError):
        return None


def _bytes(said: Any) -> int | None:
    match = _SIZE.fullmatch((_text(said) or "").strip())
    return int(float(match[1]) * _UNITS[match[2].lower()]) or None if match else None
