"""Health: does each endpoint answer, what does it say of itself, and how fast?"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, field_validator

from checks.durations import Duration, parse_duration
from checks.evidence.records import EvidenceRow, Instant, Record
from checks.kinds.pulsed import Look, Measured, PulsedCheck, Shown
from checks.places import Place

UNHEALTHY = frozenset({"fail", "failed", "failing", "down", "error", "unhealthy", "critical", "degraded", "warn"})
HEALTHY = frozenset({"pass", "passing", "ok", "up", "healthy", "good"})


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


class HealthCheck(PulsedCheck):
    """Asks endpoints for their health.

    `proves` says which kind of health the endpoints speak of; they are different facts. `control` is an endpoint that
    fails only together with the observer's own network: where it fails too, nothing can be said about the others.
    """

    kind: Literal["health"] = "health"
    endpoints: tuple[Place, ...] = Field(min_length=1)
    proves: Literal["liveness", "readiness", "startup", "connectivity", "version"] = "readiness"
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

    @property
    def certificate_for(self) -> timedelta | None:
        return self.expect.certificate_for

    def is_contradicted(self, row: "HealthRow") -> bool | None:
        """Whether HTTP says good and the body says bad, or the reverse; a word that the check admits never does."""
        if row.body_status is None or row.http_status is None:
            return None
        said = row.body_status.lower()
        if row.http_status < 400:
            return said in UNHEALTHY and row.body_status not in (self.expect.status or ())
        return said in HEALTHY

    def trouble(self, row: "HealthRow") -> str | None:
        """Why an endpoint is not up, whatever time it took."""
        words = self.expect.status
        if not row.is_answered:
            return row.no_answer or "no answer"
        if row.http_status not in self.expect.http:
            return f"HTTP {row.http_status}"
        if self.is_contradicted(row):
            return f"HTTP {row.http_status} and body status {row.body_status!r} contradict each other"
        if words is not None and row.body_status not in words:
            return f"its body says {row.body_status!r}" if row.body_status else "its body says no status"
        return None

    def look(self, row: EvidenceRow, before: EvidenceRow | None) -> Look:  # noqa: ARG002 (each look speaks for itself)
        assert isinstance(row, HealthRow)  # noqa: S101 (its collector gives no other)
        if row.observer_lost:
            return self.blind(row.subject, "the control endpoint did not answer either")
        trouble, within = self.trouble(row), self.expect.within.total_seconds()
        seconds = row.seconds if row.is_answered else None
        prompt = None if seconds is None else seconds <= within
        return Look(
            row.subject,
            {
                "up": Shown(trouble is None, trouble or ""),
                "prompt": Shown(prompt, f"took {seconds:.3f} s, of at most {within:g} s" if seconds else ""),
            },
            {"up": Measured(float(trouble is None), trouble is None), "seconds": Measured(seconds, prompt)},
            version=row.version,
            certificate_expires_at=row.certificate_expires_at,
        )

    def blind(self, subject: str, why: str) -> Look:
        return Look(subject, {"up": Shown(None, why)}, {"up": Measured(None), "seconds": Measured(None)})


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

    @property
    def is_answered(self) -> bool:
        """Whether there is a complete answer."""
        return self.no_answer is None and self.http_status is not None

    @property
    def observer_lost(self) -> bool:
        """Whether the control endpoint did not answer either."""
        return self.no_answer is not None and self.control_answered is False
