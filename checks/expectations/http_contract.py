"""What is expected of an HTTP contract: every step was made, was answered, and its answer shows what it must."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToBeInSet

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, is_good, is_true
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.http_answers import Answer, accepts
from checks.kinds.http_contract import HttpContractCheck, HttpContractRow
from checks.kinds.http_steps import CallStep
from checks.outcome import Outcome

_REDIRECTS = (301, 302, 303, 307, 308)
_ASKED = (
    *("asks_answer", "answer", "http_expected", "http_good", "within", "wait", "came_in_time", "headers_expected"),
    *("headers_good", "secure_expected", "secure_good", "asks_body", "body_good", "fields_expected", "fields_good"),
    *("asks_shape", "shape_good", "asks_taken", "taken_good", "certificate_for", "certificate_seconds", "asks_page"),
    *("page_good", "asks_plain", "plain_good", "upgraded", "upgrade_shown", "burst_limit", "others_good"),
    *("retry_after_good", "recovers", "came_back", "asks_log", "log_good", "is_logged"),
)


def _columns(check: HttpContractCheck, row: HttpContractRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; what is null there is not asked of the step."""
    made: dict[str, Scalar] = {"preparation": row.unprepared or GOOD, "leave": row.no_leave or GOOD}
    step = check.call(row.subject)
    if step is None:
        return {
            **dict.fromkeys(_ASKED),
            **made,
            "asks_log": True,
            "log_good": row.log_cause or GOOD,
            "is_logged": row.found is not None,
        }
    if step.expect.upgrades:
        return {**dict.fromkeys(_ASKED), **made, **_upgrade(row)}
    return {
        **dict.fromkeys(_ASKED),
        **made,
        **_answer(step, row, occasion),
        **_body(step.expect, row),
        **_burst(step, row),
    }


def _answer(step: CallStep, row: HttpContractRow, occasion: Occasion) -> dict[str, Scalar]:
    expect, certificate = step.expect, row.certificate_expires_at
    answered = row.no_answer is None and row.http_status is not None
    return {
        "asks_answer": True,
        "answer": GOOD if answered else row.no_answer or "no answer",
        "http_expected": " or ".join(map(str, step.statuses)),
        "http_good": accepts(step.statuses, row.http_status) if row.http_status is not None else None,
        "within": expect.within.total_seconds() if expect.within else None,
        "wait": step.wait.total_seconds() if step.wait else None,
        "came_in_time": _came_in_time(step, row),
        "headers_expected": ", ".join(expect.headers) or None,
        "headers_good": row.headers_cause or GOOD,
        "secure_expected": ", ".join(expect.secure) or None,
        "secure_good": row.secure_cause or GOOD,
        "certificate_for": expect.certificate_for.total_seconds() if expect.certificate_for else None,
        "certificate_seconds": (certificate - occasion.now).total_seconds() if certificate else None,
    }


def _came_in_time(step: CallStep, row: HttpContractRow) -> bool | None:
    if step.wait is None or row.waited_seconds is None or row.as_expected is None:
        return None
    return row.as_expected and row.waited_seconds <= step.wait.total_seconds()


def _body(expect: Answer, row: HttpContractRow) -> dict[str, Scalar]:
    """What is asked of the body; that it can be read is asked first."""
    paths = dict.fromkeys((*expect.equals, *expect.max, *expect.min, *expect.has))
    return {
        "asks_body": True if paths or expect.shape is not None or row.body_cause else None,
        "body_good": row.body_cause or GOOD,
        "fields_expected": ", ".join(paths) or None,
        "fields_good": row.fields_cause or GOOD,
        "asks_shape": True if expect.shape is not None else None,
        "shape_good": row.shape_cause or GOOD,
        "asks_page": True if expect.unmixed else None,
        "page_good": row.page_cause or GOOD,
    }


def _burst(step: CallStep, row: HttpContractRow) -> dict[str, Scalar]:
    """What is asked of a burst, and of the values that a step takes for those after it."""
    taking: dict[str, Scalar] = {
        "asks_taken": ", ".join(step.take) or None,
        "taken_good": row.not_taken or GOOD,
    }
    if step.burst is None:
        return taking
    return {
        **taking,
        "burst_limit": step.burst.limit,
        "others_good": row.others_cause or GOOD,
        "retry_after_good": row.retry_after_cause or GOOD,
        "recovers": step.burst.recovers.total_seconds(),
        "came_back": row.recovered is True and (row.recovered_seconds or 0) <= step.burst.recovers.total_seconds(),
    }


def _upgrade(row: HttpContractRow) -> dict[str, Scalar]:
    """A plain address that refuses or leads to TLS; that nothing came by another way is no refusal."""
    leads = row.http_status in _REDIRECTS and (row.location or "").lower().startswith("https://")
    silent = row.http_status is None and not row.refused
    shown = row.no_answer if row.http_status is None else f"HTTP {row.http_status}"
    return {
        "asks_plain": True,
        "plain_good": row.no_answer or "no answer" if silent else GOOD,
        "upgraded": bool(row.refused or leads),
        "upgrade_shown": f"{shown} to {row.location}" if row.location else shown or "no answer",
    }


