"""Opening a store makes it, brings it up to date, or says in one line why not."""

import multiprocessing
import socket
from collections.abc import Callable
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url, text

from checks.errors import StoreError
from tasks.store.evidence_store import EvidenceStore
from tasks.store.schema import metadata
from tests.tasks.store.making import hour, past_the_store, record

ROUNDS = 3


def refusal(url: str) -> str:
    with pytest.raises(StoreError) as refused:
        EvidenceStore.open(url)
    return str(refused.value)


def open_in_step(urls: list[str], together: Barrier) -> None:
    for url in urls:
        together.wait(60)
        with EvidenceStore.open(url) as store:
            store.recorded(hour())


def test_processes_that_open_a_new_store_at_once_all_succeed(new_url: Callable[[], str]):
    urls = [new_url() for _ in range(ROUNDS)]
    spawning = multiprocessing.get_context("spawn")
    together = spawning.Barrier(3)
    processes = [spawning.Process(target=open_in_step, args=(urls, together)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0, 0]


def test_a_store_opened_again_holds_what_it_held(url: str):
    with EvidenceStore.open(url) as store:
        record(store, hour())
    with EvidenceStore.open(url) as store:
        assert store.recorded(hour())


def test_the_migrations_lead_to_the_schema(store: EvidenceStore, url: str):
    with past_the_store(url) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_store_of_a_newer_version_is_refused(store: EvidenceStore, url: str):
    with past_the_store(url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    message = refusal(url)
    assert "a newer Readiness Evidence wrote it (schema 9999" in message
    assert "\n" not in message


def test_a_server_that_nobody_runs_is_named_without_its_password():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    message = refusal(f"postgresql://desk:s3cret@127.0.0.1:{port}/evidence?application_name=hidden")
    assert message.startswith(f"evidence store postgresql://127.0.0.1:{port}/evidence: ")
    assert message.endswith("check that the server runs and that the user may write to the database")
    assert "s3cret" not in message
    assert "hidden" not in message
    assert "\n" not in message


def test_a_database_that_does_not_exist_is_named(postgresql: str):
    elsewhere = make_url(postgresql).set(database="no_such_store").render_as_string(hide_password=False)
    assert 'database "no_such_store" does not exist' in refusal(elsewhere)


def test_a_read_only_server_is_refused(url: str, engine_name: str):
    if engine_name == "sqlite":
        return  # its way of being read-only comes next
    EvidenceStore.open(url).close()
    message = refusal(f"{url}?options=-c%20default_transaction_read_only%3Don")
    assert "in a read-only transaction; check that the server runs and that the user may write" in message


def test_a_read_only_file_is_refused(tmp_path: Path):
    file = tmp_path / "readiness.db"
    EvidenceStore.open(f"sqlite:///{file}").close()
    message = refusal(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert "readonly database" in message
    assert "can be written" in message


@pytest.mark.parametrize("taken_by", ["file", "folder", "text"])
def test_a_place_that_cannot_hold_a_store_is_refused(tmp_path: Path, taken_by: str):
    in_the_way = tmp_path / "taken"
    if taken_by == "folder":
        in_the_way.mkdir()
    else:
        in_the_way.write_text("this is no database " * 100)
    place = in_the_way / "readiness.db" if taken_by == "file" else in_the_way
    message = refusal(f"sqlite:///{place}")
    assert message.startswith(f"evidence store {place}: ")
    assert "\n" not in message


@pytest.mark.parametrize(
    "address",
    [
        "",
        "readiness.db",
        "mysql://desk:s3cret@host/x",
        "postgresql://desk:s3cret@host:port/x",
        "postgresql://a:s3c@ret:x@h/d",
        "postgresql://a:b@s3cret@h/d",
    ],
)
def test_an_address_of_another_kind_is_refused_without_quoting_it(address: str):
    message = refusal(address)
    assert "write sqlite:///var/readiness.db" in message
    assert "s3c" not in message


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_evidence_in_memory_is_refused(address: str):
    assert "evidence in memory is lost" in refusal(address)


def test_a_new_file_is_its_owners_alone_and_keeps_a_write_ahead_log(tmp_path: Path):
    file = tmp_path / "var" / "evidence" / "readiness.db"
    with EvidenceStore.open(f"sqlite:///{file}"), past_the_store(f"sqlite:///{file}") as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 30_000
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


def test_a_server_that_goes_away_is_one_clear_line(url: str):
    store = EvidenceStore.open(url)
    with past_the_store(url) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TABLE verdicts"))
        else:
            connection.execute(text("DROP TABLE verdicts CASCADE"))
    with pytest.raises(StoreError, match=r"^evidence store .*verdicts.*check that"):
        store.verdicts(hour())
    store.close()
