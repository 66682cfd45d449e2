"""HTTP contracts: does a service answer as was promised, step by step, and refuse what it must refuse?"""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from checks.catalog import Check, Name
from checks.evidence.records import EvidenceRow, Instant
from checks.kinds.http_steps import NONCE, CallStep, LogStep, Step

Changeable = Annotated[str, StringConstraints(pattern=r"^[^\s*/?{}]{3,100}\*?$")]


class HttpContractCheck(Check):
    """Makes requests one after another; each step is a subject.

    A step that may change something goes only to what `may_change` names: a whole part of the request's path, or a
    value in its query or body. A name may end in `*`. Nothing is changed before every value is at hand that later
    steps need from earlier ones, so that what a later step puts back is known; and once something was changed, an
    interruption waits for the last step.
    """

    kind: Literal["http-contract"] = "http-contract"
    steps: dict[Name, Step] = Field(min_length=1)
    may_change: tuple[Changeable, ...] = ()

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        problems = [*self._unknown_words(), *self._without_leave()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unknown_words(self) -> Iterator[str]:
        taken = {NONCE}
        for name, step in self.steps.items():
            for word in sorted(step.words - taken):
                yield f"step {name}: no step before it takes {{{word}}}"
            taken |= step.take.keys()

    def _without_leave(self) -> Iterator[str]:
        changing = [name for name, step in self.steps.items() if step.changes]
        if changing and not self.may_change:
            yield f"step {changing[0]} may change something; name in may_change what it may"
        if self.may_change and not changing:
            yield "may_change: no step changes anything; leave it out"

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(step.place.source for step in self.steps.values()))

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.steps)

    @property
    def changes(self) -> bool:
        """A burst counts: for a while it keeps others out."""
        return any(step.changes or (isinstance(step, CallStep) and step.burst) for step in self.steps.values())

    def call(self, name: str) -> CallStep | None:
        """The step of that name, if it is a request."""
        step = self.steps[name]
        return step if isinstance(step, CallStep) else None

    def log(self, name: str) -> LogStep | None:
        """The step of that name, if it reads a log."""
        step = self.steps[name]
        return step if isinstance(step, LogStep) else None


class HttpContractRow(EvidenceRow):
    """One step as it went; columns that end in `cause` say what is wrong, `None` where nothing is.

    `unprepared` says why it was not carried out, `no_leave` why it was not allowed to be. `attempts` were made in
    `waited_seconds`; what is told is the last, and `as_expected` whether it left nothing to wait for. `not_taken` says
    which value the answer lacks. Of a burst, `limited` counts the answers 429. `found` is the line of a log that held
    the text.
    """

    asked: str
    unprepared: str | None = None
    no_leave: str | None = None
    http_status: int | None = None
    no_answer: str | None = None
    refused: bool | None = None
    seconds: float | None = None
    attempts: int | None = None
    waited_seconds: float | None = None
    as_expected: bool | None = None
    location: str | None = None
    headers_cause: str | None = None
    secure_cause: str | None = None
    body_cause: str | None = None
    fields_cause: str | None = None
    shape_cause: str | None = None
    not_taken: str | None = None
    certificate_expires_at: Instant | None = None
    page_cause: str | None = None
    plain_parts: int | None = None
    plain_parts_named: str | None = None
    sent: int | None = None
    limited: int | None = None
    others_cause: str | None = None
    retry_after_cause: str | None = None
    recovered: bool | None = None
    recovered_seconds: float | None = None
    log_cause: str | None = None
    log_bytes: int | None = None
    found: str | None = None
