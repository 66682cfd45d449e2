"""Listening sockets: which addresses and ports does a machine answer on, and who may reach them?"""

from ipaddress import IPv6Address, ip_address
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from checks.catalog import Check
from checks.durations import Duration
from checks.evidence.records import Record
from checks.kinds.dated import DocumentRow
from checks.places import Place

Protocol = Literal["tcp", "udp"]
Family = Literal["tcp4", "tcp6", "udp4", "udp6"]
FAMILIES: tuple[Family, ...] = ("tcp4", "tcp6", "udp4", "udp6")
Port = Annotated[int, Field(ge=1, le=65_535)]
ANY = ("0.0.0.0", "::", "*")  # noqa: S104 (they are looked for, nothing is bound to them)


class ListeningSocket(Record):
    """A socket that somebody listens on; `process` is known where the listing tells it."""

    protocol: Protocol
    address: str
    port: int
    process: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether only the machine itself reaches it; an address that nobody can read is taken for an open one."""
        if self.address in ANY:
            return False
        try:
            address = ip_address(self.address.partition("%")[0])
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return (mapped or address).is_loopback

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol} {address}:{self.port}" + (f" ({self.process})" if self.process else "")


class ExpectedSocket(Record):
    """A socket that may be reached at `address` (`*` is any); where it is not there, it is missed unless optional."""

    port: Port
    protocol: Protocol = "tcp"
    address: str = "*"
    optional: bool = False

    def is_that(self, socket: ListeningSocket) -> bool:
        """Whether it means this socket."""
        same = (socket.protocol, socket.port) == (self.protocol, self.port)
        return same and (self.address == "*" or self.address == socket.address)

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.protocol} {address}:{self.port}"

    @model_validator(mode="after")
    def _is_an_address(self) -> Self:
        if self.address != "*":
            try:
                ip_address(self.address)
            except ValueError:
                raise ValueError(f"{self.address!r} is no IP address; leave it out or write * for every one") from None
        return self


class SocketsExpectation(Record):
    """How the listing must be: all of `families` shown, written at most `max_age` ago.

    `local` says whether what only the machine itself reaches has to be expected too.
    """

    families: tuple[Family, ...] = Field(default=FAMILIES, min_length=1)
    max_age: Duration | None = None
    local: Literal["any", "expected"] = "any"


class ListeningSocketsCheck(Check):
    """Reads what `ss -lntup` printed, or the files of `/proc/net`, and holds it against the sockets that are expected.

    Several places are read as one listing: `[proc:tcp, proc:tcp6, proc:udp, proc:udp6]`.
    """

    kind: Literal["listening-sockets"] = "listening-sockets"
    listing: tuple[Place, ...] = Field(min_length=1)
    expected: tuple[ExpectedSocket, ...] = ()
    expect: SocketsExpectation = SocketsExpectation()

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(place.source for place in self.listing))

    @property
    def subjects(self) -> tuple[str, ...]:
        return ("sockets",)


class ListeningSocketsRow(DocumentRow):
    """Everything that listens, and which families the listing shows; `None` where it could not be read."""

    sockets: tuple[ListeningSocket, ...] | None = None
    shown: tuple[Family, ...] = ()
