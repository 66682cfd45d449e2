"""OpenSLO documents as a file holds them: every object by its kind and name, with everything strict about it told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from checks.errors import CatalogError
from checks.yaml_text import NotYamlError, read_yaml_documents

_VERSION = "openslo/v1"


@dataclass(slots=True)
class Documents:
    """The objects of one or more documents, by kind and name; `unread` are lines about what was passed over."""

    objects: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    def of(self, kind: str) -> dict[str, Mapping[str, Any]]:
        return {name: one for (each, name), one in self.objects.items() if each == kind}


def read_documents(text: str, *, name: str) -> Documents:
    """Every object in a file, also those in lists; raises `CatalogError` where the file is none of OpenSLO's."""
    found = Documents()
    try:
        documents = read_yaml_documents(text)
    except NotYamlError as error:
        where = f" at line {error.line}" if error.line else ""
        raise CatalogError(f"{name}: is no YAML{where}: {error}") from error
    listed = [one for each in documents for one in (each if isinstance(each, list) else [each])]
    for number, one in enumerate(listed, start=1):
        _place(found, one, f"{name}, object {number}")
    if not found.objects:
        raise CatalogError(f"{name}: holds no object of {_VERSION}", *found.unread)
    return found


def _place(found: Documents, one: Any, where: str) -> None:
    if one is None:
        return
    if not isinstance(one, Mapping) or not isinstance(one.get("metadata"), Mapping):
        found.unread.append(f"{where}: is no object with metadata")
        return
    kind, named = str(one.get("kind")), str(one["metadata"].get("name"))
    if one.get("apiVersion") != _VERSION:
        found.unread.append(f"{kind} {named}: is of {one.get('apiVersion')}; {_VERSION} is read")
        return
    if (kind, named) in found.objects:
        found.unread.append(f"{kind} {named}: stands there twice; the first one counts")
        return
    found.objects[kind, named] = one
