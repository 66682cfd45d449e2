"""Lock files: which package of which version a build installs."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any

from tasks.collectors.http_exchange import printable
from tasks.collectors.sbom_documents import Component
from tasks.collectors.strict_json import Unreadable, parse

_REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*(?P<version>[^\s;\\,]+))?")
_LOCAL = ("virtual", "editable", "directory")


def read_lock(path: str, body: bytes) -> tuple[Component, ...]:
    """The packages of a lock file, whose form its name and its beginning tell; one without a version has none."""
    if not body.strip():
        raise Unreadable("is empty")
    if body.lstrip()[:1] == b"{":
        return tuple(_npm(parse(body)))
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    return tuple(_toml(path, text)) if re.search(r"(?m)^\[\[package\]\]\s*$", text) else tuple(_requirements(text))


def _npm(document: Any) -> Iterator[Component]:
    packages = document.get("packages") if isinstance(document, dict) else None
    if not isinstance(packages, dict):
        raise Unreadable("is no package-lock.json of version 2 or 3")
    for path, package in packages.items():
        _, inside, name = path.rpartition("node_modules/")
        if inside and isinstance(package, dict) and not package.get("link"):
            yield Component("npm", printable(name, 200), printable(str(package.get("version", "")), 100))


def _toml(path: str, text: str) -> Iterator[Component]:
    """Cargo's, uv's and Poetry's; the project itself is none of its packages."""
    try:
        packages = tomllib.loads(text)["package"]
    except (ValueError, LookupError, RecursionError) as error:
        raise Unreadable(f"is not TOML: {printable(str(error), 100)}") from None
    cargo = path.endswith("Cargo.lock")
    for package in packages if isinstance(packages, list) else [packages]:
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            raise Unreadable("lists a package without a name")
        source = package.get("source")
        own = source is None if cargo else isinstance(source, dict) and any(name in source for name in _LOCAL)
        if not own:
            ecosystem = "cargo" if cargo else "pypi"
            yield Component(ecosystem, printable(package["name"], 200), printable(str(package.get("version", "")), 100))


def _requirements(text: str) -> Iterator[Component]:
    """A requirements file: options and hashes are passed over, and so are comments."""
    for line in text.splitlines():
        bare = line.partition(" #")[0].strip()
        if not bare or bare.startswith(("#", "-")):
            continue
        found = _REQUIREMENT.match(bare)
        if found is None or "://" in bare.partition(";")[0]:
            raise Unreadable(f"has a line that is no requirement with a version: {printable(bare, 60)}")
        yield Component("pypi", found["name"], found["version"] or "")
