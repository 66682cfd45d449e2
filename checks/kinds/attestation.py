"""Attestations: what people saw to, by their signed word in the evidence log, and whether another looked at it."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Check, Name, Text
from checks.evidence.records import EvidenceRow, Instant, Record

NOT_REAL = ("mock", "stub", "fake", "simulated", "sandbox")


class AttestationExpectation(Record):
    """What an attestation must say to count.

    `environments` are those that are real; a `provider_mode` that holds one of the words `not_real` is not.
    `results` are the words for a good end.
    """

    environments: tuple[Text, ...] = Field(min_length=1)
    not_real: tuple[Text, ...] = NOT_REAL
    results: tuple[Text, ...] = ("pass", "passed", "ok", "completed")

    def why_not_real(self, environment: str, provider_mode: str) -> str | None:
        """Why evidence is not about the real thing, if so."""
        if environment not in self.environments:
            return f"it is about {environment}, and {' or '.join(self.environments)} is asked about"
        provider = provider_mode.casefold()
        stand_in = next((word for word in self.not_real if word.casefold() in provider), None)
        return f"its provider is a {stand_in} ({provider_mode})" if stand_in else None


class AttestationCheck(Check):
    """Looks for people's evidence (`readiness evidence add`, `readiness evidence review`) in an evidence log.

    `log` is a folder source: the evidence folder. For each of `use_cases` and each of `items` the newest record that
    counts decides, one about the real thing before any other; its subject is `use case/item`.
    """

    kind: Literal["attestation"] = "attestation"
    log: Name
    use_cases: tuple[Text, ...] = Field(min_length=1)
    items: tuple[Text, ...] = Field(min_length=1)
    expect: AttestationExpectation

    @model_validator(mode="after")
    def _differ(self) -> Self:
        twice = sorted(_doubles(self.use_cases) | _doubles(self.items))
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here more than once")
        return self

    @property
    def wanted(self) -> Iterator[tuple[str, str]]:
        """Each use case with each item."""
        return ((use_case, item) for use_case in self.use_cases for item in self.items)

    @property
    def sources(self) -> tuple[str, ...]:
        return (self.log,)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(f"{use_case}/{item}" for use_case, item in self.wanted)


class AttestationRow(EvidenceRow):
    """The newest record about one item of one use case that an allowed signer signed and the log holds.

    Without one, `missing` says why; what follows is then `None`. `accepted` is what the newest review by another says,
    `None` where nobody has looked at it.
    """

    missing: str | None = None
    record: str | None = None
    executor: str | None = None
    environment: str | None = None
    provider_mode: str | None = None
    command: str | None = None
    result: str | None = None
    timestamp: Instant | None = None
    expires_at: Instant | None = None
    artefact_as_attested: bool | None = None
    reviewer: str | None = None
    accepted: bool | None = None


def _doubles(words: tuple[str, ...]) -> set[str]:
    return {word for word in words if words.count(word) > 1}
