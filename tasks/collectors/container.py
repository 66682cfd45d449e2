"""Collects what containers are: compose files, what docker inspect printed, and the manifest of a release."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from checks.evidence.records import Evidence, RawCapture, json_bytes
from checks.kinds.container import ContainerCheck, ContainerRow
from checks.secret_names import speaks_of_secrets
from tasks.collectors.collector import Clock, Stopwatch
from tasks.collectors.container_facts import ContainerFacts, of_compose, of_inspect, service_of
from tasks.collectors.container_images import Image
from tasks.collectors.documents import DocumentReader, document_from, shown_request
from tasks.collectors.health_commands import classified
from tasks.collectors.http_client import HttpClient
from tasks.collectors.http_exchange import printable
from tasks.collectors.known_secrets import hide_secrets
from tasks.collectors.sources import Sources
from tasks.collectors.strict_json import Unreadable, at, parse, parse_object
from tasks.collectors.yaml_reading import parse_yaml

_SETTING = re.compile(
    r"(?m)^(\s*(?:-\s*)?[\"']?([A-Za-z_][A-Za-z0-9_.-]*)[\"']?\s*[:=][ \t]*)(?![ \t]*(?:\$\{|$|[\[{&*|>]))(\S.*)$"
)
_LONGEST = 300


class ContainerCollector:
    """Reads the files of a check; the values of environment variables stay behind."""

    kind: ClassVar[str] = "container"

    def __init__(self, sources: Sources, now: Clock, *, http: HttpClient | None = None) -> None:
        self._now = now
        self._documents = DocumentReader(sources, now, http=http)

    async def collect(self, check: ContainerCheck) -> Evidence:
        watch = Stopwatch(check, self._now)
        read = {name: await self._documents.read(place, name) for name, place in check.places.items()}
        captures = tuple(_without_values(name, capture) for name, capture in read.items())
        return watch.evidence(
            self.rows_from(check, captures),
            captures,
            source=", ".join(check.sources),
            request="\n".join(map(shown_request, read.values())),
        )

    @staticmethod
    def rows_from(check: ContainerCheck, captures: Sequence[RawCapture]) -> tuple[ContainerRow, ...]:
        """A row for each service; nothing but the captures is needed to make them again."""
        files = {capture.item: _File(capture) for capture in captures}
        return tuple(_row(check, service, files) for service in check.services)

    async def aclose(self) -> None:
        await self._documents.aclose()


class _File:
    """A file as it was read: its value, or what stood in the way."""

    def __init__(self, capture: RawCapture) -> None:
        document = document_from(capture)
        self.where, self.missing, self.file_time = document.where, document.missing, document.file_time
        self.value: Any = None
        self.unreadable: str | None = None
        if document.missing is None:
            try:
                self.value = _parsed(capture.item, document.body)
            except Unreadable as error:
                self.unreadable = printable(str(error), _LONGEST)

    @property
    def trouble(self) -> str | None:
        """Why there is no value."""
        return self.missing or self.unreadable


def _parsed(item: str, body: bytes) -> Any:
    """A mapping of services, a list of containers, or a release's manifest."""
    if item == "compose":
        return _services(body)
    if item == "manifest":
        return parse_object(body)
    containers = parse(body)
    found = containers if isinstance(containers, list) else [containers]
    if not all(isinstance(each, dict) and "Config" in each for each in found):
        raise Unreadable("is JSON, but not what docker inspect prints of containers")
    return found


def _services(body: bytes) -> dict[str, Any]:
    """Aliases are followed, as compose does; what they stand for is never written out."""
    document = parse_yaml(body)
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict) or not services:
        raise Unreadable("names no services")
    if not all(isinstance(service, dict) for service in services.values()):
        raise Unreadable("has a service that says nothing of itself")
    return services


def _without_values(name: str, capture: RawCapture) -> RawCapture:
    """The file without what containers get in their environment, and without secrets of known forms."""
    text = capture.body.decode(errors="surrogateescape")
    text = _without_environment(text) if name == "inspected" else _without_secret_settings(text)
    hidden = hide_secrets(text)
    body = hidden.text.encode(errors="surrogateescape")
    return RawCapture(capture.item, body, {**capture.meta, "secrets_hidden": len(hidden.found)})


