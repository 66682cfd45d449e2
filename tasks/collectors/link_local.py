"""Addresses that lead to no service but to the machine's own link, or to what a cloud tells its machines about them."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_METADATA = frozenset(
    map(
        ip_address,
        (
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure's wire server
            "192.0.0.192",  # Oracle Cloud
            "fd00:ec2::254",  # AWS: instance metadata, credentials of pods, time, names
            "fd00:ec2::23",
            "fd20:ce::254",  # Google Cloud
        ),
    )
)
_TRANSLATED = ip_network("64:ff9b::/96")
"""IPv6 addresses that a gateway translates to IPv4 (RFC 6052)."""
_COMPATIBLE = ip_network("::/96")


class LinkLocalError(OSError):
    """A name, or an address, leads where nobody is asked."""

    def __init__(self, address: str) -> None:
        super().__init__(f"it leads to {address}, a link-local or metadata address, which is not asked")


def resolved(host: str, port: int | None = None) -> tuple[str, ...]:
    """The IP addresses that a name leads to, in the order to try them; one link-local among them bars the name.

    Whoever connects to what this gives, and not to the name, connects to what was looked at. It may wait for a name
    server.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = tuple(dict.fromkeys(str(info[4][0]) for info in found))
    for address in addresses:
        refuse_link_local(address)
    return addresses


def connected(host: str, port: int, *, seconds: float | None) -> socket.socket:
    """A connection to the first of a name's addresses that answers, each within so many seconds."""
    *others, last = resolved(host, port)
    for address in others:
        try:
            return socket.create_connection((address, port), seconds)
        except OSError:
            continue
    return socket.create_connection((last, port), seconds)


def refuse_link_local(address: str) -> None:
    """Raises `LinkLocalError` for an IP address that nobody is to be asked at."""
    if is_link_local(address):
        raise LinkLocalError(address)


def is_link_local(address: str) -> bool:
    """Whether an IP address is link-local or a cloud's metadata, in whatever form of IPv6 an IPv4 address hides."""
    asked = ip_address(address)
    return any(one.is_link_local or one in _METADATA for one in (asked, *_inside(asked)))


def _inside(asked: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address may lead to."""
    if isinstance(asked, IPv4Address):
        return ()
    found = [asked.ipv4_mapped, asked.sixtofour, *(asked.teredo or ())]
    if asked in _TRANSLATED or asked in _COMPATIBLE:
        found.append(IPv4Address(int(asked) & 0xFFFFFFFF))
    return tuple(one for one in found if one is not None)
