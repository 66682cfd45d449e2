"""The endpoint: measures when asked, says 503 and why, and cannot be held up."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from checks.errors import StoreError
from tasks.exporting import metrics_server
from tasks.exporting.metrics_server import Cached, MetricsServer


@contextmanager
def serving(measure: Callable[[], bytes], told: list[str] | None = None) -> Iterator[MetricsServer]:
    tell = (told if told is not None else []).append
    with MetricsServer(("127.0.0.1", 0), measure, kind="text/plain; version=0.0.4", tell=tell) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def ask(server: MetricsServer, path: str = "/metrics", method: str = "GET") -> httpx.Response:
    return httpx.request(method, server.url.removesuffix("/metrics") + path, trust_env=False, timeout=30)


def test_each_scrape_is_measured():
    counts = iter(range(9))
    with serving(lambda: f"scrapes {next(counts)}\n".encode()) as server:
        assert [ask(server).text for _ in range(2)] == ["scrapes 0\n", "scrapes 1\n"]
        assert ask(server, "/metrics?collect=x").headers["Content-Type"] == "text/plain; version=0.0.4"


def test_what_cannot_be_measured_is_503_with_the_reason_and_comes_back_when_mended():
    broken, told = [True], []

    def measure() -> bytes:
        if broken[0]:
            raise StoreError("evidence store x: there is none yet")
        return b"up 1\n"

    with serving(measure, told) as server:
        refused = ask(server)
        assert (refused.status_code, refused.text) == (503, "evidence store x: there is none yet\n")
        assert told == ["answered 503: evidence store x: there is none yet"]
        broken[0] = False
        assert (ask(server).status_code, ask(server).text) == (200, "up 1\n")


def test_nothing_else_is_there_and_nothing_else_is_done():
    with serving(lambda: b"up 1\n") as server:
        assert ask(server, "/").status_code == 404
        assert ask(server, "/metrics/../etc/passwd").status_code == 404
        assert ask(server, method="POST").status_code == 501
        assert "Python" not in ask(server).headers["Server"]


def test_a_bug_ends_one_answer_and_is_one_line():
    told: list[str] = []

    def measure() -> bytes:
        raise ZeroDivisionError("by zero")

    with serving(measure, told) as server:
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server)
        assert told == ["unexpected ZeroDivisionError: by zero; please report this line"]
        with pytest.raises(httpx.RemoteProtocolError):
            ask(server)


def test_a_client_that_sends_a_byte_now_and_then_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics_server, "_PATIENCE", 0.3)
    with serving(lambda: b"up 1\n") as server, socket.create_connection(server.server_address) as slow:
        slow.settimeout(0.1)
        received = None
        for letter in b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"a" * 500:
            try:
                slow.send(bytes([letter]))
                received = slow.recv(1)
                break
            except TimeoutError:
                continue
            except OSError:
                received = b""
                break
        assert received == b""


def test_whoever_comes_beyond_the_places_is_cut_off_and_the_others_are_answered():
    inside, leave, told = threading.Semaphore(0), threading.Event(), []

    def measure() -> bytes:
        inside.release()
        assert leave.wait(30)
        return b"up 1\n"

    with serving(measure, told) as server:
        answers: list[int] = []
        threads = [threading.Thread(target=lambda: answers.append(ask(server).status_code)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for _ in threads:
            assert inside.acquire(timeout=30)
        with pytest.raises(httpx.TransportError):
            ask(server)
        leave.set()
        for thread in threads:
            thread.join()
        assert answers == [200] * 8
        assert told == ["more than 8 requests at once; one was cut off"]
        assert ask(server).status_code == 200


def test_headers_without_end_are_refused():
    with serving(lambda: b"up 1\n") as server:
        refused = httpx.get(server.url, headers={f"X-{number}": "a" for number in range(150)}, trust_env=False)
        assert refused.status_code == 431


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_measurement_is_kept_for_some_seconds_and_no_longer():
    clock, made = Clock(), []

    def measure() -> bytes:
        made.append(clock.now)
        return str(clock.now).encode()

    cached = Cached(measure, seconds=5, clock=clock)
    assert cached() == b"0.0"
    clock.now = 4.9
    assert cached() == b"0.0"
    clock.now = 5.0
    assert cached() == b"5.0"
    assert made == [0.0, 5.0]


def test_a_failure_leaves_nothing_of_what_was_measured_before():
    clock, broken = Clock(), [False]

    def measure() -> bytes:
        if broken[0]:
            raise StoreError("away")
        return b"all is well"

    cached = Cached(measure, seconds=5, clock=clock)
    assert cached() == b"all is well"
    broken[0] = True
    clock.now = 6.0
    for _ in range(2):
        with pytest.raises(StoreError):
            cached()
    clock.now = 4.0  # within the time of the first measurement, if a clock could go back
    with pytest.raises(StoreError):
        cached()


def test_many_who_ask_at_once_wait_for_one_measurement():
    made, begun, leave = [], threading.Event(), threading.Event()

    def measure() -> bytes:
        made.append(1)
        begun.set()
        assert leave.wait(30)
        return b"up 1\n"

    cached = Cached(measure, seconds=60)
    answers: list[bytes] = []
    threads = [threading.Thread(target=lambda: answers.append(cached())) for _ in range(5)]
    for thread in threads:
        thread.start()
    assert begun.wait(30)
    leave.set()
    for thread in threads:
        thread.join()
    assert (answers, made) == ([b"up 1\n"] * 5, [1])
