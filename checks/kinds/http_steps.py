"""The steps of an HTTP contract: requests that are made, and log files that are read for what they left there."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, model_validator

from checks.durations import Duration, parse_duration
from checks.evidence.records import Record
from checks.kinds.fields import FieldPath, Json
from checks.kinds.http_answers import Answer, HeaderName, StatusSet
from checks.places import Place

NONCE = "nonce"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
SAFE = ("GET", "HEAD", "OPTIONS")
REFUSALS: tuple[StatusSet, ...] = (401, 403, 404)
_CREDENTIAL = re.compile(r"(?i)^(proxy-)?authorization$|cookie|token|secret|passw|api-?key")


def _no_credential(name: str) -> str:
    if _CREDENTIAL.search(name):
        raise ValueError(f"{name} is a credential; it belongs to the source, as ${{NAME}}")
    return name


Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=r"^[^\r\n]*$")]
SentHeader = Annotated[HeaderName, AfterValidator(_no_credential)]
Poll = Annotated[Duration, Field(ge=parse_duration("10ms"))]
Taking = FieldPath | Annotated[str, StringConstraints(pattern=r"^header [A-Za-z0-9-]{1,80}$")]
"""A field of the JSON body, `$` for all of it, or `header NAME`."""


class Burst(Record):
    """`limit` requests and `over` more, all at once: some of them get 429 with Retry-After, and it `recovers` in time.

    Every other answer is as the step expects it.
    """

    limit: Annotated[int, Field(ge=1, le=2000)]
    over: Annotated[int, Field(ge=1, le=500)] = 1
    recovers: Duration = parse_duration("60s")


class CallStep(Record):
    """One request, and what its answer must show.

    `{nonce}` in the place, in a header or in `send` is a value that nobody could know before, and `{word}` one that an
    earlier step has taken: `take` names a field of the JSON body, or `header NAME`. `anonymous` leaves the source's
    credentials out, and expects to be refused. With `wait` the request is repeated until the answer is as expected, or
    the time is over.
    """

    call: Place
    method: Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: dict[SentHeader, Text] = Field(default_factory=dict)
    send: Json = None
    anonymous: bool = False
    take: dict[Word, Taking] = Field(default_factory=dict)
    wait: Duration | None = None
    poll: Poll = parse_duration("1s")
    burst: Burst | None = None
    expect: Answer = Answer()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        problems = []
        if self.changes and self.wait:
            problems.append(f"{self.method} may change something each time; wait with a GET in a step of its own")
        if self.burst and (self.changes or self.wait or self.take):
            problems.append("a burst is of requests that only read, and takes and awaits nothing")
        if not self.changes and self.send is not None:
            problems.append(f"{self.method} sends no body")
        if NONCE in self.take:
            problems.append("{nonce} is always there; take the value under another name")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    @property
    def place(self) -> Place:
        return self.call

    @property
    def changes(self) -> bool:
        """Whether the method is one that may change what it asks."""
        return self.method not in SAFE

    @property
    def statuses(self) -> tuple[StatusSet, ...]:
        """The statuses that are expected: a refusal where no credentials are sent, else 200."""
        return self.expect.http or (REFUSALS if self.anonymous else (200,))

    @property
    def words(self) -> frozenset[str]:
        """The values it needs."""
        return frozenset(_words([self.call.path, *self.headers.values(), self.send, *self.expect.equals.values()]))


class LogStep(Record):
    """Reads the end of a log file until a line holds the text `contains`, in which `{nonce}` is filled in."""

    read: Place
    contains: Annotated[str, StringConstraints(min_length=1, max_length=500)] = "{nonce}"
    wait: Duration = parse_duration("5s")
    poll: Poll = parse_duration("200ms")

    @property
    def place(self) -> Place:
        return self.read

    @property
    def changes(self) -> bool:
        return False

    @property
    def take(self) -> dict[str, str]:
        return {}

    @property
    def words(self) -> frozenset[str]:
        """The values it needs."""
        return frozenset(_words([self.contains]))


def _step_tag(value: Any) -> str | None:
    """A step calls or reads."""
    if isinstance(value, Mapping):
        return next((key for key in ("call", "read") if key in value), None)
    return {"CallStep": "call", "LogStep": "read"}.get(type(value).__name__)


Step = Annotated[
    Annotated[CallStep, Tag("call")] | Annotated[LogStep, Tag("read")],
    Discriminator(
        _step_tag,
        custom_error_type="step_kind",
        custom_error_message="does not say what to do; give it call (a request) or read (a log file)",
    ),
]


def _words(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield from PLACEHOLDER.findall(value)
        elif isinstance(value, dict):
            yield from _words(list(value.values()))
        elif isinstance(value, list):
            yield from _words(value)
