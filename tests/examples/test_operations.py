"""The endpoints for operators: behind their doors, done once, on record."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from examples.sandbox.folder import Folder
from examples.sandbox.protection import Limiter
from examples.sandbox.system import Sandbox

BILLING = "/v1/billing/reconciliation"
Client = Callable[..., httpx.Client]


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[Client]:
    """A client for a role, or for a stranger."""
    opened: list[httpx.Client] = []

    def of(role: str | None = "operator") -> httpx.Client:
        token = sandbox.environment[f"SANDBOX_{role.upper()}_TOKEN"] if role else "nobody's"
        headers = {"Authorization": f"Bearer {token}"}
        opened.append(httpx.Client(base_url=sandbox.environment["SANDBOX_URL"], headers=headers, trust_env=False))
        return opened[-1]

    yield of
    for each in opened:
        each.close()


@pytest.mark.parametrize(("role", "runs", "reports"), [("operator", 200, 200), ("viewer", 403, 200), (None, 401, 401)])
def test_each_role_may_do_its_own_and_every_decision_is_on_record(sandbox, client, role, runs, reports):
    with client(role) as asking:
        codes = asking.post("/v1/actions/run").status_code, asking.get("/v1/actions/report").status_code
    assert codes == (runs, reports)
    log = Folder(Path(sandbox.environment["SANDBOX_FOLDER"])).logs / "auth.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()][-2:]
    assert [line["decision"] for line in lines] == ["denied" if code > 200 else "allowed" for code in codes]
    assert {line["role"] for line in lines} == {role or "stranger"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{BILLING}/hourly-trigger"),
        ("GET", f"{BILLING}/runs"),
        ("POST", f"{BILLING}/alerts/deliver"),
        ("GET", f"{BILLING}/alerts"),
        ("GET", "/v1/billing/accounts/aurora/traceability"),
        ("GET", "/v1/accounts/synthetic-a/data-map"),
        ("PUT", "/v1/accounts/synthetic-a"),
        ("POST", "/v1/accounts/synthetic-a/delete"),
        ("GET", "/v1/accounts/synthetic-a/audit"),
        ("GET", "/v1/operator/tenants"),
        ("POST", "/v1/operator/tenants/canary/config"),
    ],
)
def test_strangers_and_viewers_stay_outside(client, method, path):
    assert [client(role).request(method, path).status_code for role in (None, "viewer")] == [401, 403]


def test_an_hour_is_run_once_and_its_alert_is_delivered(client):
    asking, slot = client(), {"slot": "2026-11-22T14:00Z"}
    first, again = (asking.post(f"{BILLING}/hourly-trigger", json=slot).json() for _ in range(2))
    assert (first["effective"], again["effective"]) == (True, False)
    assert first["run"] == again["run"]
    assert asking.get(f"{BILLING}/alerts").json()["undelivered"] >= 1
    assert asking.post(f"{BILLING}/alerts/deliver").json()["delivered"] >= 1
    alerts = asking.get(f"{BILLING}/alerts").json()
    assert alerts["undelivered"] == 0
    assert next(alert for alert in alerts["alerts"] if alert["run"] == first["run"])["receipt"]


def test_an_hour_that_is_run_late_does_not_stand_before_this_one(client):
    asking = client()
    now, late = ({}, {"slot": "2026-11-21T09:00Z"})
    runs = [asking.post(f"{BILLING}/hourly-trigger", json=slot).json()["run"] for slot in (now, late)]
    alerts = asking.get(f"{BILLING}/alerts").json()["alerts"]
    assert alerts[0]["run"] == runs[0]
    assert runs[1] in {alert["run"] for alert in alerts}


@pytest.mark.parametrize("slot", ["2026-11-22T14:05Z", "2026-11-22T14:00", "noon"])
def test_what_is_no_hour_is_refused(client, slot):
    assert client().post(f"{BILLING}/hourly-trigger", json={"slot": slot}).status_code == 400


def test_a_deleted_account_is_gone_and_the_audit_says_so(client):
    asking, account = client(), "/v1/accounts/synthetic-b"
    assert asking.get(f"{account}/data-map").status_code == 404
    assert asking.put("/v1/accounts/real-customer").status_code == 403
    assert asking.put(account).status_code == 201
    assert asking.get(f"{account}/login").status_code == 200
    assert asking.get(f"{account}/data-map").json()["records"] == 3
    assert asking.post(f"{account}/delete").status_code == 200
    assert asking.post(f"{account}/delete").status_code == 404
    assert asking.get(f"{account}/login").status_code == 403
    assert asking.get(f"{account}/data-map").json()["records"] == 0
    events: list[dict[str, Any]] = asking.get(f"{account}/audit").json()["events"]
    assert [event["action"] for event in events] == ["opened", "data map read", "deleted", "data map read"]
    assert events == sorted(events, key=lambda event: event["seq"])


def test_a_configuration_is_kept(client):
    path = "/v1/operator/tenants/canary/config"
    assert client().post(path, json={"colour": "blue"}).json()["config"] == {"colour": "blue"}
    assert client().get(path).json()["config"] == {"colour": "blue"}
    assert client().get("/v1/operator/tenants/nobody/config").status_code == 404


def test_an_invoice_can_be_traced_to_its_events(client):
    found = client().get("/v1/billing/accounts/borealis/traceability").json()
    assert found["lines"] == found["events"] > 1000
    assert found["unmatched"] == 0
    assert found["invoiced"] == found["used"]


def test_a_limiter_lets_so_many_through_in_any_window(monkeypatch: pytest.MonkeyPatch):
    clock = [0.0]
    monkeypatch.setattr("examples.sandbox.protection.time.monotonic", lambda: clock[0])
    limiter = Limiter(2, 10)
    assert [limiter.wait(), limiter.wait()] == [None, None]
    clock[0] = 4
    assert limiter.wait() == 6
    clock[0] = 10
    assert limiter.wait() is None
