"""Reads a catalogue's text: every problem at once, each with file, line and path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from pydantic import ValidationError

from checks.catalog import REFERENCE, Catalog, Check, catalog_model
from checks.errors import CatalogError
from checks.models import Model

Path = tuple[str | int, ...]
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_RESOLVER: Any = yaml.resolver.Resolver()
_SIMPLE_TAGS = ("str", "int", "float", "bool", "null", "seq", "map", "timestamp")


@dataclass(slots=True)
class _Document:
    """A YAML document as plain values, with the line on which each path stands.

    It is built from the parser's events, in one pass: a big catalogue's tree of nodes would take ten times its room.
    """

    events: Iterator[Any]
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)

    def value(self, event: Any, path: Path = ()) -> Any:
        """The plain value that begins with an event; duplicate keys, aliases and odd tags are noted as problems."""
        line = event.start_mark.line + 1
        self.lines.setdefault(path, line)
        if isinstance(event, yaml.AliasEvent):
            # A few lines of aliases to aliases would hold more values than any memory.
            self.problems.append((line, f"{_shown(path)}: an alias is not read here; write the value out"))
            return None
        tag = _tag(event)
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = dict(self._items(path))
        elif isinstance(event, yaml.SequenceStartEvent):
            value = [
                self.value(child, (*path, number)) for number, child in enumerate(self._until(yaml.SequenceEndEvent))
            ]
        else:
            value = self._scalar(tag, event.value, path, line)
        if tag.rpartition(":")[2] in _SIMPLE_TAGS:
            return value
        self.problems.append((line, f"{_shown(path)}: the tag {tag} is not read here; write a plain value"))
        return None

    def _scalar(self, tag: str, text: str, path: Path, line: int) -> Any:
        try:
            return _scalar(tag, text)
        except (ValueError, IndexError, ArithmeticError):
            self.problems.append((line, f"{_shown(path)}: {text[:40]!r} is no number"))
            return None

    def _items(self, path: Path) -> Iterator[tuple[str, Any]]:
        seen: set[str] = set()
        for event in self._until(yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            key = event.value if isinstance(event, yaml.ScalarEvent) else str(self.value(event, path))
            again = key in seen
            if again:
                self.problems.append((line, f"{_shown((*path, key))}: written twice; keep one"))
            else:
                self.lines[(*path, key)] = line
            seen.add(key)
            value = self.value(next(self.events), (*path, key))
            if not again:
                yield key, value

    def _until(self, end: type[yaml.Event]) -> Iterator[Any]:
        """Events that begin something, up to the end of what they are in; whoever takes one takes all of it."""
        while not isinstance(event := next(self.events), end):
            yield event

    def line_of(self, location: Path) -> tuple[int, Path]:
        """The line of the nearest thing that is written there, and the path as the author would name it.

        Pydantic puts the names of union members into its locations; nobody wrote those.
        """
        path: Path = ()
        for number, step in enumerate(location):
            if (*path, step) in self.lines:
                path = (*path, step)
            elif number == len(location) - 1:
                return self.lines[path], (*path, step)
        return self.lines[path], path


def read_catalog(
    text: str, *, name: str, kinds: Mapping[str, type[Check]], templates: Mapping[str, type[Model]]
) -> Catalog:
    """The catalogue that a text holds.

    Raises `CatalogError` with one line for each problem, in the order of the text: `readiness.yaml:7: checks.api.every:
    …`.
    """
    try:
        document, value = _parsed(text)
    except yaml.YAMLError as error:
        raise CatalogError(_yaml_problem(name, error)) from error
    except RecursionError:
        raise CatalogError(f"{name}: it is nested more deeply than anybody could mean") from None
    if not isinstance(value, dict):
        raise CatalogError(f"{name}:1: the catalogue is empty; `readiness init` writes one to start from")
    catalog = _validated(document, value, catalog_model(kinds, templates))
    if document.problems or catalog is None:
        raise CatalogError(*(f"{name}:{line}: {problem}" for line, problem in sorted(document.problems)))
    return catalog


def _parsed(text: str) -> tuple[_Document, Any]:
    """The first document of a text; anything after it is refused by the parser or unknown to everybody."""
    document = _Document(yaml.parse(text, Loader=_LOADER))
    for event in document.events:
        if isinstance(event, yaml.NodeEvent):
            value = document.value(event)
            for rest in document.events:
                if isinstance(rest, yaml.NodeEvent):
                    line = rest.start_mark.line + 1 if rest.start_mark else 1
                    document.problems.append((line, "the catalogue: one file holds one document; remove this one"))
                    break
            return document, value
    return document, None


def _tag(event: Any) -> str:
    """The tag of a value, as written or as YAML derives it."""
    if event.tag not in (None, "!"):
        return str(event.tag)
    kinds = {yaml.ScalarEvent: yaml.ScalarNode, yaml.SequenceStartEvent: yaml.SequenceNode}
    kind = kinds.get(type(event), yaml.MappingNode)
    return str(_RESOLVER.resolve(kind, getattr(event, "value", None), event.implicit))


def _validated(document: _Document, value: dict[str, Any], model: type[Catalog]) -> Catalog | None:
    for section in ("checks", "models"):
        document.problems += _named_by_key(document, value, section)
    document.problems += _stray_references(document, value)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for problem in error.errors(include_url=False, include_context=True):
            document.problems += _explained(document, problem)
    return None


def _named_by_key(document: _Document, value: dict[str, Any], section: str) -> Iterator[tuple[int, str]]:
    """Gives everything in a section its key for an id, which nobody writes."""
    written = value.get(section)
    for key, one in written.items() if isinstance(written, dict) else ():
        if isinstance(one, dict):
            if "id" in one:
                line, path = document.line_of((section, key, "id"))
                yield line, f"{_shown(path)}: a {section.removesuffix('s')}'s id is its key; leave this out"
            one["id"] = key


def _explained(document: _Document, problem: Mapping[str, Any]) -> Iterator[tuple[int, str]]:
    """One pydantic problem in our words; a validator of ours may have found several."""
    line, path = document.line_of(problem["loc"])
    message = _MESSAGES.get(problem["type"], problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "union_tag_not_found":
        message = f"its `{_TAGS.get(str(path[0]), 'kind')}` is missing"
    if problem["type"] == "union_tag_invalid":
        context = problem["ctx"]
        message = f"{context['tag']!r} is none of the {_TAGS.get(str(path[0]), 'kind')}s {context['expected_tags']}"
    for part in message.split("\n"):
        if problem["loc"]:
            yield line, f"{_shown(path)}: {part}"
        else:
            named, _, rest = part.partition(": ")
            yield document.line_of(tuple(named.split(".")))[0], f"{named}: {rest}" if rest else part


def _stray_references(document: _Document, value: object, path: Path = ()) -> Iterator[tuple[int, str]]:
    """References belong under `sources` and `notify`; anywhere else a secret could end up on a page."""
    if path[:1] in (("sources",), ("notify",)):
        return
    if isinstance(value, dict):
        for key, child in value.items():
            yield from _stray_references(document, child, (*path, key))
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _stray_references(document, child, (*path, number))
    elif isinstance(value, str) and REFERENCE.search(value) and path[:1] != ("version",):
        yield document.line_of(path)[0], f"{_shown(path)}: ${{NAME}} is read only under sources, notify and in version"


def _scalar(tag: str, text: str) -> Any:
    """Numbers, booleans and nulls as YAML 1.2 reads them; dates stay text."""
    match tag.rpartition(":")[2]:
        case "int":
            return _CONSTRUCTOR.construct_yaml_int(yaml.ScalarNode(tag, text))
        case "float":
            return _CONSTRUCTOR.construct_yaml_float(yaml.ScalarNode(tag, text))
        case "null":
            return None
        case "bool" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case _:
            return text


def _yaml_problem(name: str, error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f"{name}:{mark.line + 1}" if mark else name
    return f"{where}: not YAML: {getattr(error, 'problem', None) or error}"


def _shown(path: Path) -> str:
    return ".".join(map(str, path)) or "the catalogue"


_TAGS = {"checks": "kind", "models": "template"}
"""By what the entries of a section tell what they are."""
_MESSAGES = {
    "extra_forbidden": "unknown key; see `readiness catalog schema` for those that exist",
    "missing": "missing, and needed",
}
