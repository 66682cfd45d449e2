"""The HTTP contract collector against a service that keeps its contract and one that breaks it, judged as in a run."""

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from checks.errors import CollectionError
from checks.expectations.http_contract import HTTP_CONTRACT
from checks.kinds.http_contract import HttpContractCheck, HttpContractRow
from checks.outcome import Outcome
from tasks.collectors.http_words import no_leave
from tests.checks.expectations.judging import Example, verdicts
from tests.tasks.collectors.asking import closed_port, named
from tests.tasks.collectors.contract_service import LIMIT, SECRET, ContractService, collected
from tests.tasks.drills.site import until

PASS, FAIL, INCONCLUSIVE, ERROR = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.ERROR
ROUND_TRIP = {
    "read": {"call": "api:/v1/canary/config", "take": {"old": "$"}},
    "change": {"call": "api:/v1/canary/config", "method": "POST", "send": {"colour": "{nonce}"}},
    "changed": {"call": "api:/v1/canary/config", "expect": {"equals": {"colour": "{nonce}"}}},
    "restore": {"call": "api:/v1/canary/config", "method": "POST", "send": "{old}"},
    "restored": {"call": "api:/v1/canary/config", "expect": {"equals": {"$": "{old}"}}},
}


@pytest.fixture
async def service(tmp_path: Path) -> AsyncIterator[ContractService]:
    async with ContractService(tmp_path / "service.log") as running:
        yield running


async def rows(service: ContractService, steps: dict[str, Any], **check: Any) -> dict[str, HttpContractRow]:
    evidence = await collected(service, steps, **check)
    return {row.subject: HttpContractRow.model_validate(row.model_dump()) for row in evidence.rows}


async def judged(service: ContractService, steps: dict[str, Any], **check: Any) -> dict[str, dict[str, Outcome]]:
    """What each step comes to: the rules that were not met, each with its outcome."""
    evidence = await collected(service, steps, **check)
    model = named(HttpContractCheck.model_validate({"steps": steps, **check}))
    (found,) = verdicts(HTTP_CONTRACT, [Example(model, evidence.rows)])
    assert all(verdict.findings for verdict in found)
    return {
        verdict.subject: {f.expectation: f.outcome for f in verdict.findings if f.outcome is not PASS}
        for verdict in found
    }


TRACED = {
    "call": {
        "call": "api:/v1/runs",
        "headers": {"X-Trace-Id": "{nonce}"},
        "expect": {"headers": {"X-Trace-Id": "{nonce}"}},
    },
    "logged": {"read": "reports:service.log", "wait": "60ms", "poll": "20ms"},
}


async def test_a_nonce_comes_back_and_stands_in_the_log(service: ContractService):
    assert await judged(service, TRACED) == {"call": {}, "logged": {}}
    evidence = await collected(service, TRACED)
    assert json.loads(evidence.captures[-1].body)["path"] == "/v1/runs"


async def test_credentials_that_a_service_logs_are_not_kept(service: ContractService):
    evidence = await collected(service, TRACED)
    assert SECRET in service.log.read_text()
    assert SECRET not in repr(evidence)
    assert "‹a credential of this check›" in evidence.captures[-1].body.decode()


@pytest.mark.parametrize(("broken", "found"), [("echo", {"headers": FAIL}), ("log", {})])
async def test_an_echo_and_a_log_line_are_two_facts(service: ContractService, broken: str, found: dict[str, Outcome]):
    service.log.touch()
    service.broken = {broken}
    assert await judged(service, TRACED) == {"call": found, "logged": {"logged": FAIL}}


async def test_a_log_that_is_not_there_is_missing(service: ContractService):
    steps = {"logged": {"read": "reports:gone.log", "wait": "10ms"}}
    assert (await judged(service, steps))["logged"] == {"log-read": Outcome.MISSING, "logged": INCONCLUSIVE}


SECURE = {"safe": {"call": "api:/secure", "expect": {"secure": ["hsts", "nosniff", "frame", "csp", "referrer"]}}}


