"""Telling people after a run: on a change, of what was missed or failed, and never at the cost of the run."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from checks.errors import SealError
from checks.slots import Cadence
from flows import wiring
from flows.cli import app
from flows.discretion import redactor_for
from flows.settings import Settings
from flows.standing import standing
from tasks.collectors.sources import Sources
from tasks.sealing.bundle_writer import BundleWriter
from tasks.store.evidence_store import EvidenceStore
from tests.flows.conftest import Run
from tests.flows.test_cadence import Clock
from tests.tasks.notify.receiving import Receiver, receiver, silent

CATALOG = """\
system: small
environment: test
sources:
  files: {folder: FOLDER}
checks:
  report: {kind: freshness, owner: Desk Ops, document: files:report.json, expect: {max_age: 48h}}
notify:
  sinks:
    chat: {apprise: "${CHAT_URL}"}
  default: {sinks: [chat]}
  timeout: 8s
  overall: 8s
  heartbeat: {hourly: "${HEARTBEAT_URL}"}
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG.replace("FOLDER", str(tmp_path)))
    return path


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(wiring, "now", clock)
    return clock


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A chat for messages, and a switch for heartbeats at the same port."""
    with receiver() as sink:
        monkeypatch.setenv("CHAT_URL", f"json://127.0.0.1:{sink.port}/hook")
        monkeypatch.setenv("HEARTBEAT_URL", f"http://127.0.0.1:{sink.port}/beat/hush")
        yield sink


@pytest.fixture
def mend(tmp_path: Path, clock: Clock) -> Callable[[], None]:
    """Writes the report that the check misses."""
    return lambda: (tmp_path / "report.json").write_text(f'{{"generated_at": "{clock.now.isoformat()}"}}') and None


def messages(chat: Receiver) -> list[str]:
    return [body["message"] for body in chat.bodies if body]


def test_people_are_told_of_a_change_and_not_of_every_run(
    run: Run, catalog: Path, clock: Clock, chat: Receiver, mend: Callable[[], None], home: Path
):
    run(Cadence.HOURLY, catalog)
    assert len(messages(chat)) == 1
    assert messages(chat)[0].startswith("MISSING report: ")
    assert "Desk Ops has no route of their own" in messages(chat)[0]
    clock.now += timedelta(hours=1)
    run(Cadence.HOURLY, catalog)
    assert len(messages(chat)) == 1
    mend()
    clock.now += timedelta(hours=1)
    run(Cadence.HOURLY, catalog)
    assert len(messages(chat)) == 2
    assert messages(chat)[1].startswith("resolved: report is PASS: ")
    assert chat.paths.count("/beat/hush") == 3
    clock.now += timedelta(hours=3)
    run(Cadence.HOURLY, catalog)
    assert messages(chat)[2] == (
        "missed: 2 slots were never collected, and sealed as missed: 2026-11-22T1700Z.hourly to 2026-11-22T1800Z.hourly"
    )
    assert b"hush" not in b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_sink_that_never_answers_holds_no_run_and_is_told_by_the_next(
    run: Run, catalog: Path, clock: Clock, chat: Receiver, home: Path, monkeypatch: pytest.MonkeyPatch
):
    catalog.write_text(catalog.read_text().replace("timeout: 8s", "timeout: 2s"))
    with silent() as port, monkeypatch.context() as hanging:
        hanging.setenv("CHAT_URL", f"json://127.0.0.1:{port}/?rto=60&cto=60")
        hanging.setenv("HEARTBEAT_URL", f"http://127.0.0.1:{port}/hush")
        began = time.monotonic()
        summary = run(Cadence.HOURLY, catalog)
        assert time.monotonic() - began < 25
    assert summary.bundle is not None
    (untold,) = standing(Settings(catalog=catalog)).untold
    assert (untold.sink, untold.messages) == ("chat", 1)
    assert untold.failure == "it took longer than its time limit: 2 s"
    shown = CliRunner().invoke(app, ["status", "--catalog", str(catalog)])
    assert "untold: chat: 1 message since 2026-11-22T14:07:00Z: it took longer" in shown.stdout
    clock.now += timedelta(hours=1)
    run(Cadence.HOURLY, catalog)
    assert [[line.split(":")[0] for line in message.splitlines()] for message in messages(chat)] == [
        ["ERROR the heartbeat of hourly", "MISSING report"],
        ["resolved"],
    ]
    assert standing(Settings(catalog=catalog)).untold == ()


def test_a_run_that_could_not_seal_is_told_and_gives_no_sign_of_life(
    run: Run, catalog: Path, clock: Clock, chat: Receiver, mend: Callable[[], None], monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise SealError("no room")

    mend()
    with monkeypatch.context() as broken:
        broken.setattr(BundleWriter, "seal", refuse)
        with pytest.raises(SealError, match="no room"):
            run(Cadence.HOURLY, catalog)
    assert messages(chat) == ["ERROR the run of hourly: no room, since 2026-11-22 14:07 UTC"]
    assert "/beat/hush" not in chat.paths
    clock.now += timedelta(hours=1)
    run(Cadence.HOURLY, catalog)
    assert messages(chat)[1].startswith("resolved: the run of hourly is PASS")
    assert "/beat/hush" in chat.paths


def test_a_store_that_cannot_be_told_from_fails_no_run_that_has_sealed(
    run: Run, catalog: Path, clock: Clock, chat: Receiver, monkeypatch: pytest.MonkeyPatch
):
    from checks.errors import StoreError
    from tasks.store.tellings import Tellings

    def refuse(*_: object) -> None:
        raise StoreError("the store is gone")

    monkeypatch.setattr(Tellings, "decide", refuse)
    assert run(Cadence.HOURLY, catalog).bundle is not None
    assert messages(chat) == []


def test_a_heartbeat_that_is_refused_is_told_and_fails_no_run(
    run: Run, catalog: Path, clock: Clock, chat: Receiver, mend: Callable[[], None], monkeypatch: pytest.MonkeyPatch
):
    mend()
    monkeypatch.setenv("HEARTBEAT_URL", "http://127.0.0.1:9/hush")
    assert run(Cadence.HOURLY, catalog).bundle is not None
    assert messages(chat) == [
        "ERROR the heartbeat of hourly: it gave no answer: the connection was refused, since 2026-11-22 14:07 UTC"
    ]


def test_a_catalogue_that_tells_nobody_tells_nobody(run: Run, catalog: Path, clock: Clock, chat: Receiver, home: Path):
    catalog.write_text(catalog.read_text().partition("notify:")[0])
    run(Cadence.HOURLY, catalog)
    assert chat.paths == []
    with EvidenceStore.open(f"sqlite:///{home / 'readiness.db'}") as store:
        assert store.tellings.waiting() == []


def test_a_heartbeats_address_is_a_secret_like_a_sinks(catalog: Path):
    given = {"CHAT_URL": "json://127.0.0.1/chat-hush", "HEARTBEAT_URL": "https://hc.example/beat-hush"}
    redactor = redactor_for(wiring.load_catalog(catalog)[0], Sources({}), given)
    assert "hush" not in redactor.text("asked https://hc.example/beat-hush and json://127.0.0.1/chat-hush")
