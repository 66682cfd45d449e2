"""The health collector against a server that answers as badly as a server can."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from checks.errors import CollectionError
from checks.evidence.records import Evidence
from checks.kinds.health import HealthCheck, HealthRow
from checks.places import Place
from tasks.collectors.health import HealthCollector
from tasks.collectors.http_client import HttpClient
from tests.hostile_server import HostileServer
from tests.loopback import LoopbackServer
from tests.tasks.collectors.asking import closed_port, http_source, named, now, sources


async def collect(url: str, *paths: str, trust: ssl.SSLContext | None = None, **given: Any) -> Evidence:
    control = given.pop("control", None)
    endpoints = tuple(Place("api", path) for path in paths)
    check = named(HealthCheck(endpoints=endpoints, control=control))
    collector = HealthCollector(sources(url, **given), now, http=HttpClient(now, trust=trust))
    try:
        return await collector.collect(check)
    finally:
        await collector.aclose()


async def row(url: str, path: str, **given: Any) -> HealthRow:
    evidence = await collect(url, path, **given)
    (found,) = evidence.rows
    assert isinstance(found, HealthRow)
    return found


async def test_a_good_answer_tells_all_three_facts_and_every_phase(server: HostileServer):
    found = await row(server.url, "/good")
    assert (found.http_status, found.body_status, found.version) == (200, "pass", "1.4.0")
    assert found.no_answer is None
    assert found.address == "127.0.0.1"
    assert found.tls_seconds is None
    assert found.resolve_seconds is not None
    assert found.connect_seconds is not None
    assert found.first_byte_seconds is not None
    assert found.seconds is not None
    assert 0 < found.connect_seconds < found.first_byte_seconds <= found.seconds


async def test_a_refused_connection_is_an_observation():
    found = await row(f"http://127.0.0.1:{closed_port()}", "/good")
    assert found.http_status is None
    assert found.no_answer == "the connection was refused"
    assert found.address == "127.0.0.1"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/silent", "0.4 s passed before it answered"),
        ("/drips", "0.4 s passed before its body ended"),
        ("/cut", "the connection was closed before its body ended"),
        ("/half-closed", "the connection was closed before its body ended"),
        ("/resets", "before its body ended"),
        ("/closes", "the connection was closed before it answered"),
        ("/never-ends", "its body is larger than 200000 bytes; the first 65536 of them are kept"),
        ("/huge-headers", "its headers are too large"),
        ("/gibberish", "its answer is no valid HTTP"),
    ],
)
async def test_what_kept_an_answer_from_being_complete_is_told_in_plain_words(
    server: HostileServer, path: str, said: str
):
    began = time.perf_counter()
    found = await row(server.url, path, timeout=0.4 if said.startswith("0.4 s") else 5)
    assert said in (found.no_answer or "")
    assert time.perf_counter() - began < 4.5


@pytest.mark.parametrize("path", ["/chunks", "/until-closed", "/resets-behind"])
async def test_a_whole_answer_is_one_however_its_end_is_told(server: HostileServer, path: str):
    evidence = await collect(server.url, path)
    assert (evidence.rows[0].http_status, evidence.rows[0].no_answer) == (200, None)  # type: ignore[attr-defined]
    assert evidence.captures[0].body == b'{"status": "pass"}'


async def test_a_body_that_arrives_faster_than_it_is_read_is_whole(server: HostileServer):
    server.put("/big", b"x" * 3_000_000)
    evidence = await collect(server.url, "/big", limit=4_000_000)
    assert len(evidence.captures[0].body) == 3_000_000


@pytest.mark.parametrize(("limit", "kept"), [(200_000, 65_536), (1_000, 1_000)])
async def test_of_a_body_that_is_larger_than_may_be_its_beginning_is_kept(server: HostileServer, limit: int, kept: int):
    evidence = await collect(server.url, "/never-ends", limit=limit)
    assert [len(capture.body) for capture in evidence.captures] == [kept]
    assert evidence.rows[0].body_bytes == kept  # type: ignore[attr-defined]


async def test_a_name_that_cannot_be_resolved_is_an_observation():
    found = await row("http://nowhere.invalid", "/good")
    assert found.no_answer == "the name nowhere.invalid cannot be resolved"
    assert found.address is None


async def test_a_name_with_several_addresses_is_tried_at_each(server: HostileServer, monkeypatch: pytest.MonkeyPatch):
    async def resolved(*_: object, **__: object) -> list[Any]:
        return [(0, 0, 0, "", ("127.0.0.2", 0)), (0, 0, 0, "", ("127.0.0.1", 0))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", resolved)
    found = await row(f"http://several.test:{server.port}", "/good")
    assert (found.http_status, found.address) == (200, "127.0.0.1")
    assert server.requests[0].headers["host"] == f"several.test:{server.port}"


async def test_a_redirect_is_an_answer_and_is_not_followed(server: HostileServer):
    found = await row(server.url, "/redirects")
    assert found.http_status == 302
    assert [request.path for request in server.requests] == ["/redirects"]


async def test_a_good_status_over_a_failing_body_keeps_both_facts(server: HostileServer):
    found = await row(server.url, "/says-fail")
    assert (found.http_status, found.body_status) == (200, "fail")


@pytest.mark.parametrize(
    "body",
    [
        '{"status": "pass", "status": "fail"}',
        '{"status": NaN}',
        "[" * 50_000,
        '{"status": 1}',
        "pass",
        "",
        "[1]",
        '{"status": "\\ud800"}',
    ],
)
async def test_a_body_that_says_no_status_says_none(server: HostileServer, body: str):
    server.put("/odd", body)
    found = await row(server.url, "/odd")
    assert (found.http_status, found.body_status, found.no_answer) == (200, None, None)


async def test_a_status_is_cut_and_cleaned_before_it_becomes_a_row(server: HostileServer):
    server.put("/odd", '{"status": "a\\u0000b' + "x" * 5000 + '"}')
    found = await row(server.url, "/odd")
    assert found.body_status is not None
    assert found.body_status.startswith("a�bxxx")
    assert len(found.body_status) == 200


async def test_a_compressed_body_is_kept_as_it_came_and_read(server: HostileServer):
    evidence = await collect(server.url, "/gzip")
    assert evidence.captures[0].body.startswith(b"\x1f\x8b")
    assert evidence.rows[0].model_dump()["body_status"] == "pass"


async def test_a_gzip_bomb_is_not_unpacked(server: HostileServer):
    found = await row(server.url, "/gzip-bomb")
    assert (found.http_status, found.body_status) == (200, None)


async def test_no_cookie_is_kept_and_no_secret_is_captured(server: HostileServer):
    evidence = await collect(server.url, "/cookie", "/echo", X_Credential="open-sesame")
    assert all("cookie" not in request.headers for request in server.requests)
    assert server.requests[0].headers["x-credential"] == "open-sesame"
    written = repr(evidence)
    assert "open-sesame" not in written
    assert "hush" not in written
    assert evidence.captures[0].meta["header.x-trace"] == "abc"


async def test_credentials_in_an_address_are_sent_and_not_shown(server: HostileServer):
    url = server.url.replace("http://", "http://watcher:hush@")
    evidence = await collect(url, "/good?deep=1", "/redirects")
    assert server.requests[0].headers["authorization"] == "Basic d2F0Y2hlcjpodXNo"
    assert "hush" not in repr(evidence)
    assert evidence.provenance.request == f"GET {server.url}/good?deep=1\nGET {server.url}/redirects"
    assert evidence.captures[1].meta["header.location"] == "/good?token=***"


async def test_a_proxy_in_the_environment_is_not_asked(server: HostileServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{closed_port()}")
    assert (await row(server.url, "/good")).http_status == 200


async def test_the_control_endpoint_is_asked_only_when_somebody_did_not_answer(server: HostileServer):
    control = Place("api", "/good")
    evidence = await collect(server.url, "/says-fail", control=control)
    assert [capture.item for capture in evidence.captures] == ["1-api-says-fail"]
    evidence = await collect(server.url, "/cut", control=control)
    assert evidence.captures[-1].item == "control"
    assert evidence.rows[0].model_dump()["control_answered"] is True


async def test_a_silent_control_endpoint_puts_the_observer_in_doubt():
    found = await row(f"http://127.0.0.1:{closed_port()}", "/x", control=Place("api", "/control"))
    assert found.control_answered is False


async def test_every_probe_opens_a_connection_of_its_own(server: HostileServer):
    await collect(server.url, "/good", "/good?again")
    ports = {request.writer.get_extra_info("peername")[1] for request in server.requests}
    assert len(ports) == 2
    assert all(request.headers["connection"] == "close" for request in server.requests)


async def test_many_endpoints_are_asked_at_once(server: HostileServer):
    began = time.perf_counter()
    evidence = await collect(server.url, *(f"/silent?{n}" for n in range(30)), timeout=0.3)
    assert len(evidence.rows) == 30
    assert time.perf_counter() - began < 6


async def test_waiting_for_a_turn_does_not_count_as_the_answer_s_time(server: HostileServer):
    http = HttpClient(now, concurrency=1)
    access = http_source(server.url, timeout=0.4)
    exchanges = await asyncio.gather(*(http.get(access, "/silent") for _ in range(4)))
    await http.aclose()
    assert all((exchange.seconds or 9) < 1.2 for exchange in exchanges)


async def test_an_address_that_nobody_can_ask_is_no_observation():
    with pytest.raises(CollectionError, match=r"sources\.api.*is no address"):
        await row("ftp://127.0.0.1", "/good")


class Authority:
    """A certificate authority of a test, and certificates that it gives to 127.0.0.1 or, if given, to a name."""

    def __init__(self, folder: Path, *, given_to: str | None = None) -> None:
        self._folder, self.root = folder, folder / "root.pem"
        self._whose = x509.DNSName(given_to) if given_to else x509.IPAddress(ip_address("127.0.0.1"))
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Test Authority")])
        own = self._certificate(self._name, self._key, datetime.now(UTC) + timedelta(days=9), authority=True)
        self.root.write_bytes(own.public_bytes(Encoding.PEM))
        self.trust = ssl.create_default_context(cafile=self.root)

    def context(self, expires: datetime) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        certificate = self._certificate(name, key, expires, authority=False)
        path = self._folder / "server.pem"
        path.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, expires: datetime, *, authority: bool
    ) -> x509.Certificate:
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(self._name).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        builder = builder.not_valid_before(expires - timedelta(days=30)).not_valid_after(expires)
        builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        builder = builder.add_extension(x509.SubjectAlternativeName([self._whose]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


async def test_a_certificate_tells_when_it_expires(tmp_path: Path):
    authority = Authority(tmp_path)
    expires = (datetime.now(UTC) + timedelta(days=5)).replace(microsecond=0)
    async with HostileServer(authority.context(expires)) as server:
        found = await row(server.url, "/good", trust=authority.trust)
    assert found.http_status == 200
    assert found.certificate_expires_at == expires
    assert found.tls_seconds is not None


async def test_an_expired_certificate_is_an_observation(tmp_path: Path):
    authority = Authority(tmp_path)
    async with HostileServer(authority.context(datetime.now(UTC) - timedelta(hours=1))) as server:
        found = await row(server.url, "/good", trust=authority.trust)
    assert found.no_answer == "its certificate is not trusted: certificate has expired"


async def test_a_stranger_s_certificate_is_not_trusted(tmp_path: Path):
    authority = Authority(tmp_path)
    async with HostileServer(authority.context(datetime.now(UTC) + timedelta(days=5))) as server:
        found = await row(server.url, "/good")
    assert "its certificate is not trusted" in (found.no_answer or "")


async def test_tls_that_is_never_agreed_on_is_an_observation(server: HostileServer):
    found = await row(server.url.replace("http:", "https:"), "/good", timeout=0.3)
    assert found.no_answer == "0.3 s passed before TLS was agreed on"


async def test_a_server_that_speaks_no_tls_is_an_observation():
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with LoopbackServer(speak_plainly) as plain:
        found = await row(plain.url.replace("http:", "https:"), "/good")
    assert "TLS failed: WRONG_VERSION_NUMBER" in (found.no_answer or "")


async def test_a_server_that_hangs_up_on_tls_is_an_observation():
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with LoopbackServer(hang_up) as gone:
        found = await row(gone.url.replace("http:", "https:"), "/good")
    assert "before TLS was agreed on" in (found.no_answer or "")
