"""Secrets go before anything is kept, visibly, and everything else stays byte for byte."""

import gzip
import json
import logging
import pickle
import zlib
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.errors import CatalogError, CollectionError, StoreError
from checks.evidence.records import Evidence, EvidenceRow, RawCapture, Scalar
from checks.kinds.health import HealthCheck
from checks.places import Place
from flows.discretion import discreet, redact_logs
from tasks.collectors.asking import collect_one
from tasks.collectors.collector import Stopwatch
from tasks.collectors.own_secrets import forms_of, secrets_of
from tasks.collectors.redacting import BEYOND, SEALED_UP, Redactor
from tasks.collectors.sources import DatabaseAccess, HttpAccess, ProgramAccess, Sources
from tests.security.canaries import ways
from tests.tasks.collectors.asking import named, now

SECRET = "open/se\"same+&'\\1"
OURS = "a credential of this check"
MARK = f"‹{OURS}›"
redactor = Redactor([SECRET])


class Row(EvidenceRow):
    said: str


CHECK = named(HealthCheck(endpoints=(Place("api", "/x"),)))


def evidence(body: bytes, rows: Sequence[Row] = (), **meta: Scalar) -> Evidence:
    capture = RawCapture("one", body, {"subject": "api:/x", **meta})
    return Stopwatch(CHECK, now).evidence(tuple(rows), (capture,), source="api", request="GET /x")


def reread(captures: Sequence[RawCapture]) -> tuple[Row, ...]:
    return tuple(Row(subject="a", said=one.body.decode(errors="replace")) for one in captures)


def kept(body: bytes, **meta: Scalar) -> tuple[RawCapture, dict[str, int]]:
    found = redactor.evidence(evidence(body, **meta), reread)
    return found.captures[0], found.provenance.redactions


def test_evidence_without_a_secret_is_the_very_same():
    clean = evidence(b'{"status": "pass"}\xff\x00')
    assert redactor.evidence(clean, reread) is clean
    assert "redactions" not in clean.provenance.model_dump_json()


def test_a_secret_in_any_form_is_replaced_by_a_named_marker_and_counted():
    for way in ways(SECRET):
        capture, redactions = kept(b"\xff before " + way + b" behind")
        assert way not in capture.body
        assert capture.body.startswith(b"\xff before ")
        assert MARK.encode() in capture.body
        assert redactions == {OURS: 1}
        assert capture.meta["redacted"] == 1


@given(st.text(min_size=8, max_size=40), st.binary(max_size=20), st.binary(max_size=20))
def test_no_secret_survives_in_any_of_its_forms(secret: str, before: bytes, behind: bytes):
    own = Redactor([secret])
    try:
        written = list(ways(secret))
    except UnicodeEncodeError:
        return  # half a character stands in no body
    for way in written:
        hidden = own.text((before + b"|" + way + b"|" + behind).decode(errors="surrogateescape"))
        assert way.decode(errors="surrogateescape") not in hidden or len(way) < 8


def test_rows_are_read_again_from_what_is_left():
    found = redactor.evidence(evidence(SECRET.encode(), [Row(subject="a", said=SECRET)]), reread)
    assert found.rows == (Row(subject="a", said=MARK),)
    assert found.provenance.rows == 1


def test_facts_beside_a_body_are_redacted_and_the_catalogue_s_own_words_are_not():
    capture, redactions = kept(b"", trouble=f"said {SECRET}", url="http://a:b-secret@host/")
    assert capture.meta["trouble"] == f"said {MARK}"
    assert capture.meta["url"] == "http://‹password in an address›@host/"
    assert redactions == {OURS: 1, "password in an address": 1}
    assert capture.meta["subject"] == "api:/x"


def test_a_row_that_shows_what_no_capture_shows_keeps_everything_out():
    with pytest.raises(CollectionError, match="nothing of this collection is kept"):
        redactor.evidence(evidence(b"turned around", [Row(subject="a", said="open/se\"same+&'\\1")]), reread)