async def test_headers_that_protect_are_looked_at_one_by_one(service: ContractService):
    assert await judged(service, SECURE) == {"safe": {}}
    service.broken = {"headers"}
    assert await judged(service, SECURE) == {"safe": {"secure": FAIL}}
    cause = (await rows(service, SECURE))["safe"].secure_cause
    assert cause is not None
    assert len(cause.split("; ")) == 5


async def test_a_page_that_loads_over_plain_http_is_mixed(service: ContractService):
    steps = {"page": {"call": "api:/page", "expect": {"unmixed": True}}}
    assert await judged(service, steps) == {"page": {}}
    service.broken = {"page"}
    assert await judged(service, steps) == {"page": {"unmixed": FAIL}}
    assert (await rows(service, steps))["page"].plain_parts_named == "http://cdn.test/a.png, http://cdn.test/b.png"


async def test_what_is_no_page_says_nothing_of_mixed_content(service: ContractService):
    steps = {"page": {"call": "api:/v1/runs", "expect": {"unmixed": True}}}
    assert await judged(service, steps) == {"page": {"page": FAIL, "unmixed": INCONCLUSIVE}}


@pytest.mark.parametrize(
    ("url", "broken", "found"),
    [
        (None, "", {}),
        (None, "plain", {"upgraded": FAIL}),
        pytest.param(f"http://127.0.0.1:{closed_port()}", "", {}, id="refused"),
        ("http://name.invalid", "", {"plain-asked": INCONCLUSIVE, "upgraded": INCONCLUSIVE}),
    ],
)
async def test_a_plain_address_refuses_or_leads_to_tls(
    service: ContractService, url: str | None, broken: str, found: dict[str, Outcome], monkeypatch: pytest.MonkeyPatch
):
    service.broken = {broken}
    if url:
        monkeypatch.setattr(ContractService, "url", url)
    steps = {"plain": {"call": "api:/plain", "expect": {"upgrades": True}}}
    assert await judged(service, steps) == {"plain": found}


async def test_a_plain_address_that_answers_neither_refuses_nor_leads_away(service: ContractService):
    steps = {"plain": {"call": "api:/v1/runs", "expect": {"upgrades": True}}}
    assert await judged(service, steps) == {"plain": {"upgraded": FAIL}}


REFUSALS = {
    "stranger": {"call": "api:/private", "anonymous": True},
    "known": {"call": "api:/private", "expect": {"equals": {"tenants.1": "acme"}, "has": ["tenants"]}},
}


async def test_a_stranger_is_refused_where_a_known_caller_is_not(service: ContractService):
    assert await judged(service, REFUSALS) == {"stranger": {}, "known": {}}
    service.broken = {"open"}
    assert await judged(service, REFUSALS) == {"stranger": {"http": FAIL}, "known": {}}


async def test_an_unknown_parameter_is_refused(service: ContractService):
    steps = {"unknown": {"call": "api:/search?nonsense=1", "expect": {"http": ["4xx"]}}}
    assert await judged(service, steps) == {"unknown": {}}
    service.broken = {"lenient"}
    assert await judged(service, steps) == {"unknown": {"http": FAIL}}


TRIGGER = {
    "first": {"call": "api:/v1/runs/{nonce}", "method": "POST", "take": {"run": "id"}},
    "again": {"call": "api:/v1/runs/{nonce}", "method": "POST", "expect": {"equals": {"id": "{run}", "new": False}}},
}
RUNS = {"may_change": ["runs"]}


async def test_a_trigger_that_comes_twice_has_one_effect(service: ContractService):
    service.runs = ["earlier"]
    await judged(service, TRIGGER, **RUNS)
    assert len(service.runs) == 2
    service.broken = {"runs"}
    assert (await judged(service, TRIGGER, **RUNS))["again"] == {"fields": FAIL}
    assert len(service.runs) == 4


BURST = {"burst": {"call": "api:/limited", "poll": "50ms", "burst": {"limit": LIMIT, "over": 2, "recovers": "2s"}}}


