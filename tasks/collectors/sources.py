"""Sources as collectors meet them: the catalogue's sources with every reference resolved."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

from checks.catalog import REFERENCE, Catalog, DatabaseSource, FolderSource, HttpSource, ProgramSource, Source
from checks.database_urls import UNREADABLE, misread
from checks.errors import CatalogError, CollectionError
from checks.secret_names import names_a_secret
from checks.variables import filled


@dataclass(frozen=True, slots=True)
class HttpAccess:
    """A service to ask: where, with which headers, for how long (seconds) and how much (bytes).

    Only one that is `link_local` may be at such an address, where clouds keep their metadata.
    """

    name: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    timeout: float
    limit: int
    link_local: bool = False

    def address(self, path: str) -> str:
        """The full address of a path on this service."""
        return f"{self.url.rstrip('/')}/{path.lstrip('/')}"


@dataclass(frozen=True, slots=True)
class DatabaseAccess:
    """A database to read; the statement time limit is in seconds.

    `template` is the address as the catalogue has it, with references for what is secret.
    """

    name: str
    url: str = field(repr=False)
    statement_timeout: float
    template: str | None = None

    @property
    def shown(self) -> str:
        """The address without its credentials, as evidence may show it."""
        return without_credentials(self.url)


@dataclass(frozen=True, slots=True)
class FolderAccess:
    """A folder whose files are evidence; `limit` bounds one file's size in bytes."""

    name: str
    folder: Path
    limit: int

    def path(self, relative: str) -> Path:
        """A file's path; one that leaves the folder, through a link too, is refused."""
        root = self.folder.resolve()
        path = (root / relative).resolve()
        if not path.is_relative_to(root):
            raise CollectionError(f"{self.name}:{relative} leaves its folder; name a path inside {self.folder}")
        return path


@dataclass(frozen=True, slots=True)
class ProgramAccess:
    """A program to run: its first arguments, where, and all that it finds in its environment beside a plain PATH."""

    name: str
    command: tuple[str, ...]
    folder: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


Access = HttpAccess | DatabaseAccess | FolderAccess | ProgramAccess
A = TypeVar("A", HttpAccess, DatabaseAccess, FolderAccess, ProgramAccess)


@dataclass(frozen=True, slots=True)
class Sources:
    """Every source of a catalogue, by name, ready to be asked.

    `system` and `environment` are the catalogue's own words for what they belong to. In the folder `drills` a drill
    leaves word of what it has changed, so that a later run can undo it. In the file `deploys` people and pipelines note
    what they deploy. `secrets` are what references were filled with whose names speak of secrets.
    """

    by_name: Mapping[str, Access]
    system: str = ""
    environment: str = ""
    drills: Path | None = None
    deploys: Path | None = None
    secrets: frozenset[str] = field(default=frozenset(), repr=False)

    def __reduce__(self) -> tuple[type["Sources"], tuple[dict[str, Access], str, str]]:
        """A copy elsewhere has no sources: what their references were filled with never leaves this process."""
        return Sources, ({}, self.system, self.environment)

    def http(self, name: str) -> HttpAccess:
        return self._of(name, HttpAccess)

    def database(self, name: str) -> DatabaseAccess:
        return self._of(name, DatabaseAccess)

    def folder(self, name: str) -> FolderAccess:
        return self._of(name, FolderAccess)

    def program(self, name: str) -> ProgramAccess:
        return self._of(name, ProgramAccess)

    def within(self, seconds: float) -> "Sources":
        """The same sources, of which none over HTTP takes longer than so many seconds."""
        hurried = {
            name: replace(access, timeout=min(access.timeout, seconds)) if isinstance(access, HttpAccess) else access
            for name, access in self.by_name.items()
        }
        return replace(self, by_name=hurried)

    def __getitem__(self, name: str) -> Access:
        return self.by_name[name]

    def _of(self, name: str, kind: type[A]) -> A:
        access = self.by_name[name]
        if not isinstance(access, kind):
            wanted = kind.__name__.removesuffix("Access").lower()
            raise CollectionError(f"sources.{name} is no {wanted} source; this check needs one")
        return access


