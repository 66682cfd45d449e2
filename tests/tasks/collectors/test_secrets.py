"""The secrets collector: registers of every sad kind, and files that give something away; no secret gets out."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.evidence.records import Evidence
from checks.kinds.secrets import SecretsCheck, SecretsRow
from tasks.collectors.secrets import SecretsCollector
from tests.hostile_server import HostileServer
from tests.tasks.collectors.asking import named, now, sources

TOKEN = "ghp_" + "a1B2" * 9
REGISTER = """
secrets:
  - {name: WEBHOOK_SECRET, rotated_at: 2026-11-01, owner: Desk Ops, vault: "vault:kv/webhook"}
  - {name: API_TOKEN, rotated_at: 2026-10-01T12:00:00Z, owner: "", vault: null}
  - {name: OLD_KEY, rotated_at: some day}
"""


async def collect(folder: Path, *, url: str = "http://127.0.0.1:9", **given: Any) -> Evidence:
    collector = SecretsCollector(sources(url, folder), now)
    try:
        return await collector.collect(named(SecretsCheck.model_validate(given)))
    finally:
        await collector.aclose()


async def row(folder: Path, **given: Any) -> SecretsRow:
    found = (await collect(folder, **given)).rows[0]
    assert isinstance(found, SecretsRow)
    return found


async def test_each_entry_of_a_register_is_read(tmp_path: Path):
    (tmp_path / "secrets.yaml").write_text(REGISTER)
    found = await row(tmp_path, register="reports:secrets.yaml")
    assert found.entries is not None
    assert [one.rotated_at for one in found.entries] == [
        datetime(2026, 11, 1, tzinfo=UTC),
        datetime(2026, 10, 1, 12, tzinfo=UTC),
        None,
    ]
    assert [(one.owner, one.vault) for one in found.entries] == [
        ("Desk Ops", "vault:kv/webhook"),
        (None, None),
        (None, None),
    ]


async def test_json_is_a_register_too(tmp_path: Path):
    (tmp_path / "secrets.json").write_text('[{"name": "A", "rotated_at": "2026-11-01"}]')
    found = await row(tmp_path, register="reports:secrets.json")
    assert found.entries is not None
    assert found.entries[0].name == "A"


async def test_a_secret_that_somebody_put_into_the_register_gets_no_further(tmp_path: Path):
    (tmp_path / "secrets.yaml").write_text(f"- {{name: A, value: {TOKEN}, vault: 'token {TOKEN}'}}\n")
    assert TOKEN not in repr(await collect(tmp_path, register="reports:secrets.yaml"))


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "is no list of secrets"),
        ("a: [", "is neither YAML nor JSON"),
        ("secrets: 3", "is no list of secrets"),
        ("- {rotated_at: 2026-11-01}", "has an entry without a name"),
    ],
)
async def test_what_is_no_register_says_why(tmp_path: Path, text: str, because: str):
    (tmp_path / "secrets.yaml").write_text(text)
    found = await row(tmp_path, register="reports:secrets.yaml")
    assert because in str(found.unreadable)
    assert found.entries is None


async def test_a_register_that_is_not_there_is_an_observation(tmp_path: Path):
    assert (await row(tmp_path, register="reports:secrets.yaml")).missing == "does not exist"


async def test_what_stands_in_the_open_is_told_by_file_line_and_form_and_never_kept(tmp_path: Path):
    (tmp_path / "a.yaml").write_text(f"service:\n  token: {TOKEN}\n")
    (tmp_path / "b.env").write_text("DATABASE=postgresql://app:s3cretpass@db/ledger\nTIMEOUT=5\n")
    (tmp_path / "c.yaml").write_text("timeout: 5\n")
    evidence = await collect(tmp_path, scan=["reports:*"])
    (found,) = evidence.rows
    assert isinstance(found, SecretsRow)
    assert (found.files, found.exposures) == (3, 2)
    assert found.exposed == ("a.yaml line 2: GitHub token", "b.env line 1: password in an address")
    assert TOKEN not in repr(evidence)
    assert "s3cretpass" not in repr(evidence)


async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path):
    (tmp_path / "a.yaml").write_text("x")
    (tmp_path / "big.yaml").write_bytes(b"a" * 200_001)
    found = await row(tmp_path, scan=["reports:*.yaml"])
    assert (found.files, found.unscanned) == (1, ("big.yaml is larger than 200000 bytes",))


@pytest.mark.timeout(10)
async def test_a_pipe_is_not_waited_for(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    assert (await row(tmp_path, scan=["reports:pipe"])).unscanned == ("pipe is no regular file",)


async def test_a_scan_of_nothing_found_nothing(tmp_path: Path):
    assert (await row(tmp_path, scan=["reports:*.yaml"])).missing is not None


async def test_a_page_is_scanned_over_http(server: HostileServer, tmp_path: Path):
    server.put("/config", f'{{"token": "{TOKEN}"}}')
    found = await row(tmp_path, url=server.url, scan=["api:/config"])
    assert found.exposures == 1


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({}, "name a register"),
        ({"scan": ["a:b"], "names": ["X"]}, "names are looked for in a register"),
        ({"scan": ["a:b", "a:b"]}, "more than once"),
        ({"register": "a:b", "expect": {"max_age": "90d", "warn_at": "90d"}}, "nothing to warn of"),
    ],
)
def test_what_nobody_could_mean_is_refused(given: dict[str, Any], because: str):
    with pytest.raises(ValidationError, match=because):
        SecretsCheck.model_validate(given)
