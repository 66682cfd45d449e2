"""Serves what somebody answers over HTTP from a thread, for as long as it is held open."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from examples.sandbox.ports import HOST
from examples.sandbox.recorder import Recorder

Answer = Callable[[str], tuple[int, bytes, str]]
"""Status, body and content type for a path."""
Receive = Callable[[str, bytes], int]
"""The status for what was sent to a path."""


class RecorderPort:
    """Answers each request out of what it is asked of at that moment."""

    def __init__(self, answer: Answer, receive: Receive = lambda _path, _body: 405) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._say(*answer(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                self._say(receive(self.path, body), b"", "text/plain")

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

            def _say(self, status: int, body: bytes, kind: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox-recorder", daemon=True)
        self._thread.start()

    @classmethod
    def of(cls, recorder: Recorder) -> "RecorderPort":
        """Serves what one recorder holds."""
        return cls(recorder.answer)

    def close(self) -> None:
        """Stops answering."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