@dataclass(frozen=True, slots=True)
class SourceTemplates:
    """Sources as a catalogue has them, with references where something is secret: these may travel elsewhere."""

    by_name: Mapping[str, Source]
    system: str
    environment: str

    @classmethod
    def of(cls, catalog: Catalog, names: Iterable[str] | None = None) -> "SourceTemplates":
        """Those of a catalogue, or only some of them."""
        wanted = catalog.sources if names is None else {name: catalog.sources[name] for name in names}
        return cls(dict(wanted), catalog.system, catalog.environment)

    @property
    def references(self) -> frozenset[str]:
        """What they refer to in the environment."""
        return frozenset(name for one in self.by_name.values() for name in REFERENCE.findall(one.model_dump_json()))

    def filled(self, environment: Mapping[str, str], *, drills: Path | None = None) -> Sources:
        """Replaces every `${NAME}`; all that are unset are named at once."""
        unset = sorted(
            f"sources.{name}: ${{{reference}}} is not set; export {reference} before running"
            for name, source in self.by_name.items()
            for reference in REFERENCE.findall(source.model_dump_json())
            if not environment.get(reference)
        )
        if unset:
            raise CatalogError(*dict.fromkeys(unset))
        if unreadable := self.unreadable(environment):
            raise CatalogError(*unreadable)
        ready = {name: _access(name, source, environment) for name, source in self.by_name.items()}
        secrets = _named(self.by_name.values(), environment)
        return Sources(ready, self.system, self.environment, drills, secrets=secrets)

    def unreadable(self, environment: Mapping[str, str]) -> tuple[str, ...]:
        """The databases whose addresses, as far as they can be filled from an environment, do not fit together."""
        return tuple(
            f"sources.{name}: {UNREADABLE}"
            for name, source in self.by_name.items()
            if isinstance(source, DatabaseSource)
            and all(environment.get(reference) for reference in REFERENCE.findall(source.database))
            and misread(filled(source.database, environment))
        )


def resolve_sources(catalog: Catalog, environment: Mapping[str, str], *, drills: Path | None = None) -> Sources:
    """The sources of a catalogue, ready to be asked from here."""
    return SourceTemplates.of(catalog).filled(environment, drills=drills)


def _named(sources: Iterable[Source], environment: Mapping[str, str]) -> frozenset[str]:
    """What references stand for whose own names speak of secrets, wherever in a source they stand."""
    texts = (source.model_dump_json() for source in sources)
    names = {name for text in texts for name in REFERENCE.findall(text) if names_a_secret(name)}
    return frozenset(environment[name] for name in names)


def _access(name: str, source: Source, environment: Mapping[str, str]) -> Access:
    def filled(text: str) -> str:
        return REFERENCE.sub(lambda match: environment[match[1]], text)

    match source:
        case HttpSource():
            headers = {header: filled(value) for header, value in source.headers.items()}
            return HttpAccess(
                name,
                filled(source.http),
                headers,
                timeout=source.timeout.total_seconds(),
                limit=source.limit,
                link_local=source.link_local,
            )
        case DatabaseSource():
            limit = source.statement_timeout.total_seconds()
            return DatabaseAccess(name, filled(source.database), limit, template=source.database)
        case FolderSource():
            return FolderAccess(name, Path(filled(source.folder)), source.limit)
        case ProgramSource():
            command = tuple(map(filled, source.program))
            folder = Path(filled(source.folder)) if source.folder else None
            return ProgramAccess(name, command, folder, {key: filled(text) for key, text in source.environment.items()})


def without_credentials(url: str) -> str:
    """An address without user and password, also where a driver hides them in the query."""
    try:
        parts = urlsplit(url)
    except ValueError:  # no address, though somebody may have put a password into it
        return re.sub(r"//.*@", "//", url.partition("?")[0])
    query = re.sub(r"(?i)(password|passwd|pwd|token|secret|key)=[^&]*", r"\1=***", parts.query)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=query))
