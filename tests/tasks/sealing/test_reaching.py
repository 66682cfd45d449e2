"""Witnesses, authorities and archives are reached where was looked, under their names, and at no metadata address."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from checks.errors import SealError
from tasks.sealing.anchors import TimestampClient
from tasks.sealing.archive import Archive
from tasks.sealing.reaching import LookingTransport, open_client
from tests.resolving import leading
from tests.tasks.collectors.test_health import Authority

METADATA = "fd00:ec2::254"


class _Says(BaseHTTPRequestHandler):
    """Answers with the host and the body that it was asked with."""

    def do_POST(self) -> None:
        body = self.headers["Host"].encode() + b" " + self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def service(tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The port of a service on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Says)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_name_is_asked_once_and_the_first_address_that_answers_is_taken(monkeypatch: pytest.MonkeyPatch):
    looked_up = leading(monkeypatch, **{"witness.test": ("::1", "127.0.0.1")})
    with service() as port, open_client() as client:
        answer = client.post(f"http://witness.test:{port}/add", content=b"a note")
        assert answer.text == f"witness.test:{port} a note"
    assert [name for name in looked_up if name == "witness.test"] == ["witness.test"]


def test_a_certificate_is_that_of_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    leading(monkeypatch, **{"witness.test": ("127.0.0.1",), "other.test": ("127.0.0.1",)})
    authority = Authority(tmp_path, given_to="witness.test")
    transport = LookingTransport(trust=authority.trust)
    tls = authority.context(datetime.now(UTC) + timedelta(days=5))
    with service(tls) as port, httpx.Client(transport=transport) as client:
        assert client.post(f"https://witness.test:{port}/", content=b"a").text == f"witness.test:{port} a"
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            client.post(f"https://other.test:{port}/", content=b"a")


@pytest.mark.parametrize("host", ["stamps.test", f"[{METADATA}]", "[::ffff:a9fe:a9fe]"])
def test_an_authority_at_a_metadata_address_is_not_asked(monkeypatch: pytest.MonkeyPatch, host: str):
    leading(monkeypatch, **{"stamps.test": ("127.0.0.1", METADATA)})
    with service() as port, open_client() as client:
        stamping = TimestampClient(f"http://{host}:{port}/tsr", client, pause=lambda _: None)
        with pytest.raises(SealError, match="a link-local or metadata address, which is not asked"):
            stamping.stamp(b"a checkpoint")


@pytest.mark.parametrize("endpoint", [f"http://[{METADATA}]", "http://s3.test"])
def test_an_archive_at_a_metadata_address_is_not_asked(monkeypatch: pytest.MonkeyPatch, endpoint: str):
    leading(monkeypatch, **{"s3.test": (METADATA,)})
    told = {"ENDPOINT_URL": endpoint, "ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "MAX_ATTEMPTS": "1"}
    for name, value in {**told, "DEFAULT_REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    archive = Archive.open("s3://evidence/desk")
    with pytest.raises(SealError) as refused:
        archive.check()
    causes, cause = [], refused.value.__cause__
    while cause is not None:
        causes.append(str(cause))
        cause = cause.__cause__ or cause.__context__
    assert any(f"it leads to {METADATA}" in said for said in causes), causes
