"""Free loopback ports, held by a socket until whoever needs one takes it over."""

import socket

from examples.sandbox.errors import SandboxError

HOST = "127.0.0.1"


def held_port(*, shared: bool = False) -> socket.socket:
    """A socket on a free port: one that listens, or one that only keeps the port for others that share it."""
    held = socket.socket()
    if shared:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        held.bind((HOST, 0))
        if not shared:
            held.listen()
    except OSError as error:
        held.close()
        raise SandboxError(f"no free port on {HOST}: {error.strerror}; end what holds the others") from error
    return held
