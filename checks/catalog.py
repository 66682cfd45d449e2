"""The catalogue: which system, where to ask, what to check and how often; frozen once read."""

import re
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag, create_model, model_validator

from checks.database_urls import UNREADABLE, misread
from checks.durations import Duration, Size, parse_duration, parse_size
from checks.exceptions import Exceptions
from checks.models import Model, contradictions
from checks.notifications import Notifications
from checks.notifications import contradictions as contradictory_notifications
from checks.outcome import Severity
from checks.records import Name as Name
from checks.records import Record
from checks.records import Text as Text
from checks.retention import Retention
from checks.slots import Cadence
from checks.variables import REFERENCE as REFERENCE

PRODUCTION = ("prod", "live")


def _without_secret(url: str) -> str:
    """Refuses an address that spells a password out; a reference in its place is fine."""
    try:
        address = urlsplit(REFERENCE.sub("reference", url))
    except ValueError:
        raise ValueError(UNREADABLE) from None
    if address.password not in (None, "", "reference"):
        raise ValueError("a password stands in it; keep the address in the environment and write ${NAME} here")
    return url


def _of_a_database(url: str) -> str:
    """Refuses a URL in whose wrong parts a password may stand."""
    if misread(REFERENCE.sub("1", url)):
        raise ValueError(UNREADABLE)
    return url


def _reference_only(value: str) -> str:
    """Header values are where tokens live, so they come from the environment."""
    if not REFERENCE.search(value):
        raise ValueError("a header's value comes from the environment; write ${NAME} here")
    return value


Address = Annotated[str, StringConstraints(min_length=1), AfterValidator(_without_secret)]
SecretReference = Annotated[str, AfterValidator(_reference_only)]
Variable = Annotated[str, StringConstraints(pattern=r"^[^{}]*\$\{[A-Za-z_][A-Za-z0-9_]*\}[^{}]*$")]


class HttpSource(Record):
    """A service to ask over HTTP; `timeout` bounds a whole exchange and `limit` the body's size.

    Whoever may name an address could have a cloud's metadata asked for its credentials: only with `link_local` is it.
    """

    http: Address
    headers: dict[str, SecretReference] = Field(default_factory=dict)
    timeout: Duration = parse_duration("10s")
    limit: Size = parse_size("10MB")
    link_local: bool = False


class DatabaseSource(Record):
    """A database to read, by URL; `statement_timeout` bounds each query on the server."""

    database: Annotated[Address, AfterValidator(_of_a_database)]
    statement_timeout: Duration = parse_duration("5m")


class FolderSource(Record):
    """A folder whose files are evidence; paths in checks cannot leave it."""

    folder: Address
    limit: Size = parse_size("50MB")


class ProgramSource(Record):
    """A program that drills may run: its path and first arguments, never a line for a shell.

    It finds nothing in its environment but a plain PATH and what `environment` names.
    """

    program: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = Field(min_length=1)
    folder: Address | None = None
    environment: dict[str, Variable] = Field(default_factory=dict)


def _source_tag(value: Any) -> str | None:
    """Which source it is shows by which address it gives."""
    if isinstance(value, Mapping):
        return next((f"{key} source" for key in ("http", "database", "program", "folder") if key in value), None)
    return f"{type(value).__name__.removesuffix('Source').lower()} source"


Source = Annotated[
    Annotated[HttpSource, Tag("http source")]
    | Annotated[DatabaseSource, Tag("database source")]
    | Annotated[FolderSource, Tag("folder source")]
    | Annotated[ProgramSource, Tag("program source")],
    Discriminator(
        _source_tag,
        custom_error_type="source_kind",
        custom_error_message="says nothing of where it is; give it one of http, database, folder or program",
    ),
]


class Service(Record):
    """Something that runs and is somebody's; checks are about services."""

    owner: Text
    target: Literal["L0", "L1", "L2", "L3"] | None = None
    runbook: Text | None = None


class Check(Record):
    """One question asked on a cadence; each kind adds where to ask and what to expect."""

    id: str = Field(default="", exclude=True, json_schema_extra={"readOnly": True})
    kind: str
    title: Text | None = None
    service: Name | None = None
    owner: Text | None = None
    every: Cadence = Cadence.HOURLY
    severity: Severity = Severity.MAJOR

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of the sources it asks."""
        return ()

    @property
    def asks(self) -> tuple[type[Record], ...]:
        """The kinds of source that it can ask; where it names none, the collector says."""
        return ()

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The names of other checks that it speaks of."""
        return ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """What it owes an observation of, each time: one verdict for each."""
        return (self.id,)

    @property
    def judged_as(self) -> str:
        """Which suite judges it: that of its kind."""
        return self.kind

    @property
    def changes(self) -> bool:
        """Whether asking changes the system that is asked, if only for a while."""
        return False


