"""Has PostgreSQL's clients connect to the very addresses that were looked at: libpq then asks no name server itself."""

import socket
from collections.abc import Mapping

import psycopg

from tasks.collectors.link_local import resolved


def pinned(parameters: Mapping[str, str]) -> dict[str, str]:
    """A connection's parameters with a `hostaddr` beside each host, which stays the name of certificates and passwords.

    A host that leads to several addresses is there once for each. Sockets in the file system stay as they are, and so
    does what names no host at all: where that is, the environment of the process says. Hosts that cannot be resolved
    are left out. If none can be, or if one leads to a link-local or metadata address, it is an `OperationalError`.
    """
    hosts, addresses, ports = (_listed(parameters, key) for key in ("host", "hostaddr", "port"))
    count = max(len(hosts), len(addresses))
    if any(len(one) not in (0, count) for one in (hosts, addresses)) or len(ports) not in (0, 1, count):
        return dict(parameters)  # libpq refuses lists that do not fit together
    places: list[tuple[str, str, str]] = []
    unknown: list[str] = []
    for number in range(count):
        host, given, port = (_at(one, number) for one in (hosts, addresses, ports))
        try:
            places += [(host, address, port) for address in _resolved(given or host)]
        except socket.gaierror as error:
            unknown.append(f"{given or host}: {error.strerror}")
        except OSError as error:
            raise psycopg.OperationalError(f"{given or host}: {error}") from error
    if unknown and not places:
        raise psycopg.OperationalError(f"the name cannot be resolved: {', '.join(unknown)}")
    told = dict(zip(("host", "hostaddr", "port"), map(",".join, zip(*places, strict=True)), strict=False))
    return {**parameters, **{key: text for key, text in told.items() if text.strip(",")}}


def _resolved(host: str) -> tuple[str, ...]:
    """An empty address is libpq's word for none: it then goes by the host, which is a folder or the default."""
    return ("",) if not host or host.startswith(("/", "@")) else resolved(host)


def _listed(parameters: Mapping[str, str], key: str) -> list[str]:
    return str(parameters[key]).split(",") if parameters.get(key) else []


def _at(listed: list[str], number: int) -> str:
    """One for all stands for each."""
    return listed[number if len(listed) > 1 else 0] if listed else ""
