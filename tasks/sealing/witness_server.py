"""The witness over HTTP: `POST /add-checkpoint`, and `GET /<hash of the log's name>/checkpoint` for monitors."""

import re
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tasks.sealing.witness import Witness, WitnessAnswer

_MOST = 64 << 10  # bytes of a request
_PATIENCE = 10  # seconds for one request to arrive
_MONITORED = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(ThreadingHTTPServer):
    """Answers for one witness; `tell` is given a line for each refusal."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness, tell: Callable[[str], None]) -> None:
        self.witness = witness
        self.tell = tell
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        return f"http://{self.server_address[0]!s}:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = _PATIENCE
    server: WitnessServer

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint" or not length.isdigit() or int(length) > _MOST:
            self.close_connection = True
            self._answer(WitnessAnswer(HTTPStatus.BAD_REQUEST, b"POST a checkpoint to /add-checkpoint\n"))
            return
        answer = self.server.witness.add_checkpoint(self.rfile.read(int(length)))
        if answer.because:
            self.server.tell(f"refused with {answer.status.value}: {answer.because}")
        self._answer(answer)

    def do_GET(self) -> None:
        match = _MONITORED.fullmatch(self.path)
        last = self.server.witness.last(match[1]) if match else None
        if last is None:
            self._answer(WitnessAnswer(HTTPStatus.NOT_FOUND, b"no checkpoint of that log was ever cosigned\n"))
        else:
            self._answer(WitnessAnswer(HTTPStatus.OK, last.data))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (http.server's spelling)
        """Requests that are granted are not told."""

    def _answer(self, answer: WitnessAnswer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)
