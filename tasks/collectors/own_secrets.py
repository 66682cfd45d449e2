"""The secrets that this program itself is given, and every form in which a text may hold one of them."""

import html
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from itertools import chain
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

from checks.database_urls import misread
from checks.secret_names import names_a_secret, speaks_of_secrets
from tasks.collectors.sources import Access, DatabaseAccess, HttpAccess, ProgramAccess, Sources

SHORTEST = 6
"""What is shorter cannot be told from a word, and is hidden only where it stands in an address or behind a name."""
_SHORTEST_CODED = 8
_SCHEME = re.compile(r"[A-Za-z]{3,10}\s+(?=\S)")


def secrets_of(sources: Sources, environment: Mapping[str, str]) -> frozenset[str]:
    """What a catalogue's sources and the process's environment hold that nothing may show.

    A password that is the name of its own user, host or database is no secret that a text could be searched for.
    """
    found = set(sources.secrets)
    for access in sources.by_name.values():
        found |= set(_held(access))
    for name, value in environment.items():
        if names_a_secret(name) and not value.startswith("/"):
            found.add(value)
        found |= set(in_address(value))
    public = {word for access in sources.by_name.values() for word in _public(access)}
    return frozenset(one for one in found if len(one) >= SHORTEST and one.casefold() not in public)


def in_address(text: str) -> Iterator[str]:
    """The secrets of a URL, or of connection parameters such as libpq's: as they stand, and as they are meant."""
    if "://" not in text:
        yield from re.findall(r"(?i)\bpassword\s*=\s*'?([^\s']+)", text)
        return
    scheme, _, rest = text.partition("://")
    whole = rest.partition("?")[2]
    named = chain(parse_qsl(whole.partition("#")[0]), parse_qsl(whole))
    held = chain(_before_the_host(scheme, rest), (value for name, value in named if speaks_of_secrets(name)))
    for secret in filter(None, held):
        yield secret
        yield unquote(secret)


def _before_the_host(scheme: str, rest: str) -> Iterator[str]:
    """The password, or what is one instead of a user; up to each `@`, for it may hold `/`, `#`, `?` and `@` itself.

    Behind the host of a web address an `@` is a character like any other.
    """
    if rest.startswith("/"):
        return
    web = scheme.lower() in ("http", "https")
    place = re.split("[/?#]", rest, maxsplit=1)[0]
    if web and ("@" in place or re.fullmatch(r"[^:]*(:\d*)?", place)):
        rest = place
    for end in re.finditer("@", rest):
        user, divider, password = rest[: end.start()].partition(":")
        yield password if divider else user if web else ""


def forms_of(secret: str) -> frozenset[str]:
    """A secret as it stands, and as URLs, JSON, HTML, Python, hexadecimal digits and base64 write it.

    In base64 those characters that hold nothing but the secret, wherever in the encoded text it begins.
    """
    escaped = json.dumps(secret)[1:-1]
    forms = {secret, escaped, json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(escaped)[1:-1]}
    forms |= {escaped.replace("/", "\\/"), repr(secret)[1:-1], html.escape(secret), html.escape(secret, quote=False)}
    percent = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    forms |= percent | {quote(one, safe="") for one in percent} | {_lower_hex(one) for one in percent}
    data = secret.encode(errors="surrogateescape")
    coded = {data.hex(), data.hex().upper(), *_in_base64(data)}
    return frozenset(forms | {one for one in coded if len(one) >= _SHORTEST_CODED})


def _held(access: Access) -> Iterator[str]:
    match access:
        case HttpAccess():
            yield from in_address(access.url)
            for value in access.headers.values():
                yield value
                yield _SCHEME.sub("", value, count=1)
        case DatabaseAccess():
            yield from in_address(access.url)
        case ProgramAccess():
            for name, value in access.environment.items():
                if speaks_of_secrets(name):
                    yield value
                yield from in_address(value)


def _public(access: Access) -> Iterator[str]:
    """The words of an address that stand in evidence as they are."""
    if isinstance(access, HttpAccess) or (isinstance(access, DatabaseAccess) and not misread(access.url)):
        try:
            parts = urlsplit(access.url)
        except ValueError:
            return
        words = (parts.scheme, unquote(parts.username or "") if parts.password else "", parts.hostname or "")
        database = parts.path.strip("/") if isinstance(access, DatabaseAccess) else ""
        for word in (*words, database):
            yield word.casefold()


def _lower_hex(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda code: code[0].lower(), text)


def _in_base64(data: bytes) -> Iterator[str]:
    for lead in range(3):
        text = b64encode(bytes(lead) + data).decode("ascii")
        core = text[(lead * 8 + 5) // 6 : (lead + len(data)) * 8 // 6]
        yield core
        yield core.translate({ord("+"): "-", ord("/"): "_"})
