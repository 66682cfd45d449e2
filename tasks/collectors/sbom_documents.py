"""Bills of materials in CycloneDX and SPDX JSON: what they list, who made them, and of what."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from packageurl import PackageURL

from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Json, Unreadable, at, parse

_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True)
class Component:
    """One package; `ecosystem` is the type of its package URL, and empty where it has none."""

    ecosystem: str
    name: str
    version: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is told from others by: names on PyPI are the same whatever separates their parts (PEP 503)."""
        name = _SEPARATORS.sub("-", self.name).lower() if self.ecosystem == "pypi" else self.name
        return self.ecosystem, name


@dataclass(frozen=True, slots=True)
class BillOfMaterials:
    """What a document lists beside the product itself; `version` is the product's."""

    format: str
    created: Json
    tools: tuple[str, ...]
    version: str | None
    components: tuple[Component, ...]


def read_bill(document: Json) -> BillOfMaterials:
    """The bill in a document of either form."""
    if not isinstance(document, dict):
        raise Unreadable("is no bill of materials")
    try:
        if document.get("bomFormat") == "CycloneDX":
            return _cyclonedx(document)
        if str(document.get("spdxVersion", "")).startswith("SPDX-2."):
            return _spdx(document)
    except (AttributeError, KeyError, TypeError) as error:
        raise Unreadable(f"is no bill of materials: {type(error).__name__} {printable(str(error), 60)}") from None
    raise Unreadable("is neither CycloneDX nor SPDX 2 in JSON")


def components_in(body: bytes) -> tuple[Component, ...]:
    """What the bill in a body lists."""
    return read_bill(parse(body)).components


def _cyclonedx(document: dict[str, Any]) -> BillOfMaterials:
    tools: Any = at(document, "metadata.tools") or []
    listed = [*tools.get("components", ()), *tools.get("services", ())] if isinstance(tools, dict) else tools
    version = at(document, "metadata.component.version")
    return BillOfMaterials(
        f"CycloneDX {document['specVersion']}",
        at(document, "metadata.timestamp"),
        tuple(_tool(one) for one in listed if isinstance(one, dict)),
        version if isinstance(version, str) else None,
        tuple(_nested(document.get("components") or ())),
    )


def _tool(tool: dict[str, Any]) -> str:
    return printable(" ".join(str(tool[name]) for name in ("name", "version") if tool.get(name)), 100)


def _nested(components: Any) -> Iterator[Component]:
    """Components, and those inside them; files and the like are no packages."""
    for one in components:
        if one["type"] in ("library", "framework", "application"):
            yield _component(one["name"], one.get("version"), one.get("purl"), one.get("group"))
        yield from _nested(one.get("components") or ())


def _spdx(document: dict[str, Any]) -> BillOfMaterials:
    roots = set(document.get("documentDescribes") or ())
    roots |= {
        one["relatedSpdxElement"]
        for one in document.get("relationships") or ()
        if one["relationshipType"] == "DESCRIBES" and one["spdxElementId"] == "SPDXRef-DOCUMENT"
    }
    packages = document["packages"]
    versions = [one.get("versionInfo") for one in packages if one["SPDXID"] in roots]
    others = [one for one in packages if one["SPDXID"] not in roots]
    creators: Any = at(document, "creationInfo.creators") or []
    return BillOfMaterials(
        document["spdxVersion"],
        at(document, "creationInfo.created"),
        tuple(printable(str(one).removeprefix("Tool: "), 100) for one in creators if str(one).startswith("Tool: ")),
        versions[0] if len(versions) == 1 and isinstance(versions[0], str) else None,
        tuple(_component(one["name"], one.get("versionInfo"), _purl(one)) for one in others),
    )


def _purl(package: dict[str, Any]) -> str | None:
    references = package.get("externalRefs") or ()
    return next((one["referenceLocator"] for one in references if one["referenceType"] == "purl"), None)


def _component(name: str, version: str | None, purl: str | None, group: str | None = None) -> Component:
    """A component by its package URL; by its plain name where it has none, or one that nobody can read."""
    version = version if version and version != "NOASSERTION" else ""
    whole = f"{group}/{name}" if group else name
    if purl:
        try:
            url = PackageURL.from_string(purl)
        except ValueError:
            return Component("", printable(whole, 200), printable(version, 100))
        whole = f"{url.namespace}/{url.name}" if url.namespace else url.name
        return Component(url.type, printable(whole, 200), printable(url.version or version, 100))
    return Component("", printable(whole, 200), printable(version, 100))