def _without_environment(text: str) -> str:
    """Names of variables alone; a file that is no JSON is left to what else hides secrets."""
    try:
        containers = json.loads(text)
    except (ValueError, RecursionError):
        return text
    for container in containers if isinstance(containers, list) else [containers]:
        config = container.get("Config") if isinstance(container, dict) else None
        if isinstance(config, dict) and isinstance(config.get("Env"), list):
            config["Env"] = [str(each).partition("=")[0] for each in config["Env"]]
    return json_bytes(containers).decode()


def _without_secret_settings(text: str) -> str:
    """Settings whose names speak of secrets keep their names; what comes from a variable is no secret."""
    return _SETTING.sub(lambda line: f"{line[1]}‹hidden›" if speaks_of_secrets(line[2]) else line[0], text)


def _row(check: ContainerCheck, service: str, files: Mapping[str, _File]) -> ContainerRow:
    """A service as it runs where that is known, else as it is declared."""
    first = files.get("inspected") or files["compose"]
    about: dict[str, Any] = {
        "subject": service,
        "where": first.where,
        "missing": first.missing,
        "unreadable": first.unreadable,
        "file_time": first.file_time,
    }
    if first.trouble:
        return ContainerRow(**about)
    found = _facts(service, files)
    if not found:
        return ContainerRow(**about, absent=f"{first.where} has no service of that name")
    facts = found[0]
    image = Image.parse(facts.image)
    asked = check.asked(service)
    health = classified(facts.health_command, facts.image)
    open_ports = [port for port in facts.open_ports if port.partition(" ")[0] not in asked.ports]
    others = sorted({each.image for each in found[1:]} - {facts.image})
    return ContainerRow(
        **about,
        containers=len(found),
        state=facts.state,
        image=printable(facts.image, _LONGEST),
        version_cause=f"its containers run different images: {facts.image} and {', '.join(others)}"
        if others
        else image.unversioned(),
        digest=image.digest,
        restart=facts.restart,
        cpus=facts.cpus,
        memory_bytes=facts.memory_bytes,
        health=health.kind,
        health_because=printable(health.because, _LONGEST),
        open_ports=", ".join(open_ports) or None,
        open_count=len(open_ports),
        install=facts.install,
        declared_cause=_declared(service, image, files) if "inspected" in files else None,
        **_manifest(check, service, image, files),
    )


def _facts(service: str, files: Mapping[str, _File]) -> list[ContainerFacts]:
    if "inspected" in files:
        return [of_inspect(each) for each in files["inspected"].value if service in service_of(each)]
    declared = files["compose"].value.get(service)
    return [of_compose(declared)] if declared is not None else []


def _declared(service: str, image: Image, files: Mapping[str, _File]) -> str | None:
    """How what runs differs from what the compose file says."""
    if "compose" not in files:
        return None
    compose = files["compose"]
    if compose.trouble:
        return f"{compose.where} {compose.trouble}"
    declared = compose.value.get(service)
    if declared is None:
        return f"{compose.where} has no service of that name"
    differs = image.differs(Image.parse(of_compose(declared).image))
    return f"{compose.where} declares another: {differs}" if differs else None


def _manifest(check: ContainerCheck, service: str, image: Image, files: Mapping[str, _File]) -> dict[str, str | None]:
    """The image that the release names, and how this one differs from it."""
    if "manifest" not in files:
        return {}
    manifest = files["manifest"]
    if manifest.trouble:
        return {"manifest_cause": f"{manifest.where} {manifest.trouble}"}
    images = at(manifest.value, check.images)
    named = images.get(service) if isinstance(images, dict) else None
    if isinstance(named, dict):
        parts = [str(named.get("image") or ""), str(named.get("tag") or ""), str(named.get("digest") or "")]
        named = parts[0] + (f":{parts[1]}" if parts[1] else "") + (f"@{parts[2]}" if parts[2] else "")
    if not isinstance(named, str) or not named:
        return {"manifest_cause": f"{manifest.where} names no image for it under {check.images}"}
    return {"manifest_image": printable(named, _LONGEST), "manifest_cause": image.differs(Image.parse(named))}
