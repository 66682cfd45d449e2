"""Each switch breaks what it names and nothing else, and off restores the good state exactly."""

import hashlib
import json
import secrets
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import numpy as np
import psycopg
import pytest
from redis import Redis

from examples.sandbox.errors import SandboxError
from examples.sandbox.folder import Folder
from examples.sandbox.reports import REPORTS
from examples.sandbox.switches import SWITCHES
from examples.sandbox.system import Sandbox

GOOD = {
    "service": "listens",
    "health code": 200,
    "health status": "pass",
    "health is prompt": True,
    "metrics as text": "whole",
    "metrics as json": "whole",
    "headers protect": True,
    "a stranger is answered": 401,
    "an hour is run again": False,
    "page loads over plain http": False,
    "quotes are limited": True,
    "reconciliation": "fresh",
    "parity": "fresh",
    "portfolio_risk": "fresh",
    "event_store": "fresh",
    "events without entry": 0,
    "shadows that differ": 0,
    "usage is unique": True,
    "days of usage": 45,
    "the jobs' log holds a key": False,
    "events are as they were": True,
    "the cache keeps a file": True,
    "archive holds": [
        *("account_events", "accounts", "alerts", "entries", "heartbeat", "notes"),
        *("shadow_entries", "slot_runs", "tenant_config", "usage", "usage_totals"),
    ],
    "checksum agrees": True,
    "spoiled files": [],
    "remembered": {"slow": False, "failing": False, "down for hours": False, "quiet": False, "whole": True},
    "alerts fire": 0,
    "an alert arrives": True,
}
REMEMBERED = GOOD["remembered"]


