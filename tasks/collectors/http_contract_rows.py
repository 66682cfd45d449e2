"""Reads the rows of an HTTP contract from its captures: what each step's answer shows, and what is wrong with it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Any

from checks.evidence.records import RawCapture
from checks.kinds.http_answers import Answer, HeaderPattern, accepts
from checks.kinds.http_contract import HttpContractCheck, HttpContractRow
from checks.kinds.http_steps import NONCE, CallStep
from tasks.collectors.http_bodies import body_of, taken, wrong_fields, wrong_shape
from tasks.collectors.http_exchange import Exchange, exchange_from, item_name, printable
from tasks.collectors.http_words import Values, filled_text
from tasks.collectors.mixed_content import plain_parts
from tasks.collectors.secure_headers import insecure
from tasks.collectors.strict_json import Json, Unreadable, decoded

REFUSED = "the connection was refused"
_NAMED_PARTS = 5
_LONGEST_LINE = 300


def step_item(number: int, name: str, part: str = "") -> str:
    """The name of a step's capture; a burst has one of its own beside it."""
    return item_name(number, f"{part} {name}".strip())


def contract_rows(check: HttpContractCheck, captures: Sequence[RawCapture]) -> tuple[HttpContractRow, ...]:
    """A row for each step, in order; what a step takes is taken again from its own capture."""
    by_item = {capture.item: capture for capture in captures}
    values: dict[str, Json] = {NONCE: str(captures[0].meta[NONCE])}
    rows = []
    for number, name in enumerate(check.steps, start=1):
        capture, burst = by_item[step_item(number, name)], by_item.get(step_item(number, name, "burst"))
        row, found = step_row(check, name, capture, values, burst)
        rows.append(row)
        values |= found
    return tuple(rows)


def step_row(
    check: HttpContractCheck, name: str, capture: RawCapture, values: Values, burst: RawCapture | None = None
) -> tuple[HttpContractRow, dict[str, Json]]:
    """One step's row, and the values that it takes from its answer."""
    meta: Any = capture.meta
    facts: dict[str, Any] = {
        "subject": name,
        "asked": meta["asked"],
        "unprepared": meta.get("unprepared"),
        "no_leave": meta.get("no_leave"),
        "attempts": meta.get("attempts"),
        "waited_seconds": meta.get("waited_seconds"),
    }
    step = check.call(name)
    if step is None:
        return HttpContractRow(**facts, **_log_facts(capture)), {}
    if facts["attempts"] is None:
        return HttpContractRow(**facts), {}
    said, found = _answer_facts(step, exchange_from(capture), values, meta["limit"])
    if burst is not None:
        said |= _burst_facts(step, burst, said["http_status"], meta["waited_seconds"])
    row = HttpContractRow(**facts, **said)
    return row.model_copy(update={"as_expected": _as_expected(step, row)}), found


def _as_expected(step: CallStep, row: HttpContractRow) -> bool:
    """Whether an answer needs no other attempt."""
    causes = (row.headers_cause, row.secure_cause, row.body_cause, row.fields_cause, row.shape_cause, row.not_taken)
    answered = row.no_answer is None and row.http_status is not None and accepts(step.statuses, row.http_status)
    return answered and not any(causes) and row.page_cause is None and not row.plain_parts


def _answer_facts(
    step: CallStep, exchange: Exchange, values: Values, limit: int
) -> tuple[dict[str, Any], dict[str, Json]]:
    expect, headers = step.expect, exchange.headers
    facts: dict[str, Any] = {
        "http_status": exchange.status,
        "no_answer": exchange.no_answer,
        "refused": exchange.no_answer == REFUSED,
        "seconds": exchange.seconds,
        "location": headers.get("location"),
        "certificate_expires_at": exchange.certificate_expires_at,
        "headers_cause": _wrong_headers(headers, expect, values),
        "secure_cause": "; ".join(filter(None, (insecure(headers, name) for name in expect.secure))) or None,
    }
    if expect.unmixed:
        facts |= _page_facts(exchange, limit)
    found, lacking = taken(exchange, None, {})
    document: Json = None
    if expect.asks_fields or expect.shape is not None or step.take:
        try:
            document = body_of(exchange, limit)
            facts["fields_cause"] = wrong_fields(document, expect, values)
            facts["shape_cause"] = wrong_shape(document, expect.shape) if expect.shape is not None else None
        except Unreadable as error:
            facts["body_cause"] = printable(str(error), 300)
        found, lacking = taken(exchange, document, step.take)
    return {**facts, "not_taken": lacking}, found


