"""Health: does each endpoint answer, what does it say of itself, and how fast?"""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from checks.catalog import Check
from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.places import Place


class HealthExpectation(Record):
    """What every endpoint must show; `status` lists the words its body may say, where it has to say one.

    `within` bounds the whole exchange, `certificate_for` how long the TLS certificate must still be good.
    """

    http: tuple[Annotated[int, Field(ge=100, le=599)], ...] = (200,)
    status: tuple[str, ...] | None = None
    within: Duration = parse_duration("1s")
    certificate_for: Duration | None = None

    @field_validator("http", "status")
    @classmethod
    def _names_some(cls, words: tuple[object, ...] | None) -> tuple[object, ...] | None:
        if words is not None and not words:
            raise ValueError("nothing could ever meet an empty list; name what is good, or leave it out")
        return words


class HealthCheck(Check):
    """Asks endpoints for their health.

    `proves` says which kind of health the endpoints speak of; they are different facts. `control` is an endpoint that
    fails only together with the observer's own network: where it fails too, nothing can be said about the others.
    """

    kind: Literal["health"] = "health"
    endpoints: tuple[Place, ...] = Field(min_length=1)
    proves: Literal["liveness", "readiness", "startup", "connectivity", "version"] = "readiness"
    control: Place | None = None
    expect: HealthExpectation = HealthExpectation()

    @field_validator("endpoints")
    @classmethod
    def _differ(cls, endpoints: tuple[Place, ...]) -> tuple[Place, ...]:
        twice = sorted({str(place) for place in endpoints if endpoints.count(place) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here more than once")
        return endpoints

    @property
    def sources(self) -> tuple[str, ...]:
        places = (*self.endpoints, self.control) if self.control else self.endpoints
        return tuple(place.source for place in places)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(str(place) for place in self.endpoints)


class HealthRow(EvidenceRow):
    """One answer of one endpoint, or why there was no complete one.

    Durations are in seconds, `None` where a phase did not happen. An answer that broke off has both a status and a
    reason in `no_answer`. `control_answered` is `None` where the control endpoint was not needed.
    """

    url: str
    address: str | None = None
    http_status: int | None = None
    body_status: str | None = None
    version: str | None = None
    seconds: float | None = None
    resolve_seconds: float | None = None
    connect_seconds: float | None = None
    tls_seconds: float | None = None
    first_byte_seconds: float | None = None
    body_bytes: int | None = None
    certificate_expires_at: Instant | None = None
    no_answer: str | None = None
    control_answered: bool | None = None
