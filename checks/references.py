"""References: which evidence a readiness model rests on, as people write it in a catalogue."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_CHECK = re.compile(r"([a-z0-9][a-z0-9._-]{0,79})(?:@(.+?))?(?:#([A-Za-z0-9][A-Za-z0-9._-]*))?", re.DOTALL)
_MODEL = re.compile(r"model:([a-z0-9][a-z0-9._-]{0,79})(?:/(.+))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class CheckReference:
    """What a check found: all of it, about one subject, or one expectation of it.

    Written `check`, `check@subject`, `check#expectation` or `check@subject#expectation`.
    """

    check: str
    subject: str | None = None
    expectation: str | None = None

    def __str__(self) -> str:
        subject = f"@{self.subject}" if self.subject is not None else ""
        return f"{self.check}{subject}" + (f"#{self.expectation}" if self.expectation is not None else "")


@dataclass(frozen=True, slots=True)
class ModelReference:
    """What another model came to, or one element of it: `model:NAME` or `model:NAME/element`."""

    model: str
    element: str | None = None

    def __str__(self) -> str:
        return f"model:{self.model}" + (f"/{self.element}" if self.element is not None else "")


AnyReference = CheckReference | ModelReference


def parse_reference(text: object) -> AnyReference:
    """Reads a reference; whether what it names exists is for the catalogue to say."""
    if isinstance(text, CheckReference | ModelReference):
        return text
    if isinstance(text, str):
        if (of_model := _MODEL.fullmatch(text)) is not None:
            return ModelReference(of_model[1], of_model[2])
        if (of_check := _CHECK.fullmatch(text)) is not None:
            return CheckReference(of_check[1], of_check[2], of_check[3])
    raise ValueError(
        f"{text!r} is no reference; write check, check@subject, check#expectation, model:NAME or model:NAME/element"
    )


Reference = Annotated[
    AnyReference,
    BeforeValidator(parse_reference),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["api-health", "api-contract#trace-echo", "model:release"]}),
]
