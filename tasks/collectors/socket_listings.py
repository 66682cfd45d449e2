"""Listings of sockets: what `ss` prints, and what Linux tells in `/proc/net`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from checks.kinds.listening_sockets import Family, ListeningSocket, Protocol
from tasks.collectors.http_exchange import printable
from tasks.collectors.strict_json import Unreadable

_WAITS: dict[str, Protocol] = {"LISTEN": "tcp", "UNCONN": "udp"}
_NAMED: dict[str, Protocol] = {"tcp": "tcp", "udp": "udp"}
_PROCESS = re.compile(r'users:\(\("([^"]{1,60})"')
_IN_KERNEL: dict[Protocol, str] = {"tcp": "0A", "udp": "07"}
_HEX = re.compile(r"([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})")


@dataclass(frozen=True, slots=True)
class Listing:
    """The sockets of a listing, and the families that it would have shown others of."""

    sockets: tuple[ListeningSocket, ...]
    shown: frozenset[Family]


def read_listing(body: bytes) -> Listing:
    """What listens by a listing; one line that nobody understands makes all of it unreadable."""
    lines = [line for line in body.decode("utf-8", errors="replace").splitlines() if line.strip()]
    if not lines:
        raise Unreadable("is empty")
    return _of_kernel(lines) if lines[0].split()[0] == "sl" else _of_ss(lines)


def _of_ss(lines: list[str]) -> Listing:
    """`ss -lntup`, with its header or without; without the column Netid it was asked for one protocol."""
    header = lines[0].split()
    has_header = header[0] in ("Netid", "State")
    found = [
        socket
        for number, line in enumerate(lines, start=1)
        if not (has_header and number == 1) and (socket := _ss_line(number, line))
    ]
    named = header[0] == "Netid" or (not has_header and header[0] in _NAMED)
    protocols: set[str] = {"tcp", "udp"} if named else {each.protocol for each in found}
    return Listing(tuple(found), frozenset(_families(protocols)))


def _ss_line(number: int, line: str) -> ListeningSocket | None:
    """A line's socket; `None` for one that listens to no network."""
    words = line.split()
    named = words[0] not in _WAITS
    protocol = _NAMED.get(words[0]) if named else _WAITS[words[0]]
    if named and (len(words) < 2 or words[1] not in _WAITS):
        raise Unreadable(f"is no listing of ss or /proc/net at line {number}: {printable(line.strip(), 80)!r}")
    if protocol is None:
        return None
    local = words[4 if named else 3 :]
    address, colon, port = local[0].rpartition(":") if local else ("", "", "")
    if not (colon and address and port.isdecimal()):
        raise Unreadable(f"names no address with a number for its port at line {number}; ask ss with -n")
    process = _PROCESS.search(line)
    address = re.sub(r"%[^:\]]*", "", address).strip("[]")
    return ListeningSocket(
        protocol=protocol, address=printable(address, 60), port=int(port), process=process[1] if process else None
    )


def _of_kernel(lines: list[str]) -> Listing:
    """`/proc/net/tcp` and its like; addresses are words of a machine whose lowest byte comes first."""
    header = lines[0].split()
    protocol: Protocol = "udp" if "drops" in header else "tcp"
    version = "6" if "remote_address" in header else "4"
    found = tuple(_kernel_sockets(lines[1:], protocol))
    return Listing(found, frozenset(one for one in _families({protocol}) if one.endswith(version)))


def _kernel_sockets(lines: list[str], protocol: Protocol) -> Iterator[ListeningSocket]:
    for number, line in enumerate(lines, start=2):
        words = line.split()
        local = _HEX.fullmatch(words[1]) if len(words) > 3 else None
        if local is None:
            raise Unreadable(f"is cut off or no file of /proc/net at line {number}")
        if words[3] == _IN_KERNEL[protocol]:
            yield ListeningSocket(protocol=protocol, address=_address(local[1]), port=int(local[2], 16))


def _address(digits: str) -> str:
    words = [bytes.fromhex(digits[at : at + 8])[::-1] for at in range(0, len(digits), 8)]
    packed = b"".join(words)
    return str(IPv4Address(packed) if len(packed) == 4 else IPv6Address(packed))


def _families(protocols: set[str]) -> Iterator[Family]:
    families: tuple[Family, ...] = ("tcp4", "tcp6", "udp4", "udp6")
    return (one for one in families if one[:3] in protocols)
