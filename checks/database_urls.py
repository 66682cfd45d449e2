"""Reads the URL of a database, or refuses it whole: no part of a password is ever taken for something else."""

import re
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import unquote

_URL = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*://"
    r"(?:(?P<user>[^:@/?#]*)(?::(?P<password>[^@/?#]*))?@)?"
    r"(?P<place>[^@/?#]*)(?P<path>/[^@?#]*)?(?:\?[^@#]*)?(?:#[^@]*)?",
    re.DOTALL,
)
_HOST = re.compile(r"(?:\[(?P<bracketed>[^][]*)\]|(?P<name>[^][:]*))(?::(?P<port>[0-9]{0,5}))?")
_LAST_PORT = 65_535
UNREADABLE = "the address cannot be read; in a user's name or password write / # ? @ % as %2F %23 %3F %40 %25"


@dataclass(frozen=True, slots=True)
class DatabaseUrl:
    """What a URL says of where a server is and who asks it; user and password as they are meant.

    With `/`, `#`, `?` or `@` as they are in its password, a URL still falls into parts: wrong ones, which messages
    would show. Such a password leaves an `@` where none may be, or a port that is none.
    """

    user: str | None
    password: str | None = field(repr=False)
    place: str
    """Hosts with their ports, as they are written."""
    hosts: tuple[tuple[str, int | None], ...]
    path: str

    @classmethod
    def read(cls, url: str) -> Self:
        """The parts; a `ValueError` that quotes nothing, where they do not fit together."""
        found = _URL.fullmatch(url)
        hosts = [_HOST.fullmatch(host) for host in found["place"].split(",")] if found else []
        read = [(one["bracketed"] or one["name"], int(one["port"] or 0)) for one in hosts if one]
        if found is None or len(read) < len(hosts) or any(port > _LAST_PORT for _, port in read):
            raise ValueError(UNREADABLE)
        user, password = (None if found[name] is None else unquote(found[name]) for name in ("user", "password"))
        places = tuple((host, port or None) for host, port in read)
        return cls(user, password, found["place"].lower(), places, found["path"] or "")


def misread(address: str) -> bool:
    """Whether an address is a server's URL whose parts do not fit together; a file's, SQLite's too, never is."""
    scheme, divider, _ = address.partition("://")
    if not divider or scheme.startswith("sqlite"):
        return False
    try:
        DatabaseUrl.read(address)
    except ValueError:
        return True
    return False
