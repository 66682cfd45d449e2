"""What people attest: evidence from outside the collectors, its review, and waivers; each a record of the log."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import StringConstraints, model_validator

from checks.evidence.digests import Digest
from checks.exceptions import LONGEST
from checks.records import Instant, Record

Words = Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class Attested(Record):
    """Something at an instant, by somebody's word."""

    at: Instant
    by: Words


class PersonsEvidence(Attested):
    """What somebody saw or ran, in the ten fields of the register's evidence template, and the artefact that shows it.

    A claim until another has reviewed it; nothing at all after `expires_at`.
    """

    kind: Literal["evidence"] = "evidence"
    use_case: Words
    tenant_id: Words
    project_id: Words
    environment: Words
    provider_mode: Words
    validation_item: Words
    command: Words
    result: Words
    timestamp: Instant
    artifact: Words
    artifact_digest: Digest
    expires_at: Instant

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.timestamp <= self.at < self.expires_at:
            raise ValueError("the evidence is from before it is added, and expires after that")
        return self


class Review(Attested):
    """Somebody else looked at a person's evidence. `of` is the digest of its record."""

    kind: Literal["review"] = "review"
    of: Digest
    record: Words
    accepted: bool
    remarks: str = ""


class Waiver(Attested):
    """An approved exception for one check, until its date: `by` approves what somebody else requested."""

    kind: Literal["waiver"] = "waiver"
    subject: Words
    check: Words
    reason: Words
    requested_by: Words
    expires_at: Instant
    compensating_control: Words

    @model_validator(mode="after")
    def _is_an_exception(self) -> Self:
        if self.by == self.requested_by:
            raise ValueError("whoever requests a waiver cannot approve it")
        if not self.at < self.expires_at <= self.at + LONGEST:
            raise ValueError(f"a waiver expires within {LONGEST.days} days")
        return self

    def holds(self, instant: datetime) -> bool:
        """Whether it was granted, and has not run out, at an instant."""
        return self.at <= instant < self.expires_at


def is_reviewed(evidence: PersonsEvidence, digest: str, reviews: Iterable[Review]) -> bool:
    """Whether the newest review of some evidence accepts it; its executor's own, or one from before it, is none."""
    counted = [one for one in reviews if one.of == digest and one.by != evidence.by and one.at > evidence.at]
    return bool(counted) and max(counted, key=lambda one: one.at).accepted
