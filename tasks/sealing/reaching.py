"""Reaches witnesses, authorities and archives at the very addresses that were looked at, and at no link-local one."""

import socket
import ssl
from contextlib import suppress
from typing import Any

import httpx

from tasks.collectors.link_local import refuse_link_local, resolved


def open_client() -> httpx.Client:
    """A client that no proxy variable, no redirect and no name leads elsewhere."""
    return httpx.Client(transport=LookingTransport(), trust_env=False, follow_redirects=False)


class LookingTransport(httpx.BaseTransport):
    """Sends a request to an address that its name leads to; the request and its certificate are those of the name.

    Every request has a connection of its own: names that lead to one address do not vouch for each other.
    """

    def __init__(self, *, trust: ssl.SSLContext | None = None) -> None:
        alone = httpx.Limits(max_keepalive_connections=0)
        self._sending = httpx.HTTPTransport(verify=trust or True, trust_env=False, limits=alone)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the first address that can be connected to."""
        name = request.url.raw_host.decode("ascii")
        try:
            *others, last = resolved(name)
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return self._sent(request, name, address)
        return self._sent(request, name, last)

    def close(self) -> None:
        """Nothing is held open between requests."""
        self._sending.close()

    def _sent(self, request: httpx.Request, name: str, address: str) -> httpx.Response:
        there = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": name},
        )
        return self._sending.handle_request(there)


def looking_socket(place: tuple[Any, ...]) -> socket.socket:
    """A socket for a place that `getaddrinfo` gave, as clients of aiohttp make theirs a moment before they connect."""
    family, kind, protocol, _, address = place
    refuse_link_local(str(address[0]))
    return socket.socket(family, kind, protocol)