async def test_a_burst_is_limited_and_the_service_recovers(service: ContractService):
    row = (await rows(service, BURST))["burst"]
    assert (row.sent, row.limited, row.http_status, row.recovered) == (LIMIT + 2, 2, 200, True)
    assert await judged(service, BURST) == {"burst": {}}


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ("unlimited", {"limited": FAIL, "retry-after": INCONCLUSIVE}),
        ("mute", {"retry-after": FAIL}),
        ("stuck", {"http": FAIL, "recovers": FAIL}),
    ],
)
async def test_each_way_of_limiting_badly_is_told(service: ContractService, broken: str, found: dict[str, Outcome]):
    service.broken = {broken}
    burst = {"burst": {**BURST["burst"], "burst": {"limit": LIMIT, "over": 2, "recovers": "1s"}}}
    assert await judged(service, burst) == {"burst": found}


LATER = {"later": {"call": "api:/later", "wait": "2s", "poll": "10ms", "expect": {"equals": {"status": "done"}}}}


async def test_an_effect_that_comes_later_is_waited_for(service: ContractService):
    service.waiting = 3
    row = (await rows(service, LATER))["later"]
    assert (row.attempts, row.fields_cause) == (4, None)
    assert await judged(service, LATER) == {"later": {}}


async def test_waiting_ends(service: ContractService):
    service.waiting = 1_000_000
    began = time.monotonic()
    assert await judged(service, {"later": {**LATER["later"], "wait": "100ms"}}) == {
        "later": {"in-time": FAIL, "fields": FAIL}
    }
    assert time.monotonic() - began < 5


async def test_a_round_trip_changes_and_restores(service: ContractService):
    assert await judged(service, ROUND_TRIP, may_change=["canary"]) == {name: {} for name in ROUND_TRIP}
    assert service.posted == ["canary", "canary"]
    assert service.config["canary"] == {"colour": "blue"}


async def test_a_change_that_has_no_effect_is_noticed(service: ContractService):
    service.broken = {"deaf"}
    found = await judged(service, ROUND_TRIP, may_change=["canary"])
    assert {name: each for name, each in found.items() if each} == {"changed": {"fields": FAIL}}


async def test_nothing_is_changed_that_could_not_be_put_back(service: ContractService):
    service.broken = {"config"}
    steps = {**ROUND_TRIP, "read": {"call": "api:/v1/canary/config", "take": {"old": "colour"}}}
    found = await judged(service, steps, may_change=["canary"])
    assert service.posted == []
    assert found["read"] == {"taken": FAIL}
    assert {found[name]["prepared"] for name in ("change", "restore", "restored")} == {INCONCLUSIVE}
    assert found["changed"] == {"fields": FAIL}


async def test_a_change_of_what_is_not_on_the_list_is_not_made(service: ContractService):
    steps = {"change": {"call": "api:/v1/acme/config", "method": "POST", "send": {"colour": "green"}}}
    found = await judged(service, steps, may_change=["canary", "test-*"])
    assert found["change"]["allowed"] is ERROR
    assert service.asked == []
    assert service.config["acme"] == {"colour": "red"}


async def test_an_answer_cannot_lead_a_change_to_what_is_not_on_the_list(service: ContractService):
    """The request names an allowed subject too, but the part that an answer decided is another."""
    service.runs = ["acme"]
    steps = {
        "which": {"call": "api:/v1/runs", "take": {"tenant": "runs.0"}},
        "change": {"call": "api:/v1/{tenant}/config", "method": "POST", "send": {"colour": "canary"}},
    }
    found = await judged(service, steps, may_change=["canary"])
    assert found["change"]["allowed"] is ERROR
    assert service.posted == []
    service.runs = ["canary"]
    assert await judged(service, steps, may_change=["canary"]) == {"which": {}, "change": {}}


@pytest.mark.parametrize(
    ("path", "sent", "values", "may_change", "leave"),
    [
        ("/v1/canary/delete", None, {}, ["canary"], True),
        ("/v1/canary-2/delete", None, {}, ["canary"], False),
        ("/v1/canary-2/delete", None, {}, ["canary-*"], True),
        ("/v1/canary-/delete", None, {}, ["canary-*"], False),
        ("/v1/delete?account=canary", None, {}, ["canary"], True),
        ("/v1/delete", {"of": [{"account": "canary"}]}, {}, ["canary"], True),
        ("/v1/delete", {"canary": 1}, {}, ["canary"], False),
        ("/v1/c%61nary/delete", None, {}, ["canary"], True),
        ("/v1/{a}/delete", None, {"a": "canary/../acme"}, ["canary"], False),
        ("/v1/{a}/canary", None, {"a": "acme"}, ["canary"], False),
        ("/v1/{a}/delete", None, {"a": 12345}, ["12345"], True),
    ],
)
def test_leave_is_given_for_whole_names_alone(path, sent, values, may_change, leave):
    assert (no_leave(path, sent, {"nonce": "n", **values}, may_change) is None) is leave


