"""Open items are followed by their key from slot to slot, and what is not known is not called closed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from checks.evidence.open_items import MOST_ITEMS, OpenItems, followed, oldest, shown_items

FIRST = datetime(2026, 11, 22, 14, tzinfo=UTC)
HOUR = timedelta(hours=1)


def result(*samples: tuple[str, Any], **rows: int) -> dict[str, Any]:
    """A comparison's result as far as following needs it; without counts, every row is shown."""
    counts = {kind: sum(one == kind for one, _ in samples) for kind in ("missing", "extra", "changed")}
    shown = [{"kind": kind, "key": {"id": key}} for kind, key in samples]
    return {"rows": {**counts, **rows}, "samples": shown, "coverage": {"key_from": "given"}}


def ages(items: OpenItems) -> dict[Any, timedelta]:
    return {item.key["id"]: items.as_of - item.first_seen for item in items.items}


def test_an_item_that_stays_grows_old_and_one_that_goes_is_closed():
    first = followed(None, result(("missing", 1), ("extra", 2)), FIRST)
    second = followed(first, result(("missing", 1), ("changed", 3)), FIRST + HOUR)
    assert ages(second) == {1: HOUR, 3: timedelta(0)}
    assert [item.key for item in second.closed] == [{"id": 2}]
    assert second.since == FIRST


def test_an_item_that_was_missing_and_now_differs_is_still_the_same():
    first = followed(None, result(("missing", 1)), FIRST)
    second = followed(first, result(("changed", 1)), FIRST + HOUR)
    assert (ages(second), second.items[0].kind) == ({1: HOUR}, "changed")


def test_an_item_that_is_not_shown_is_not_called_closed_while_other_rows_are_not_shown_either():
    first = followed(None, result(("missing", 1)), FIRST)
    second = followed(first, result(("missing", 2), missing=50), FIRST + HOUR)
    assert second.closed == ()
    assert {item.key["id"]: item.last_seen for item in second.items} == {1: FIRST, 2: FIRST + HOUR}
    third = followed(second, result(("missing", 2)), FIRST + 2 * HOUR)
    assert [item.key["id"] for item in third.closed] == [1]


def test_an_item_that_comes_back_after_it_was_closed_is_new():
    first = followed(None, result(("missing", 1)), FIRST)
    second = followed(first, result(), FIRST + HOUR)
    third = followed(second, result(("missing", 1)), FIRST + 2 * HOUR)
    assert ages(third) == {1: timedelta(0)}


def test_rows_that_are_not_shown_are_counted_as_open():
    assert followed(None, result(("missing", 1), missing=7), FIRST).open_rows == 7


def test_rows_without_a_key_count_as_shown():
    first = followed(None, result(("missing", 1)), FIRST)
    second = followed(first, result(("null_key_left", None), missing=1), FIRST + HOUR)
    assert [item.key["id"] for item in second.closed] == [1]


def test_redacted_keys_are_not_followed():
    found = followed(None, result(("missing", "[redacted]")), FIRST)
    assert (found.hidden, found.items) == (True, ())


def test_there_are_never_more_items_than_a_page_can_bear():
    found = followed(None, result(*(("missing", number) for number in range(2 * MOST_ITEMS))), FIRST)
    assert len(found.items) == MOST_ITEMS


def test_open_items_come_back_from_their_file():
    found = followed(None, result(("missing", 1)), FIRST)
    assert OpenItems.model_validate_json(found.model_dump_json()) == found


def test_items_of_a_group_are_known_by_what_is_shown_of_them():
    told = result(("missing", "acme"), ("missing", "acme"), ("extra", "acme"))
    told["coverage"]["key_from"] = "group"
    for sample, side, amount in zip(told["samples"], ("left", "left", "right"), ("1", "2", "3"), strict=True):
        sample |= {"left": None, "right": None, side: {"amount": amount}}
    first = followed(None, told, FIRST)
    assert [item.key for item in first.items] == [{"id": "acme", "amount": amount} for amount in "123"]
    told["samples"][1]["left"] = {"amount": "[redacted]"}
    assert followed(None, told, FIRST).hidden


def test_the_oldest_is_as_old_as_the_slots_before_show():
    first = followed(None, result(("missing", 1)), FIRST)
    now = shown_items(result(("missing", 1), ("missing", 2)))
    assert oldest(first, now, FIRST + HOUR) == HOUR
    assert oldest(first, shown_items(result(("missing", 2))), FIRST + HOUR) == timedelta(0)
    assert oldest(None, now, FIRST + HOUR) == oldest(first, [], FIRST + HOUR) == timedelta(0)
