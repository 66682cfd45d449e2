"""A receiver of messages on loopback, in a thread of its own, and one that accepts connections and never answers."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Keeps what is posted to it, and answers with a status."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.port = int(server.server_address[1])
        self.status = 200
        self.bodies: list[Any] = []
        self.paths: list[str] = []


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A receiver that runs until it is left."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            kept.bodies.append(json.loads(body) if body else None)
            self._answer()

        def do_GET(self) -> None:
            self._answer()

        def _answer(self) -> None:
            kept.paths.append(self.path)
            self.send_response(kept.status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    kept = Receiver(server)
    running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    running.start()
    try:
        yield kept
    finally:
        server.shutdown()
        running.join()
        server.server_close()


@contextmanager
def silent() -> Iterator[int]:
    """A port that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listening:
        yield int(listening.getsockname()[1])
