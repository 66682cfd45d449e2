"""Figures over HTTP: `GET /metrics` measures, and says 503 and why where nothing can be measured.

Whoever asks is told what is so now, or that nobody knows: no answer is older than a few seconds, and none outlives a
failure. Requests are limited in size (by http.server), in time, and in how many are answered at once.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from checks.errors import ReadinessError

Measure = Callable[[], bytes]

_PATIENCE = 10  # seconds for a request to arrive, and for its answer to be taken
_AT_ONCE = 8
_KEPT = 5.0  # seconds
_PATH = "/metrics"
_TEXT = "text/plain; charset=utf-8"


class Cached:
    """A measurement that is kept for a few seconds; while it is made, everybody who asks waits for that one.

    What was measured is forgotten before it is measured again, so a failure leaves nothing to answer with.
    """

    def __init__(
        self, measure: Measure, *, seconds: float = _KEPT, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._measure = measure
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: tuple[float, bytes] | None = None

    def __call__(self) -> bytes:
        with self._lock:
            if self._kept is None or not 0 <= self._clock() - self._kept[0] < self._seconds:
                self._kept = None
                began = self._clock()
                self._kept = (began, self._measure())
            return self._kept[1]


class MetricsServer(ThreadingHTTPServer):
    """Answers with what `measure` gives, of the media type `kind`; `tell` is given a line for each failure."""

    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: tuple[str, int], measure: Measure, *, kind: str, tell: Callable[[str], None]) -> None:
        self.measure = measure
        self.kind = kind
        self.tell = tell
        self._places = threading.BoundedSemaphore(_AT_ONCE)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{f'[{host!s}]' if self.address_family is socket.AF_INET6 else host!s}:{port}{_PATH}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answers in a thread of its own while there is a place; whoever comes beyond that is cut off at once."""
        if not self._places.acquire(blocking=False):
            self.tell(f"more than {_AT_ONCE} requests at once; one was cut off")
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Gives the place back, however the answer ends."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 (its signature)
        """A client that goes away is nobody's business, and what nobody foresaw is a line."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.tell(f"unexpected {type(error).__name__}: {error}; please report this line")


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE
    server: MetricsServer
    server_version = "readiness"
    sys_version = ""

    def setup(self) -> None:
        """Whoever sends a byte now and then is cut off all the same."""
        super().setup()
        self._arrival = threading.Timer(_PATIENCE, self._cut)
        self._arrival.daemon = True
        self._arrival.start()

    def finish(self) -> None:
        self._arrival.cancel()
        super().finish()

    def do_GET(self) -> None:
        self._arrival.cancel()
        if self.path.partition("?")[0] != _PATH:
            self._answer(HTTPStatus.NOT_FOUND, f"there is only {_PATH}\n".encode(), _TEXT)
            return
        try:
            body = self.server.measure()
        except ReadinessError as error:
            self.server.tell(f"answered 503: {error}")
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error}\n".encode(), _TEXT)
        else:
            self._answer(HTTPStatus.OK, body, self.server.kind)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's spelling)
        """Scrapes that succeed are not told."""

    def _answer(self, status: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def _cut(self) -> None:
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
