"""A service whose answers a test holds back: whoever asks it waits until it lets go."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self


class HeldService:
    """Calls itself healthy on loopback; while it holds, nobody is answered.

    `asked` counts who came, and `authorizations` are what they said of who they are.
    """

    def __init__(self) -> None:
        self.asked = 0
        self.authorizations: set[str | None] = set()
        self._let_go = threading.Event()
        self._let_go.set()
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked += 1
                service.authorizations.add(self.headers.get("Authorization"))
                service._let_go.wait(240)
                body = b'{"status": "ok"}'
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: a test looks at `asked`."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256  # wide catalogues ask all at once

            def handle_error(self, *_: object) -> None:
                """Nothing: whoever asked was killed, which is what the test wants."""

        self._server = Server(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def hold(self) -> None:
        """From now on nobody is answered."""
        self._let_go.clear()

    def let_go(self) -> None:
        """Whoever waits is answered, and whoever comes."""
        self._let_go.set()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go()
        self._server.shutdown()
        self._server.server_close()