def _wrong_headers(headers: Mapping[str, str], expect: Answer, values: Values) -> str | None:
    wrong = []
    for name, wanted in expect.headers.items():
        patterns = [filled_text(pattern, values) for pattern in _patterns(wanted)]
        said = headers.get(name.lower())
        if said is None:
            wrong.append(f"{name} is absent")
        elif not any(_matches(said, pattern) for pattern in patterns):
            wrong.append(f"{name} is {said!r}, expected {' or '.join(patterns)}")
    return "; ".join(wrong) or None


def _patterns(wanted: HeaderPattern | tuple[HeaderPattern, ...]) -> tuple[HeaderPattern, ...]:
    return (wanted,) if isinstance(wanted, str) else wanted


def _matches(said: str, pattern: str) -> bool:
    """Only `*` has a meaning; case is none of a header value's business, since most are words."""
    literal = pattern.lower().replace("[", "[[]").replace("?", "[?]")
    return fnmatchcase(said.lower().strip(), literal)


def _page_facts(exchange: Exchange, limit: int) -> dict[str, Any]:
    kind = exchange.headers.get("content-type", "no content type")
    if "html" not in kind.lower():
        return {"page_cause": f"is no HTML page but {kind}"}
    try:
        page = decoded(exchange.body, exchange.headers.get("content-encoding"), limit)
    except Unreadable as error:
        return {"page_cause": str(error)}
    if not page.strip() or exchange.no_answer:
        return {"page_cause": "did not come whole" if page.strip() else "is empty"}
    plain = plain_parts(page)
    return {
        "plain_parts": len(plain),
        "plain_parts_named": printable(", ".join(plain[:_NAMED_PARTS])) if plain else None,
    }


def _burst_facts(step: CallStep, burst: RawCapture, status_after: int | None, waited: float) -> dict[str, Any]:
    """What a burst's answers were, and whether the service answered as usual afterwards."""
    answers: list[dict[str, Any]] = json.loads(burst.body)
    limited = [answer for answer in answers if answer["status"] == 429]
    others = [answer for answer in answers if answer["status"] != 429]
    strange = [
        answer["no_answer"] or f"HTTP {answer['status']}"
        for answer in others
        if answer["no_answer"] or not accepts(step.statuses, answer["status"])
    ]
    silent = sum(retry_after(answer["retry_after"], answer["asked_at"]) is None for answer in limited)
    recovered = status_after is not None and accepts(step.statuses, status_after)
    return {
        "sent": len(answers),
        "limited": len(limited),
        "others_cause": f"{len(strange)} answers were others, such as {strange[0]}" if strange else None,
        "retry_after_cause": f"{silent} of {len(limited)} answers 429 have no Retry-After" if silent else None,
        "recovered": recovered,
        "recovered_seconds": waited if recovered else None,
    }


def retry_after(said: str | None, asked_at: str) -> float | None:
    """The seconds that a Retry-After asks for (RFC 9110, 10.2.3), none where it says nothing of use."""
    if said is None:
        return None
    if said.isascii() and said.isdigit():
        return float(said)
    try:
        return max(0.0, (parsedate_to_datetime(said) - datetime.fromisoformat(asked_at)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _log_facts(capture: RawCapture) -> dict[str, Any]:
    meta = capture.meta
    lines = capture.body.decode(errors="replace").splitlines()
    return {
        "log_cause": meta.get("trouble"),
        "log_bytes": meta.get("bytes"),
        "found": printable(lines[0], _LONGEST_LINE) if lines else None,
    }
