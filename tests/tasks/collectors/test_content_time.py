"""When a document says that it was made."""

from datetime import UTC, datetime

import pytest

from checks.kinds.freshness import TIMESTAMPS
from tasks.collectors.content_time import Undated, content_time, digest_without

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-22T12:00:00Z",
        "2026-11-22 13:00:00+01:00",
        "2026-11-22T12:00:00.000000000Z",
        1795348800,
        1795348800.0,
        1795348800000,
    ],
)
def test_an_instant_is_read_in_each_of_its_forms(value: object):
    assert content_time({"generated_at": value}, TIMESTAMPS) == NOON


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ("2026-11-22T12:00:00", "has no zone"),
        ("2026-11-22", "a day and no instant"),
        ("yesterday", "which is no instant"),
        ("", "which is no instant"),
        ("9999-12-31T23:59:59-14:00", "which is no instant"),
        (True, "which is no instant"),
        (1e300, "which is no instant"),
        ([], "which is no instant"),
        (None, "does not say when it was made: it has no generated_at or timestamp or ts"),
    ],
)
def test_whatever_is_no_instant_leaves_the_document_undated(value: object, because: str):
    with pytest.raises(Undated, match=because):
        content_time({"generated_at": value}, TIMESTAMPS)  # type: ignore[dict-item]


def test_the_first_field_that_stands_there_counts():
    assert content_time({"ts": 0, "timestamp": 1795348800}, TIMESTAMPS) == NOON
    assert content_time({"meta": {"made": 1795348800}}, ("meta.made",)) == NOON


def test_the_digest_leaves_the_time_out_and_nothing_else():
    def digest(**document: object) -> str:
        return digest_without(document, TIMESTAMPS)  # type: ignore[arg-type]

    assert digest(a=1, ts=1) == digest(ts=2, a=1)
    assert digest(a=1, ts=1) != digest(a=2, ts=1)
    assert digest_without({"m": {"ts": 1, "a": 1}}, ("m.ts",)) == digest_without({"m": {"ts": 2, "a": 1}}, ("m.ts",))
