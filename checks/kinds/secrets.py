"""Secrets: how long ago was each renewed, where is it kept, and does any stand where everybody can read it?"""

from typing import Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Check, Text
from checks.durations import Duration, parse_duration
from checks.evidence.records import Instant, Record
from checks.kinds.dated import DocumentRow
from checks.places import Place


class SecretsExpectation(Record):
    """How long ago every secret of the register may have been renewed, and from when on that is a warning.

    `vaulted` asks for a reference into a vault for each, `owned` for an owner.
    """

    max_age: Duration = parse_duration("92d")
    warn_at: Duration | None = None
    vaulted: bool = True
    owned: bool = True

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.warn_at is not None and self.warn_at >= self.max_age:
            raise ValueError("warn_at comes before max_age, or there is nothing to warn of")
        return self


class SecretsCheck(Check):
    """Reads a register of secrets, and looks for secrets in files that must not hold any.

    `register` is a YAML or JSON list of `name`, `rotated_at`, `owner` and `vault`; it never holds a secret itself.
    `names` are those that must be in it. What `scan` finds is told by file, line and form: nothing of it is kept.
    """

    kind: Literal["secrets"] = "secrets"
    register_at: Place | None = Field(default=None, alias="register")
    names: tuple[Text, ...] = ()
    scan: tuple[Place, ...] = ()
    expect: SecretsExpectation = SecretsExpectation()

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.register_at is None and not self.scan:
            raise ValueError("name a register of secrets, or files to scan, or both")
        if self.names and self.register_at is None:
            raise ValueError("names are looked for in a register; name that too")
        twice = sorted({name for name in self.subjects if self.subjects.count(name) > 1})
        if twice:
            raise ValueError(f"{', '.join(twice)} stands here more than once")
        return self

    @property
    def places(self) -> tuple[Place, ...]:
        """The register, if there is one, and then what is scanned."""
        return (*((self.register_at,) if self.register_at else ()), *self.scan)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(place.source for place in self.places)

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(str(place) for place in self.places)


class RegisteredSecret(Record):
    """One entry of a register; `rotated_at` is `None` where it does not say, or says what is no date."""

    name: str
    rotated_at: Instant | None = None
    owner: str | None = None
    vault: str | None = None


class SecretsRow(DocumentRow):
    """A register as it was found, or what a scan came to.

    `exposed` says where a secret stands and of which form it is, `unscanned` which files could not be read.
    """

    part: Literal["register", "scan"]
    entries: tuple[RegisteredSecret, ...] | None = None
    files: int | None = None
    exposed: tuple[str, ...] = ()
    exposures: int | None = None
    unscanned: tuple[str, ...] = ()