class VersionFrom(Record):
    """The running version is the `version` that a health check's subjects report."""

    check: Name


class Catalog(Record):
    """Everything that is owed, read from one `readiness.yaml`.

    In production no check may change anything unless `allow_in_production` lists it by its name.
    """

    system: Name
    environment: Name
    version: Text | VersionFrom | None = None
    sources: dict[Name, Source] = Field(default_factory=dict)
    services: dict[Name, Service] = Field(default_factory=dict)
    checks: dict[Name, Check] = Field(min_length=1)
    models: dict[Name, Model] = Field(default_factory=dict)
    exceptions: Exceptions = Exceptions()
    allow_in_production: tuple[Name, ...] = ()
    retention: Retention | None = None
    notify: Notifications | None = None

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        problems = [*self._unknown_names(), *self._not_allowed(), *contradictions(self.models, self.checks)]
        problems += [
            f"exceptions.never: no check is called {name!r}"
            for name in self.exceptions.never
            if name not in self.checks
        ]
        if isinstance(self.version, VersionFrom) and self.version.check not in self.checks:
            problems.append(f"version.check: no check is called {self.version.check!r}")
        if self.notify is not None:
            owners = {owner for check in self.checks.values() if (owner := self.owner_of(check)) is not None}
            cadences = {check.every for check in self.checks.values()}
            problems += contradictory_notifications(self.notify, owners=owners, cadences=cadences)
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _unknown_names(self) -> list[str]:
        problems = []
        for name, check in self.checks.items():
            if check.service is not None and check.service not in self.services:
                problems.append(f"checks.{name}.service: no service is called {check.service!r}")
            problems += [
                f"checks.{name}: no source is called {source!r}"
                for source in check.sources
                if source not in self.sources
            ]
            problems += [
                f"checks.{name}: the source {source!r} is none that a {check.kind} can ask; it asks a "
                + " or a ".join(kind.__name__.removesuffix("Source").lower() for kind in check.asks)
                for source in dict.fromkeys(check.sources)
                if check.asks and source in self.sources and not isinstance(self.sources[source], check.asks)
            ]
            problems += [
                f"checks.{name}: no check is called {other!r}" for other in check.looks_at if other not in self.checks
            ]
        return problems

    @property
    def is_production(self) -> bool:
        """Whether its environment is called what people call production: `production`, `prod-eu`, `eu-live`."""
        return any(word.startswith(PRODUCTION) for word in re.split(r"[^a-z0-9]+", self.environment.lower()))

    def _not_allowed(self) -> list[str]:
        """Checks that would change a production system without leave, and leave that nobody needs."""
        problems = [
            f"allow_in_production: no check is called {name!r}"
            for name in self.allow_in_production
            if name not in self.checks
        ]
        for name, check in self.checks.items():
            if self.is_production and check.changes and name not in self.allow_in_production:
                problems.append(
                    f"checks.{name}: it changes the system or rehearses beside it, and {self.environment!r} is "
                    f"production; put {name} into allow_in_production if that is meant"
                )
        return problems

    def on(self, cadence: Cadence) -> tuple[Check, ...]:
        """The checks a cadence owes, in the catalogue's order."""
        return tuple(check for check in self.checks.values() if check.every is cadence)

    def owner_of(self, check: Check) -> str | None:
        """The check's own owner, else its service's; `None` is a gap that pages show."""
        if check.owner or check.service is None or check.service not in self.services:
            return check.owner
        return self.services[check.service].owner


def catalog_model(kinds: Mapping[str, type[Check]], templates: Mapping[str, type[Model]]) -> type[Catalog]:
    """The catalogue's model for the kinds of check and the templates of readiness models that are installed."""
    union: Any = Annotated[reduce(or_, kinds.values()), Field(discriminator="kind")]
    of_models: Any = Annotated[reduce(or_, templates.values()), Field(discriminator="template")]
    names: Any = Literal[tuple(kinds)]
    times: Any = (dict[names, Duration], Field(default_factory=dict))
    retention: Any = create_model("RetentionOfKinds", __base__=Retention, kinds=times)
    return create_model(
        "ReadinessCatalog",
        __base__=Catalog,
        checks=(dict[Name, union], Field(min_length=1)),
        models=(dict[Name, of_models], Field(default_factory=dict)),
        retention=(retention | None, None),
    )
