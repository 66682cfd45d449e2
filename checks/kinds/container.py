"""Containers: is what runs the release, pinned, bounded, restarted, and its health check of the right kind?"""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checks.catalog import Check, Text
from checks.durations import Duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.fields import FieldPath
from checks.places import Place

HealthKind = Literal["liveness", "readiness", "connectivity", "freshness"]
Restart = Literal["always", "unless-stopped", "on-failure", "any"]
Limit = Literal["cpu", "memory"]
Port = Annotated[str, StringConstraints(pattern=r"^\d{1,5}$")]


class ContainerExpectation(Record):
    """What each service must show; an empty set is not asked for.

    `versioned` asks for a tag that names a version, and not `latest` or another that moves; `digest` for the image's
    digest beside it. `health` are the kinds of health check that will do. Ports are published on this machine alone,
    but for those in `ports`. `installs` allows installing packages at the start. `max_age` is how old the file with
    what runs may be, by its own time.
    """

    versioned: bool = True
    digest: bool = False
    restart: tuple[Restart, ...] = ("always", "unless-stopped", "on-failure")
    limits: tuple[Limit, ...] = ("cpu", "memory")
    health: tuple[HealthKind, ...] = ("liveness", "readiness")
    ports: tuple[Port, ...] = ()
    installs: bool = False
    max_age: Duration | None = None


class ServiceExpectation(Record):
    """What one service must show otherwise than the others."""

    health: tuple[HealthKind, ...] | None = None
    limits: tuple[Limit, ...] | None = None
    ports: tuple[Port, ...] | None = None
    restart: tuple[Restart, ...] | None = None


class ContainerCheck(Check):
    """Reads a compose file, or what `docker inspect` printed, or both; each service is a subject.

    `inspected` is a JSON list of containers, which are found by their compose service or their name; where it is given,
    what runs is what counts, and its image must be the one that `compose` names. `manifest` is the JSON document of a
    release, with the images that belong to it, by service, under `images`. Values of environment variables are not
    kept.
    """

    kind: Literal["container"] = "container"
    compose: Place | None = None
    inspected: Place | None = None
    manifest: Place | None = None
    images: FieldPath = "images"
    services: dict[Text, ServiceExpectation] = Field(min_length=1)
    expect: ContainerExpectation = ContainerExpectation()

    @model_validator(mode="after")
    def _reads_something(self) -> Self:
        if self.compose is None and self.inspected is None:
            raise ValueError("give it compose (a compose file) or inspected (what docker inspect printed), or both")
        if self.expect.max_age is not None and self.inspected is None:
            raise ValueError("max_age is about what runs; give inspected too")
        return self

    @property
    def places(self) -> dict[str, Place]:
        """What it reads, by what it is."""
        named = {"compose": self.compose, "inspected": self.inspected, "manifest": self.manifest}
        return {name: place for name, place in named.items() if place is not None}

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.source for place in self.places.values()))

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.services)

    def asked(self, service: str) -> ContainerExpectation:
        """What is expected of one service."""
        own = self.services[service].model_dump(exclude_none=True)
        return self.expect.model_copy(update=own)


class ContainerRow(EvidenceRow):
    """A service as its container runs, or as the compose file declares it.

    `missing` and `unreadable` say what stood in the way of a file, `absent` that the service is not in it. Columns that
    end in `cause` say what is wrong, `None` where nothing is. `health` is the kind of its check, or `none`, `always
    good` or `unknown`; `open_ports` are those that others can reach, beside those that may be.
    """

    where: str
    missing: str | None = None
    unreadable: str | None = None
    absent: str | None = None
    containers: int | None = None
    state: str | None = None
    image: str | None = None
    version_cause: str | None = None
    digest: str | None = None
    restart: str | None = None
    cpus: float | None = None
    memory_bytes: int | None = None
    health: str | None = None
    health_because: str | None = None
    open_ports: str | None = None
    open_count: int | None = None
    install: str | None = None
    declared_cause: str | None = None
    manifest_cause: str | None = None
    manifest_image: str | None = None
    file_time: Instant | None = None
