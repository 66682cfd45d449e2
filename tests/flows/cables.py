"""A cable on loopback: the way to a server, which a test cuts and mends."""

import socket
import threading
from contextlib import suppress
from typing import Self


class Cable:
    """Passes on what arrives at `port` to a server on loopback, and its answers back.

    While it is cut nobody listens at `port`. While it is `deaf` the server hears all, and nobody hears the server.
    """

    def __init__(self, to: int) -> None:
        self.deaf = False
        self._to = to
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._meet()

    def cut(self) -> None:
        """Ends every connection, and takes no new one."""
        for one in (self._listener, *self._ends):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._ends.clear()

    def mend(self) -> None:
        """Takes connections again, at the same port."""
        self.deaf = False
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._meet()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def _meet(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._ends += [client, server]
                for one, other in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=(one, other, one is server), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        with suppress(OSError):
            while part := source.recv(1 << 16):
                if not (answers and self.deaf):
                    target.sendall(part)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)