@pytest.mark.parametrize("encode", [gzip.compress, zlib.compress])
def test_a_compressed_body_with_a_secret_is_kept_unpacked(encode: Callable[[bytes], bytes]):
    capture, redactions = kept(encode(f"said {SECRET}".encode()), **{"header.content-encoding": "gzip"})
    assert capture.body == f"said {MARK}".encode()
    assert "header.content-encoding" not in capture.meta
    assert redactions == {OURS: 1}


@pytest.mark.parametrize("cut", [4, 12])
def test_a_compressed_body_that_broke_off_over_a_secret_is_not_kept(cut: int):
    body = gzip.compress(f"{SECRET} {'x' * 50}".encode())[:-cut]
    capture, redactions = kept(body, **{"header.content-encoding": "gzip"})
    assert capture.body == b""
    assert capture.meta["header.content-encoding"] == "gzip"
    assert redactions[OURS] == 1


def test_text_that_compression_left_as_it_is_hides_nothing():
    body = gzip.compress(SECRET.encode(), compresslevel=0)[:-8] + b"broken"
    assert SECRET.encode() in body
    assert kept(body, **{"header.content-encoding": "gzip"})[0].body == b""


def test_what_nobody_looked_into_is_not_kept():
    capture, redactions = kept(b"\x28\xb5\x2f\xfd", **{"header.content-encoding": "zstd"})
    assert (capture.body, redactions) == (b"", {SEALED_UP: 1})
    bomb = gzip.compress(b" " * 3_000_000 + SECRET.encode())
    capture, redactions = kept(bomb, **{"header.content-encoding": "gzip", "limit": 1_000_000})
    assert redactions == {BEYOND: 1}
    assert len(zlib.decompressobj(wbits=47).decompress(capture.body)) < 3_000_000
    assert len(zlib.decompressobj(wbits=47).decompress(capture.body)) > 1_000_000


def test_a_compressed_file_is_looked_into_too():
    capture, redactions = kept(gzip.compress(SECRET.encode()))
    assert (capture.body, redactions) == (b"", {OURS: 1})


def test_json_stays_json_whatever_is_taken_out():
    document = {"password": "hunter22", "api_key": 123456789, "pin": [SECRET], "note": "token: abcdefgh; x"}
    capture, redactions = kept(json.dumps(document).encode())
    assert json.loads(capture.body) == {
        "password": "‹named secret›",
        "api_key": "‹named secret›",
        "pin": [MARK],
        "note": "token: abcdefgh; x",
    }
    assert redactions == {OURS: 1, "named secret": 2}


def test_redacting_again_finds_nothing():
    once = redactor.hide(
        f"password={SECRET} secret: hunter22 https://a:bcdefg@host Bearer abcdefgh12345678901 {SECRET}"
    )
    assert len(once.found) == 5
    assert redactor.hide(once.text).found == ()


async def test_what_a_collector_complains_of_is_redacted_too():
    class Broken:
        kind = "health"

        def __init__(self, error: Exception) -> None:
            self._error = error

        async def collect(self, check: object) -> Evidence:
            raise self._error

    for error in (CollectionError(f"no {SECRET}"), RuntimeError(f"no {SECRET}")):
        found = await collect_one(Broken(error), CHECK, redactor)  # type: ignore[arg-type]
        assert found.failure is not None
        assert SECRET not in found.failure
        assert MARK in found.failure


def test_the_secrets_are_what_is_given_in_confidence():
    sources = Sources(
        {
            "api": HttpAccess(
                "api", "http://watcher:p%40ssword@host.test/x?token=in-query", {"X-A": "Bearer in-header"}, 1, 1
            ),
            "one": HttpAccess("one", "http://user-alone@host.test/in-path", {}, 1, 1),
            "ledger": DatabaseAccess("ledger", "postgresql://app:db-secret@db.test/ledger", 1),
            "weak": DatabaseAccess("weak", "postgresql://postgres:postgres@db.test/ledger", 1),
            "short": DatabaseAccess("short", "postgresql://app:abc@db.test/ledger", 1),
            "program": ProgramAccess("program", ("x",), None, {"PGPASSWORD": "in-program", "PGHOST": "some-host"}),
        },
        secrets=frozenset({"in-path"}),
    )
    environment = {
        "SOME_API_TOKEN": "in-environment",
        "SSH_AUTH_SOCK": "/tmp/agent",
        "STORE": "x://u:in-store@h/",
        "A": "b",
    }
    assert secrets_of(sources, environment) == {
        *("p%40ssword", "p@ssword", "in-query", "Bearer in-header", "in-header", "user-alone", "db-secret"),
        *("in-program", "in-path", "in-environment", "in-store"),
    }


