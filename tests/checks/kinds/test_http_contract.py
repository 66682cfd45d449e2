"""What a catalogue may ask of an HTTP contract."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.kinds.http_answers import accepts
from checks.kinds.http_contract import HttpContractCheck

GET = {"call": "api:/a"}
POST = {"call": "api:/a", "method": "POST"}


def check(*steps: dict[str, Any], **more: Any) -> HttpContractCheck:
    return HttpContractCheck.model_validate({"steps": {f"step-{n}": s for n, s in enumerate(steps)}, **more})


def test_each_step_is_a_subject_and_sources_are_named_once():
    found = check(GET, {"read": "files:log"}, {"call": "web:/"}, GET)
    assert found.subjects == ("step-0", "step-1", "step-2", "step-3")
    assert found.sources == ("api", "files", "web")


@pytest.mark.parametrize(
    ("step", "changes"),
    [(GET, False), ({**GET, "method": "HEAD"}, False), (POST, True), ({**GET, "burst": {"limit": 3}}, True)],
)
def test_what_writes_or_keeps_others_out_counts_as_a_change(step: dict[str, Any], changes: bool):
    more = {"may_change": ["canary"]} if step.get("method") == "POST" else {}
    assert check(step, **more).changes is changes


def test_a_stranger_is_expected_to_be_refused_and_others_to_be_served():
    first, second, third = check(
        {**GET, "anonymous": True}, GET, {**GET, "anonymous": True, "expect": {"http": [200]}}
    ).steps.values()
    assert [step.statuses for step in (first, second, third)] == [(401, 403, 404), (200,), (200,)]


@pytest.mark.parametrize(
    ("expected", "status", "is_accepted"),
    [
        ((200,), 200, True),
        ((200,), 204, False),
        (("4xx",), 404, True),
        (("4xx", 500), 500, True),
        (("2xx",), 302, False),
    ],
)
def test_a_status_is_one_of_those_or_of_their_class(expected: Any, status: int, is_accepted: object):
    assert accepts(expected, status) == is_accepted


@pytest.mark.parametrize(
    ("steps", "more", "said"),
    [
        ([], {}, "at least 1 item"),
        ([{}], {}, "does not say what to do"),
        ([{**GET, "call": "no-source"}], {}, "is no place"),
        ([POST], {}, "name in may_change what it may"),
        ([GET], {"may_change": ["canary"]}, "no step changes anything"),
        ([POST], {"may_change": ["*"]}, "should match pattern"),
        ([POST], {"may_change": ["a/b"]}, "should match pattern"),
        ([POST], {"may_change": ["ca*ry"]}, "should match pattern"),
        ([{**POST, "wait": "3s"}], {"may_change": ["canary"]}, "wait with a GET in a step of its own"),
        ([{**POST, "burst": {"limit": 3}}], {"may_change": ["canary"]}, "a burst is of requests that only read"),
        ([{**GET, "burst": {"limit": 0}}], {}, "greater than or equal to 1"),
        ([{**GET, "send": {}}], {}, "GET sends no body"),
        ([{"call": "api:/{run}"}, {**GET, "take": {"run": "id"}}], {}, "no step before it takes {run}"),
        ([{**GET, "expect": {"equals": {"a": ["{run}"]}}}], {}, "no step before it takes {run}"),
        ([{**GET, "take": {"nonce": "id"}}], {}, "{nonce} is always there"),
        ([{**GET, "take": {"Run": "id"}}], {}, "should match pattern"),
        ([{**GET, "headers": {"Authorization": "Bearer x"}}], {}, "belongs to the source"),
        ([{**GET, "headers": {"X-Api-Key": "x"}}], {}, "belongs to the source"),
        ([{**GET, "headers": {"X-A": "a\r\nX-B: b"}}], {}, "should match pattern"),
        ([{**GET, "expect": {"headers": {"Set-Cookie": "*"}}}], {}, "is not kept as evidence"),
        ([{**GET, "expect": {"http": []}}], {}, "at least 1 item"),
        ([{**GET, "expect": {"http": ["6xx"]}}], {}, "'1xx', '2xx', '3xx', '4xx' or '5xx'"),
        ([{**GET, "expect": {"shape": {"type": "objekt"}}}], {}, "no JSON Schema"),
        ([{**GET, "expect": {"shape": {"$ref": "http://x.test/s.json"}}}], {}, "a shape holds all that it needs"),
        ([{**GET, "expect": {"upgrades": True, "within": "1s"}}], {}, "keep upgrades alone"),
        ([{"read": "files:log", "contains": "{run}"}], {}, "no step before it takes {run}"),
        ([{"read": "files:log", "call": "api:/a"}], {}, "Extra inputs"),
    ],
)
def test_what_nobody_could_mean_is_refused(steps: list[dict[str, Any]], more: dict[str, Any], said: str):
    with pytest.raises(ValidationError) as refused:
        check(*steps, **more)
    assert said in str(refused.value)


def test_an_idempotency_key_is_no_credential():
    assert check({**POST, "headers": {"Idempotency-Key": "{nonce}"}}, may_change=["canary"]).changes
