"""Reads one side as a person writes it: a path, or a URL with its table, `postgresql://…#schema.table`."""

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlencode

from checks.database_urls import UNREADABLE, DatabaseUrl, misread
from checks.variables import REFERENCE
from tasks.comparison.errors import RequestError
from tasks.comparison.opening import dialect_of
from tasks.comparison.request import Comparison, Location

RELATION = "relation"
HELD_IN_TABLES = {"postgresql", "mysql", "sqlite"}


def filled(address: str, environment: Mapping[str, str]) -> str:
    """An address with every `${NAME}` filled from an environment, so that no password has to be typed or sent."""

    def value(match: re.Match[str]) -> str:
        if not environment.get(match[1]):
            raise RequestError(f"${{{match[1]}}} is not set; export {match[1]} where the comparison runs")
        return environment[match[1]]

    return REFERENCE.sub(value, address)


def filled_here(request: Comparison, environment: Mapping[str, str]) -> Comparison:
    """A request that was sent from elsewhere, with its addresses filled in again."""
    left, right = (
        replace(one, address=filled(one.template, environment)) if one.template == one.address else one
        for one in (request.left, request.right)
    )
    return replace(request, left=left, right=right)


def url_of(address: str) -> DatabaseUrl:
    """What a server's address says, or `RequestError`."""
    try:
        return DatabaseUrl.read(address)
    except ValueError as error:
        raise RequestError(str(error)) from None


def location_of(text: str, where: str | None = None) -> Location:
    """The location that a text names; the table stands behind `#` or as `?relation=`, in a SQLite path behind `#`.

    Elsewhere a `#` in a path is a character like any other. A URL whose parts do not fit together is not quoted.
    """
    if not text.strip():
        raise RequestError("a side is empty: write a path, or a URL with its table")
    if misread(text):
        raise RequestError(UNREADABLE)
    address, relation = _parts(text) if "://" in text else _path(text)
    if relation is None and dialect_of(address) in HELD_IN_TABLES:
        raise RequestError("which table? Write it behind the address: #schema.table, or ?relation=schema.table")
    path = address.removeprefix("sqlite:///")
    return Location(address, relation, where, called=None if "://" in path else path)


def _parts(url: str) -> tuple[str, str | None]:
    before, _, fragment = url.partition("#")
    place, _, query = before.partition("?")
    scheme, _, rest = place.partition("://")
    place = f"{scheme.lower()}://{rest}"
    pairs = parse_qsl(query, keep_blank_values=True)
    named = [value for name, value in pairs if name == RELATION] + ([unquote(fragment)] if fragment else [])
    if len(named) > 1:
        raise RequestError(f"an address names more than one table: {', '.join(named)}")
    if named:
        query = urlencode([pair for pair in pairs if pair[0] != RELATION])
    return f"{place}?{query}" if query else place, named[0] if named else None


def _path(path: str) -> tuple[str, str | None]:
    file, divider, relation = path.rpartition("#")
    if divider and relation and _is_sqlite(file):
        return file, relation
    return path, None


def _is_sqlite(path: str) -> bool:
    try:
        return dialect_of(path) == "sqlite"
    except RequestError:
        return False