@pytest.mark.parametrize(
    "password", ["12/et-pass", "s3cr#et-pass", "s3cr?et-pass", "p@ss@word", "[pass-word", "pa%zz-word"]
)
@pytest.mark.parametrize("scheme", ["mysql", "postgresql+psycopg", "redis", "https"])
def test_a_password_that_stands_in_an_address_as_it_is_is_a_secret_whole(scheme: str, password: str):
    address = f"{scheme}://app:{password}@host.test:1234/x?a=b"
    if (scheme, password) == ("https", "12/et-pass"):
        assert secrets_of(Sources({}), {"A": address}) == frozenset()  # port 12, and a path
    else:
        assert password in secrets_of(Sources({}), {"A": address})


def test_a_password_in_a_query_may_hold_a_number_sign():
    assert "s3cr#et-pass" in secrets_of(Sources({}), {"A": "postgresql://h/x?password=s3cr#et-pass"})


def test_an_at_sign_in_a_path_makes_no_secret():
    addresses = {"A": "https://host.test:8080/a-folder@b", "B": "sqlite:////srv/a:folder@b.db"}
    assert secrets_of(Sources({}), addresses) == frozenset()


def test_a_redactor_takes_no_secret_elsewhere_and_shows_none():
    assert SECRET not in repr(redactor)
    assert SECRET.encode() not in pickle.dumps(redactor)
    assert pickle.loads(pickle.dumps(redactor)).hide(SECRET).found == ()


def test_base64_of_a_secret_has_a_form_for_every_place_it_may_begin_at():
    assert len([form for form in forms_of("abcdefghijkl") if form.isalnum()]) >= 5


@pytest.fixture
def logs():
    before = logging.getLogRecordFactory()
    redact_logs(redactor)
    yield logging.getLogger("some.library")
    logging.setLogRecordFactory(before)


def test_no_log_record_holds_a_secret_whoever_makes_it(logs: logging.Logger, caplog: pytest.LogCaptureFixture):
    logs.warning("connecting to %s", {"dsn": SECRET})
    try:
        int(SECRET)
    except ValueError:
        logs.exception("it broke")
    logs.warning("odd %d", SECRET)
    logs.warning("plain %s", "words")
    said = "".join(map(logging.Formatter().format, caplog.records))
    assert not any(way.decode() in said for way in ways(SECRET))
    assert MARK in said
    assert "Traceback" in said
    assert caplog.records[-1].args == ("words",)


def test_redacting_twice_wraps_once(logs: logging.Logger):
    made = logging.getLogRecordFactory()
    redact_logs(Redactor(["another-secret"]))
    assert logging.getLogRecordFactory() is made
    assert "another-secret" not in logs.makeRecord("a", 30, "f", 1, "another-secret", (), None).getMessage()


@pytest.mark.parametrize("error", [StoreError(f"a {SECRET}"), CatalogError("fine", f"a {SECRET}"), KeyError(SECRET)])
def test_an_error_that_tells_a_secret_is_told_without_it(error: Exception):
    with pytest.raises(Exception, match=OURS) as raised, discreet(redactor):
        raise error
    assert SECRET not in repr(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    if isinstance(error, StoreError | CatalogError):
        assert type(raised.value) is type(error)


def test_an_error_that_tells_none_passes_as_it_is():
    error = StoreError("all is well")
    with pytest.raises(StoreError) as raised, discreet(redactor):
        raise error
    assert raised.value is error
