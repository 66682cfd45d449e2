"""What is sent to a Dask cluster on another machine: no secret; its workers fill references from where they run."""

import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from checks.outcome import Outcome
from checks.slots import Cadence
from tasks.collectors.sources import DatabaseAccess, Sources
from tasks.comparison import Comparison, Location, filled_here
from tasks.comparison.errors import RequestError
from tests.flows.cli.commands import ROOT
from tests.flows.conftest import Run, free_port, wait_for
from tests.flows.test_key_ranges import database, result, sessions  # noqa: F401 (fixtures)

SECRET = "postgresql://desk:hunter2secret@127.0.0.1/ledger"


class Recorder:
    """A way to a server on loopback that keeps every byte sent to it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.sent = bytearray()
        self.workers: list[subprocess.Popen[bytes]] = []
        threading.Thread(target=self._meet, daemon=True).start()

    def _meet(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._to))
                self._open += [client, server]
                for one, other, kept in ((client, server, self.sent), (server, client, None)):
                    threading.Thread(target=self._pass, args=(one, other, kept), daemon=True).start()

    @staticmethod
    def _pass(source: socket.socket, target: socket.socket, kept: bytearray | None) -> None:
        with suppress(OSError):
            while part := source.recv(1 << 16):
                if kept is not None:
                    kept += part
                target.sendall(part)
            target.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        for one in (self._listener, *self._open):
            one.close()


@contextmanager
def started(environment: dict[str, str], *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    program = [sys.executable, "-m", "dask", *arguments]
    with subprocess.Popen(
        program, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as one:
        try:
            yield one
        finally:
            one.terminate()


def answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@pytest.fixture
def cluster(prefect_environment: dict[str, str]):
    """A scheduler and workers, processes of their own with an environment of their own, behind a recorder.

    Of the workers there is one, as far as `workers` does not say otherwise; they are the recorder's `workers`.
    """
    pytest.importorskip("prefect_dask")

    @contextmanager
    def running(*, workers: int = 1, **variables: str) -> Iterator[Recorder]:
        port = free_port()
        away = {
            name: value for name, value in os.environ.items() if not name.startswith(("RANGES_", "SANDBOX_", "WIDE_"))
        }
        away |= {"PREFECT_API_URL": prefect_environment["PREFECT_API_URL"], "PYTHONPATH": str(ROOT)}
        with started(away, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", "--no-show"):
            wait_for(lambda: answers(port), seconds=60)
            worker = ("worker", f"tcp://127.0.0.1:{port}", "--nthreads", "3", "--no-nanny", "--no-dashboard")
            with ExitStack() as running:
                recorder = Recorder(port)
                running.callback(recorder.close)
                recorder.workers = [
                    running.enter_context(started({**away, **variables}, *worker)) for _ in range(workers)
                ]
                yield recorder

    return running


TWO = """\
system: small
environment: test
sources:
  ledger: {database: "${RANGES_URL}"}
  elsewhere: {database: "${RANGES_URL_HERE_ALONE}"}
checks:
  copies-agree: {kind: parity, left: ledger:ranges.l, right: ledger:ranges.r, key: id, ranges: 3}
  not-there: {kind: parity, left: elsewhere:ranges.l, right: elsewhere:ranges.r, key: id, ranges: 2}
"""


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_no_secret_is_among_the_bytes_that_are_sent(cluster, run: Run, database, tmp_path: Path, monkeypatch):  # noqa: F811
    """Nor does a worker guess: where its own environment lacks a reference, it says which."""
    catalog = tmp_path / "readiness.yaml"
    catalog.write_text(TWO)
    for name in ("RANGES_URL", "RANGES_URL_HERE_ALONE"):
        monkeypatch.setenv(name, database)
    with cluster(RANGES_URL=database) as recorder:
        monkeypatch.setenv("READINESS_TASK_RUNNER", f"dask:tcp://127.0.0.1:{recorder.port}")
        summary = run(Cadence.HOURLY, catalog)
        sent = bytes(recorder.sent)
    assert summary.outcomes == {"copies-agree": Outcome.FAIL, "not-there": Outcome.ERROR}
    assert (result(summary)["rows"]["left"], result(summary)["rows"]["changed"]) == (3000, 3)
    rows = (summary.bundle / "bag/data/rows/not-there.jsonl").read_text()
    assert "${RANGES_URL_HERE_ALONE} is not set; export RANGES_URL_HERE_ALONE where the comparison runs" in rows
    assert sent.count(b"ranges.l") >= 5, "requests are not seen in what was recorded"
    assert b"${RANGES_URL}" in sent
    for secret in (urlsplit(database).password, database, os.environ["SANDBOX_OWNER_URL"]):
        assert secret.encode() not in sent
    assert sessions(database) == 0


def test_a_location_travels_by_its_template_and_is_filled_where_it_arrives():
    request = Comparison(Location(SECRET, "l", None, "${LEDGER_URL}"), Location("rows.csv"))
    sent = pickle.dumps(request)
    assert b"hunter2secret" not in sent
    arrived = pickle.loads(sent)
    assert arrived.left.address == "${LEDGER_URL}"
    assert filled_here(arrived, {"LEDGER_URL": SECRET}) == request
    assert filled_here(request, {}) == request, "what never left is not filled again"
    with pytest.raises(RequestError, match=r"\${LEDGER_URL} is not set"):
        filled_here(arrived, {})


@pytest.mark.parametrize("address", [SECRET, "postgresql://127.0.0.1/ledger?password=hunter2secret"])
def test_an_address_with_a_password_and_no_template_does_not_travel(address: str):
    with pytest.raises(RequestError, match="is not sent elsewhere") as refused:
        pickle.dumps(Location(address, "l"))
    assert "hunter2secret" not in str(refused.value)


def test_sources_travel_empty():
    sources = Sources({"ledger": DatabaseAccess("ledger", SECRET, 60)}, "desk", "test")
    assert b"hunter2secret" not in pickle.dumps(sources)
    assert pickle.loads(pickle.dumps(sources)).by_name == {}