async def test_what_a_step_takes_from_a_header_goes_into_a_later_one(service: ContractService):
    steps = {
        "first": {"call": "api:/v1/runs", "take": {"next": "header X-Next"}},
        "second": {"call": "api:/v1/{next}/config", "expect": {"shape": {"required": ["colour"]}}},
    }
    assert await judged(service, steps) == {"first": {}, "second": {}}
    assert service.asked[-1] == "GET /v1/canary/config"


async def test_limits_and_shapes_of_a_body_are_told_apart(service: ContractService):
    expect = {"max": {"count": 0}, "min": {"count": 0, "runs": 1}, "shape": {"properties": {"runs": {"maxItems": 0}}}}
    steps = {"runs": {"call": "api:/v1/runs", "expect": expect}}
    service.runs = ["one"]
    row = (await rows(service, steps))["runs"]
    assert row.fields_cause == "count is 1, expected at most 0; runs is ['one'], expected at least 1"
    assert row.shape_cause == "runs: ['one'] is expected to be empty"
    assert await judged(service, steps) == {"runs": {"fields": FAIL, "shape": FAIL}}


async def test_a_body_that_is_no_json_decides_nothing_of_its_fields(service: ContractService):
    steps = {"page": {"call": "api:/page", "take": {"a": "b"}, "expect": {"has": ["a"], "shape": {"type": "object"}}}}
    assert await judged(service, steps) == {
        "page": {"body": FAIL, "fields": INCONCLUSIVE, "shape": INCONCLUSIVE, "taken": FAIL}
    }


async def test_a_refused_connection_is_an_observation(service: ContractService, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ContractService, "url", f"http://127.0.0.1:{closed_port()}")
    found = await judged(service, {"a": {"call": "api:/", "expect": {"headers": {"X-A": "*"}}}})
    assert found["a"]["answers"] is FAIL
    assert set(found["a"].values()) == {FAIL, INCONCLUSIVE}


async def test_a_step_needs_a_source_of_its_sort(service: ContractService):
    with pytest.raises(CollectionError, match=r"sources\.reports is no http source"):
        await collected(service, {"a": {"call": "reports:/x"}})


INTERRUPTED = """
import asyncio, json, sys, threading
from pathlib import Path
from tasks.drills.interruption import heeding_signals
from tests.tasks.collectors.contract_service import ContractService, collected

service = ContractService.__new__(ContractService)
service.log, service.port, service._tls = Path(sys.argv[1]), int(sys.argv[2]), None
with heeding_signals(lambda told: None):
    steps, may_change = json.loads(sys.argv[3])
    work = threading.Thread(target=lambda: asyncio.run(collected(service, steps, may_change=may_change)))
    work.start()
    work.join()
"""


async def test_an_interruption_ends_the_waiting_and_what_was_changed_is_put_back(service: ContractService):
    service.waiting = 1_000_000
    read, change, _, restore, restored = ROUND_TRIP
    steps = {name: ROUND_TRIP[name] for name in (read, change)}
    steps |= {"later": {**LATER["later"], "wait": "10m"}} | {name: ROUND_TRIP[name] for name in (restore, restored)}
    arguments = [str(service.log), str(service.port), json.dumps([steps, ["canary"]])]
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-c", INTERRUPTED, *arguments, cwd=Path(__file__).parents[3], stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await until(lambda: service.waiting < 999_990)
        assert service.config["canary"] != {"colour": "blue"}
        running.send_signal(signal.SIGINT)
        async with asyncio.timeout(20):
            assert await running.wait() != 0
    finally:
        if running.returncode is None:
            running.kill()
    assert service.config["canary"] == {"colour": "blue"}
    assert service.asked[-1] == "GET /v1/canary/config"
