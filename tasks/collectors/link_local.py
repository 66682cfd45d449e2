"""Addresses that lead to no service but to the machine's own link, or to what a cloud tells its machines about them."""

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