GUARDS = {
    "prepared": Rule(
        is_good("preparation"),
        because="all that it needs was at hand",
        otherwise="not made: {preparation}",
        observed="preparation",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "allowed": Rule(
        is_good("leave"),
        because="it changes nothing but what it may",
        otherwise="not made: {leave}",
        observed="leave",
        unmet=Outcome.ERROR,
    ),
    "answers": Rule(
        is_good("answer"),
        because="answered with HTTP {http_status}",
        otherwise="{answer}",
        observed="answer",
        asked="asks_answer",
    ),
    "plain-asked": Rule(
        is_good("plain_good"),
        because="the plain address was asked",
        otherwise="nobody can tell whether it was refused: {plain_good}",
        observed="plain_good",
        asked="asks_plain",
        unmet=Outcome.INCONCLUSIVE,
    ),
    "log-read": Rule(
        is_good("log_good"),
        because="the log was read, {log_bytes} bytes",
        otherwise="the log {log_good}",
        observed="log_good",
        asked="asks_log",
        unmet=Outcome.MISSING,
    ),
}

ANSWER = {
    "http": Rule(
        is_true("http_good"),
        because="HTTP {http_status}; expected {http_expected}",
        observed="http_good",
        asked="http_expected",
    ),
    "prompt": Rule(
        at_most("seconds", "within"),
        because="took {seconds} s; expected at most {within} s",
        observed="seconds",
        expected="within",
    ),
    "in-time": Rule(
        is_true("came_in_time"),
        because="as expected after {waited_seconds} s and {attempts} attempts; it had {wait} s",
        otherwise="not as expected within {wait} s: the last of {attempts} attempts ended after {waited_seconds} s",
        observed="came_in_time",
        asked="wait",
    ),
    "headers": Rule(
        is_good("headers_good"),
        because="{headers_expected} are as expected",
        otherwise="{headers_good}",
        observed="headers_good",
        asked="headers_expected",
    ),
    "secure": Rule(
        is_good("secure_good"),
        because="a browser is told to protect its user: {secure_expected}",
        otherwise="{secure_good}",
        observed="secure_good",
        asked="secure_expected",
    ),
    "certificate": Rule(
        at_least("certificate_seconds", "certificate_for"),
        because="the certificate is good for another {certificate_seconds} s; expected {certificate_for} s",
        observed="certificate_seconds",
        expected="certificate_for",
    ),
}

BODY = {
    "body": Rule(
        is_good("body_good"),
        because="its body is JSON",
        otherwise="its body {body_good}",
        observed="body_good",
        asked="asks_body",
    ),
    "fields": Rule(
        is_good("fields_good"),
        because="{fields_expected} are as expected",
        otherwise="{fields_good}",
        observed="fields_good",
        asked="fields_expected",
        needs=("body",),
    ),
    "shape": Rule(
        is_good("shape_good"),
        because="its body has the shape that was agreed",
        otherwise="its body has not the shape that was agreed: {shape_good}",
        observed="shape_good",
        asked="asks_shape",
        needs=("body",),
    ),
    "taken": Rule(
        is_good("taken_good"),
        because="it gave {asks_taken} for the steps after it",
        otherwise="{taken_good}",
        observed="taken_good",
        asked="asks_taken",
    ),
    "page": Rule(
        is_good("page_good"),
        because="its body is a page",
        otherwise="its body {page_good}",
        observed="page_good",
        asked="asks_page",
    ),
    "unmixed": Rule(
        ExpectColumnValuesToBeInSet(column="plain_parts", value_set=[0]),
        because="the page loads nothing over plain HTTP",
        otherwise="the page loads {plain_parts} parts over plain HTTP: {plain_parts_named}",
        observed="plain_parts",
        asked="asks_page",
        needs=("page",),
    ),
}

MORE = {
    "upgraded": Rule(
        is_true("upgraded"),
        because="the plain address refuses, or leads to https: {upgrade_shown}",
        otherwise="the plain address neither refuses nor leads to https: {upgrade_shown}",
        observed="upgraded",
        asked="asks_plain",
    ),
    "limited": Rule(
        ExpectColumnValuesToBeBetween(column="limited", min_value=1),
        because="{limited} of {sent} requests at once were limited; the limit is {burst_limit}",
        otherwise="none of {sent} requests at once was limited; the limit is {burst_limit}",
        observed="limited",
        expected="burst_limit",
    ),
    "spared": Rule(
        is_good("others_good"),
        because="the others were answered as expected",
        otherwise="{others_good}",
        observed="others_good",
        asked="burst_limit",
    ),
    "retry-after": Rule(
        is_good("retry_after_good"),
        because="each limited answer says when to come back",
        otherwise="{retry_after_good}",
        observed="retry_after_good",
        asked="burst_limit",
        needs=("limited",),
    ),
    "recovers": Rule(
        is_true("came_back"),
        because="answered as usual again {recovered_seconds} s after the burst; it had {recovers} s",
        otherwise="not answered as usual within {recovers} s after the burst",
        observed="came_back",
        asked="recovers",
    ),
    "logged": Rule(
        is_true("is_logged"),
        because="the log holds it: {found}",
        otherwise="in {waited_seconds} s the log never held it; its last lines were looked through {attempts} times",
        observed="is_logged",
        asked="asks_log",
    ),
}

HTTP_CONTRACT: Suite[HttpContractCheck, HttpContractRow] = Suite(
    kind="http-contract",
    columns=_columns,
    guards=GUARDS,
    expectations={**ANSWER, **BODY, **MORE},
)
