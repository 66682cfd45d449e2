"""Configuration: is it what was approved, has it changed since, and does it set what it must?"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, FiniteFloat, StringConstraints

from checks.catalog import Check, Name
from checks.evidence.records import Record, Scalar
from checks.kinds import fields
from checks.kinds.dated import DocumentRow
from checks.kinds.fields import FieldPath
from checks.places import Place
from checks.secret_names import speaks_of_secrets


def _is_kept(path: str) -> str:
    if speaks_of_secrets(path):
        raise ValueError(f"what stands at {path} may be a secret and is not kept; hold the document's digest instead")
    return path


Approved = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]  # editors know no \z
Setting = Annotated[FieldPath, AfterValidator(_is_kept)]


class ConfigurationDocument(Record):
    """A document of settings: JSON, YAML, TOML, or lines of `NAME=value`, by the ending of its name.

    `approved` is its SHA-256, as `sha256sum` prints it. Without one, it has to be the same as in the slots before.
    """

    at: Place
    approved: Approved | None = None
    equals: dict[Setting, Scalar] = Field(default_factory=dict)
    min: dict[Setting, FiniteFloat] = Field(default_factory=dict)
    max: dict[Setting, FiniteFloat] = Field(default_factory=dict)

    @property
    def settings(self) -> tuple[str, ...]:
        """The settings that are held against values."""
        return tuple(dict.fromkeys((*self.equals, *self.min, *self.max)))

    @property
    def asked(self) -> str | None:
        """What is asked of settings, in words."""
        words = [f"{path} = {value}" for path, value in self.equals.items()]
        words += [f"{path} ≥ {limit:g}" for path, limit in self.min.items()]
        return ", ".join([*words, *(f"{path} ≤ {limit:g}" for path, limit in self.max.items())]) or None

    def wrong(self, row: "ConfigurationRow") -> str:
        """The settings that are not as asked, in words; an absent one is never as asked."""
        said = row.settings
        found = [
            f"{path} is {fields.shown(said.get(path))}, expected {value}"
            for path, value in self.equals.items()
            if not fields.same(said.get(path), value)
        ]
        for limits, within, words in ((self.min, fields.at_least, "least"), (self.max, fields.at_most, "most")):
            found += [
                f"{path} is {fields.shown(said.get(path))}, expected at {words} {limit:g}"
                for path, limit in limits.items()
                if not within(said.get(path), limit)
            ]
        return "; ".join(found)


class ConfigurationCheck(Check):
    """Reads documents of settings, by files or URLs; secrets in them are hidden before anything is kept."""

    kind: Literal["configuration"] = "configuration"
    documents: dict[Name, ConfigurationDocument] = Field(min_length=1)

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(one.at.source for one in self.documents.values()))

    @property
    def subjects(self) -> tuple[str, ...]:
        return tuple(self.documents)


class ConfigurationRow(DocumentRow):
    """A document of settings: its digest, and the settings that the check asks for."""

    sha256: str | None = None
    settings: dict[str, Scalar] = Field(default_factory=dict)