@dataclass(frozen=True, slots=True)
class Stranger:
    """Looks at the sandbox as the product would: over HTTP, SQL and files."""

    environment: dict[str, str]

    @property
    def folder(self) -> Folder:
        return Folder(Path(self.environment["SANDBOX_FOLDER"]))

    def facts(self) -> dict[str, object]:
        """What a check could see of the system now."""
        with Redis.from_url(self.environment["SANDBOX_CACHE_URL"]) as cache:
            kept = {"the cache keeps a file": cache.info("persistence")["aof_enabled"] == 1}
        own = {**self.team(), **self.monitoring()}
        return {**kept, **self.http(), **self.reports(), **self.data(), **self.archive(), **own}

    def http(self) -> dict[str, object]:
        with httpx.Client(base_url=self.environment["SANDBOX_URL"], trust_env=False) as client:
            try:
                started = time.monotonic()
                health = client.get("/health")
                prompt = time.monotonic() - started < 1.5
                text, as_json = client.get("/metrics").text, client.get("/metrics?format=json").text
            except httpx.ConnectError:
                return {"service": "refuses"}
        return {
            "service": "listens",
            "health code": health.status_code,
            "health status": health.json()["status"],
            "health is prompt": prompt,
            "metrics as text": "whole" if "db_connections 1.0\n" in text else "cut",
            "metrics as json": "whole" if as_json.endswith("]}") else "cut",
            **self.operations(),
        }

    def operations(self) -> dict[str, object]:
        trigger = "/v1/billing/reconciliation/hourly-trigger"
        operator = {"Authorization": f"Bearer {self.environment['SANDBOX_OPERATOR_TOKEN']}"}
        with httpx.Client(base_url=self.environment["SANDBOX_URL"], trust_env=False) as client:
            runs = [client.post(trigger, headers=operator).json() for _ in range(2)]
            page, quotes = client.get("/"), [client.get("/v1/quotes").status_code for _ in range(21)]
            return {
                "headers protect": page.headers.get("x-frame-options") == "DENY",
                "a stranger is answered": client.get("/v1/operator/tenants").status_code,
                "an hour is run again": runs[0]["run"] != runs[1]["run"],
                "page loads over plain http": "http://" in page.text,
                "quotes are limited": 429 in quotes,
            }

    def reports(self) -> dict[str, object]:
        found = {}
        for name in REPORTS:
            report = json.loads((self.folder.reports / name / "latest.json").read_text())
            assert report["status"] == "pass"
            age = (datetime.now(UTC) - datetime.fromisoformat(report["generated_at"])).total_seconds()
            found[name] = "future" if age < -60 else "fresh" if age < 600 else "stale"
        return found

    def data(self) -> dict[str, object]:
        events = [json.loads(line) for line in self.folder.events.read_text().splitlines()]
        booked = {event["id"]: Decimal(event["amount"]) for event in events}
        differing = "select count(*) from (table entries except table shadow_entries) d"
        extra = "select count(*) from (table shadow_entries except table entries) d"
        with psycopg.connect(self.environment["SANDBOX_LEDGER_URL"]) as connection:
            kept = dict(connection.execute("select id, amount from entries").fetchall())
            shadows = connection.execute(f"select greatest(({differing}), ({extra}))").fetchone()
            keys = connection.execute("select 1 from pg_constraint where conname = 'usage_pkey'").fetchall()
            used = connection.execute("select count(*) from usage").fetchone()
        assert kept.items() <= booked.items()
        whole = all(event["trace"] == f"trace-{event['id']}" for event in events)
        leak = "ghp_" in (self.folder.logs / "jobs.jsonl").read_text()
        return {
            "events without entry": len(booked.keys() - kept.keys()),
            "shadows that differ": shadows[0],
            "usage is unique": bool(keys),
            "days of usage": used[0],
            "the jobs' log holds a key": leak,
            "events are as they were": whole,
        }

    def archive(self) -> dict[str, object]:
        path = next(self.folder.backups.glob("*.dump"))
        restored = subprocess.run(
            [Path(self.environment["SANDBOX_POSTGRES_BIN"]) / "pg_restore", "--file=-", path],
            capture_output=True,
            text=True,
            check=False,
        )
        tables = [line.split()[1] for line in restored.stdout.splitlines() if line.startswith("COPY ")]
        holds = sorted(table.removeprefix("public.") for table in tables) if restored.returncode == 0 else "unreadable"
        digest = path.with_name(f"{path.name}.sha256").read_text().split()[0]
        agrees = digest == hashlib.sha256(path.read_bytes()).hexdigest()
        return {"archive holds": holds, "checksum agrees": agrees}

    def team(self) -> dict[str, object]:
        """The files of the team that are not as they were written; the sandbox keeps what it spoils."""
        kept = self.folder.kept / "team"
        names = [path.relative_to(kept).as_posix() for path in kept.rglob("*") if path.is_file()]
        return {"spoiled files": [name for name in sorted(names) if self._is_spoiled(name)]}

    def monitoring(self) -> dict[str, object]:
        """What the monitoring remembers of a month, and what becomes of an alert."""
        url, nonce = self.environment["SANDBOX_METRICS_URL"], secrets.token_hex(8)
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
            bucket, requests = "http_request_duration_seconds_bucket", "http_requests_total"
            fast, every = (self._counted(client, bucket, f'le="{bound}"') for bound in ("1", "+Inf"))
            failed, fine = (self._counted(client, requests, f'code="{code}"') for code in ("503", "200"))
            probes = self._values(client, "probe_success{}")
            ingests = self._values(client, "ingest_latency_seconds_count{}")
            rules = client.get("/api/v1/rules").json()["data"]["groups"][0]["rules"]
            accepted = client.post("/api/v2/alerts", json=[{"labels": {"nonce": nonce}}]).status_code
            arrived = nonce in client.get("/received").text
        assert accepted == 200
        rests = int((np.diff(ingests[0]) == 0).sum())
        return {
            "remembered": {
                "slow": fast / every < 0.95,
                "failing": failed / fine > 0.02,
                "down for hours": int((probes[0] == 0).sum()) > 60,
                "quiet": rests > 60,
                "whole": len(probes[0]) > 30 * 1_430,
            },
            "alerts fire": sum(rule["state"] == "firing" for rule in rules),
            "an alert arrives": arrived,
        }

    @staticmethod
    def _values(client: httpx.Client, selector: str) -> list[np.ndarray]:
        """Every sample of a month."""
        asked = {"query": f"{selector}[2592000000ms]", "time": str(int(time.time()))}
        return _series(client.get("/api/v1/query", params=asked))

    @staticmethod
    def _counted(client: httpx.Client, name: str, label: str) -> float:
        """How much one tenant's counter went up in all, with resets; the sandbox treats its tenants alike.

        A sample every ten minutes shows it, and is read in a tenth of the time.
        """
        now = int(time.time())
        asked = {"start": str(now - 2_592_000), "end": str(now), "step": "600"}
        query = f'last_over_time({name}{{tenant="aurora",{label}}}[600000ms])'
        (values,) = _series(client.get("/api/v1/query_range", params={**asked, "query": query}))
        return float(np.where(np.diff(values) < 0, values[1:], np.diff(values)).sum())

    def _is_spoiled(self, name: str) -> bool:
        path = self.folder.team / name
        return not path.exists() or path.read_bytes() != (self.folder.kept / "team" / name).read_bytes()

    def content(self) -> dict[str, object]:
        """The lasting content, exactly: every row and every byte that a switch could have touched."""
        whole = "select md5(string_agg(t::text, '|' order by id)) from {} t"
        with psycopg.connect(self.environment["SANDBOX_LEDGER_URL"]) as connection:
            tables = [connection.execute(whole.format(table)).fetchone() for table in ("entries", "shadow_entries")]
        files = sorted(path for path in self.folder.backups.iterdir())
        backups = [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in files]
        team = [(path, path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(self.folder.team.rglob("*.*"))]
        return {"tables": tables, "backups": backups, "events": self.folder.events.read_bytes(), "team": team}


def _series(answer: httpx.Response) -> list[np.ndarray]:
    """The values of each series that was found."""
    found = answer.json()["data"]["result"]
    return [np.array([value for _, value in series["values"]], dtype=float) for series in found]


@pytest.fixture
def stranger(breakable: Sandbox) -> Stranger:
    return Stranger(breakable.environment)


def changed(facts: dict[str, object]) -> dict[str, object]:
    return {name: facts.get(name) for name in GOOD if facts.get(name) != GOOD[name]}


def test_the_good_state_is_good(stranger):
    assert stranger.facts() == GOOD


UNSEEN = [
    *("health code", "health status", "health is prompt", "metrics as text", "metrics as json", "headers protect"),
    *("a stranger is answered", "an hour is run again", "page loads over plain http", "quotes are limited"),
]
BROKEN = {
    "down": {"service": "refuses", **dict.fromkeys(UNSEEN)},
    "slow": {"health is prompt": False},
    "failing-body": {"health status": "fail"},
    "stale-report": {"reconciliation": "stale"},
    "future-report": {"parity": "future"},
    "truncated-metrics": {"metrics as text": "cut", "metrics as json": "cut"},
    "missing-ledger-rows": {"events without entry": 10},
    "changed-shadow-rows": {"shadows that differ": 5},
    "truncated-backup": {"archive holds": "unreadable", "checksum agrees": False},
    "wrong-database-backup": {"archive holds": ["items"]},
    "empty-backup": {"archive holds": "unreadable"},
    "broken-link": {"spoiled files": ["docs/runbooks.md"]},
    "old-review": {"spoiled files": ["docs/slo.md"]},
    "failing-test": {"spoiled files": ["ci/junit-acceptance.xml"]},
    "old-build": {"spoiled files": ["ci/junit-integration.xml"]},
    "vulnerable-package": {"spoiled files": ["ci/pip-audit.json"]},
    "empty-audit": {"spoiled files": ["ci/pip-audit.json"]},
    "drifted-bill": {"spoiled files": ["ci/bom.cdx.json"]},
    "old-secret": {"spoiled files": ["secrets/register.yaml"]},
    "exposed-secret": {"spoiled files": ["config/service.yaml"]},
    "drifted-configuration": {"spoiled files": ["config/service.yaml"]},
    "open-socket": {"spoiled files": ["host/listening.txt"]},
    "forged-notes": {"spoiled files": ["release/notes.md"]},
    "untagged-release": {"spoiled files": ["release/tags.txt"]},
    "missing-headers": {"headers protect": False},
    "open-doors": {"a stranger is answered": 200},
    "double-trigger": {"an hour is run again": True},
    "mixed-content": {"page loads over plain http": True},
    "unlimited": {"quotes are limited": False},
    "missing-constraint": {"usage is unique": False},
    "forgotten-usage": {"days of usage": 44},
    "leaky-log": {"the jobs' log holds a key": True},
    "tampered-event": {"events are as they were": False},
    "moving-tag": {"spoiled files": ["containers/inspect.json"]},
    "borrowed-health": {"spoiled files": ["containers/inspect.json"]},
    "forgetful-cache": {"the cache keeps a file": False},
    "slow-days": {"remembered": {**REMEMBERED, "slow": True}},
    "failing-days": {"remembered": {**REMEMBERED, "failing": True}},
    "outage": {"remembered": {**REMEMBERED, "down for hours": True}},
    "quiet-day": {"remembered": {**REMEMBERED, "quiet": True}},
    "unscraped-days": {"remembered": {**REMEMBERED, "whole": False}},
    "firing-alert": {"alerts fire": 1},
    "deaf-receiver": {"an alert arrives": False},
}


def test_every_switch_is_tested():
    assert BROKEN.keys() == SWITCHES.keys()


@pytest.mark.parametrize("names", [tuple(BROKEN)[first::4] for first in range(4)], ids=lambda names: names[0])
def test_a_switch_breaks_what_it_names_and_off_restores_it_exactly(breakable, stranger, names):
    """One after the other: what the one before had left would stand among the next one's facts."""
    content = stranger.content()
    for name in names:
        breakable.switch(name, on=True)
        assert (name, changed(stranger.facts())) == (name, BROKEN[name])
        breakable.switch(name, on=False)
        assert (name, stranger.content()) == (name, content)
    assert stranger.facts() == GOOD


def test_a_neglected_report_stays_neglected_while_the_others_are_refreshed(breakable, stranger):
    breakable.switch("stale-report", on=True)

    def dates() -> dict[str, str]:
        paths = {name: stranger.folder.reports / name / "latest.json" for name in REPORTS}
        return {name: json.loads(path.read_text())["generated_at"] for name, path in paths.items()}

    before = dates()
    deadline = time.monotonic() + 10
    while (same := dates().items() & before.items()) and len(same) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert same == {("reconciliation", before["reconciliation"])}


def test_turning_a_switch_twice_is_turning_it_once(breakable, stranger):
    for _ in range(2):
        breakable.switch("missing-ledger-rows", on=True)
    for _ in range(2):
        breakable.switch("missing-ledger-rows", on=False)
    assert stranger.facts() == GOOD


def test_what_is_broken_already_cannot_be_broken_another_way(breakable, stranger):
    breakable.switch("truncated-backup", on=True)
    with pytest.raises(SandboxError, match="truncated-backup is on and breaks the same thing"):
        breakable.switch("empty-backup", on=True)
    assert [name for name, on in breakable.switches().items() if on] == ["truncated-backup"]


def test_mending_restores_everything_at_once(breakable, stranger):
    breakable.deploy("v0.1.0")
    for name in ("down", "future-report", "missing-ledger-rows", "changed-shadow-rows", "empty-backup"):
        breakable.switch(name, on=True)
    breakable.mend()
    assert stranger.facts() == GOOD
    assert not any(breakable.switches().values())
    answer = httpx.get(f"{breakable.environment['SANDBOX_URL']}/version", trust_env=False)
    assert answer.json()["version"] == "v0.2.0"


def test_an_unknown_switch_is_refused_with_the_known_ones(breakable):
    with pytest.raises(SandboxError, match="no such switch; there are down, slow"):
        breakable.switch("dwon", on=True)
