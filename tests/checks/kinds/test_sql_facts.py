"""What a catalogue may ask of a database."""

from typing import Any

import pytest
from pydantic import ValidationError

from checks.expectations.sql_facts import _same
from checks.kinds.sql_facts import SqlFactsCheck


def check(**facts: dict[str, Any]) -> SqlFactsCheck:
    return SqlFactsCheck.model_validate({"database": "ledger", "facts": facts})


def test_each_fact_is_a_subject():
    found = check(a={"rows": "entries"}, b={"no_rows": "select 1"})
    assert (found.subjects, found.sources) == (("a", "b"), ("ledger",))


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        ({}, "does not say what to ask"),
        ({"query": "select 1"}, "one sort of limit"),
        ({"query": "select 1", "min": 1, "equals": 1}, "one sort of limit"),
        ({"query": "select 1", "min": 2, "max": 1}, "nothing could meet both"),
        ({"query": "", "min": 1}, "at least 1 character"),
        ({"unique": "entries", "columns": []}, "at least 1 item"),
        ({"unique": "entries;", "columns": ["a"], "where": "x"}, "Extra inputs"),
        ({"rows": "public entries"}, "should match pattern"),
        ({"connections": 1.1}, "less than or equal to 1"),
        ({"connections": 0.8, "pool": 0}, "greater than or equal to 1"),
    ],
)
def test_what_nobody_could_mean_is_refused(fact: dict[str, Any], said: str):
    with pytest.raises(ValidationError) as refused:
        check(a=fact)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("said", "expected", "same"),
    [
        ("12.50", 12.5, True),
        ("12.51", 12.5, False),
        ("0.1", 0.1, True),
        (3, 3, True),
        (True, True, True),
        (1, True, True),
        (0, False, True),
        (2, True, False),
        (True, 1, False),
        ("done", "done", True),
        ("3", "3", True),
        ("many", 3, False),
    ],
)
def test_a_value_is_equal_as_the_catalogue_writes_it(said: object, expected: object, same: bool):
    assert _same(said, expected) is same  # type: ignore[arg-type]
