"""A run killed while it tells people: the next one tells what is owed, and nobody again who is known to have it."""

import signal
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.conftest import wait_for
from tests.flows.forks import Run, Started, Step, ended
from tests.flows.homes import START, Home
from tests.tasks.notify.receiving import Receiver, receiver

pytestmark = pytest.mark.timeout(600)  # the first run of a worker waits for a server, and for imports

RECORDING = Step("tasks.store.tellings:Tellings", "record", "before")
LATER = timedelta(minutes=13)
"""Beyond a sink's time limit (a minute) and half a minute more: until then a run without an end may still be at it."""


@pytest.fixture
def telling(tmp_path: Path, prefect_environment: dict[str, str]) -> Callable[..., Home]:
    """An empty home whose runs tell some sinks."""

    def made(*sinks: str) -> Home:
        home = Home.new(tmp_path / "home", prefect_environment["PREFECT_API_URL"])
        named = "".join(f'    {sink}: {{apprise: "${{{sink.upper()}_URL}}"}}\n' for sink in sinks)
        with (home.folder / "readiness.yaml").open("a") as catalog:
            catalog.write(f"notify:\n  timeout: 60s\n  overall: 60s\n  default: {{sinks: [{', '.join(sinks)}]}}\n")
            catalog.write(f"  sinks:\n{named}")
        return home

    return made


def hourly(home: Home, after: timedelta, **ports: int) -> Run:
    """A run so long after the first, each of its sinks at a port."""
    run = home.hourly(START + after)
    urls = {f"{sink.upper()}_URL": f"json://127.0.0.1:{port}/?rto=120&cto=120" for sink, port in ports.items()}
    return replace(run, environment={**run.environment, **urls})


def told(sink: Receiver) -> int:
    """How often a sink was told that the report cannot be read."""
    return sum(line.startswith("ERROR report: ") for body in sink.bodies for line in body["message"].splitlines())


def attempts(home: Home) -> list[tuple[str, int, str | None]]:
    """To which sink, for the how manieth time and with what success the first run's messages were told."""
    asked = (
        "SELECT m.sink, d.attempt, d.accepted FROM messages m JOIN deliveries d ON d.message = m.id"
        " WHERE m.at = (SELECT min(at) FROM messages) ORDER BY m.sink, d.attempt"
    )
    with closing(sqlite3.connect(home.folder / "var" / "readiness.db")) as store:
        return store.execute(asked).fetchall()


def test_a_run_killed_while_a_sink_hangs_leaves_it_to_the_next_which_tells_once(telling: Callable[..., Home]):
    """The other sink had it, and hears it once; this one hears it once it is sure that nobody is at it any more."""
    home = telling("chat", "pager")
    with receiver() as chat, receiver() as pager:
        with socket.create_server(("127.0.0.1", 0)) as hanging:
            killed = Started(hourly(home, timedelta(), chat=chat.port, pager=hanging.getsockname()[1]))
            hanging.settimeout(300)
            asked, _ = hanging.accept()
            with asked:
                wait_for(lambda: attempts(home) == [("chat", 1, "yes"), ("pager", 1, None)], seconds=60)
                killed.kill()
                assert killed.ends().code == -signal.SIGKILL
        for after, times in ((timedelta(seconds=1), 0), (LATER, 1), (2 * LATER, 1)):
            found = ended(hourly(home, after, chat=chat.port, pager=pager.port))
            assert found.code == 0, found.said
            assert told(pager) == times
        assert told(chat) == 1
    assert attempts(home) == [("chat", 1, "yes"), ("pager", 1, None), ("pager", 2, "yes")]


def test_what_was_told_by_a_run_killed_before_it_could_note_so_is_told_a_second_time(telling: Callable[..., Home]):
    """Nobody can know better: at least once, and the record says that it may have been twice."""
    home = telling("chat")
    with receiver() as chat:
        assert ended(hourly(home, timedelta(), chat=chat.port), killed_at=RECORDING).code == -signal.SIGKILL
        assert told(chat) == 1
        for after in (LATER, 2 * LATER):
            assert ended(hourly(home, after, chat=chat.port)).code == 0
            assert told(chat) == 2
    assert attempts(home) == [("chat", 1, None), ("chat", 2, "yes")]
