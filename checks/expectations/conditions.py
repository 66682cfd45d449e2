"""Conditions that many suites state: a column is true, equals another, is no more than another, or calls itself good.

A row where one of two compared columns is null meets the condition for Great Expectations; that no such row passes is
what `Rule.observed` and `Rule.asked` are for.
"""

from great_expectations.expectations import (
    ExpectColumnPairValuesAToBeGreaterThanB,
    ExpectColumnPairValuesToBeEqual,
    ExpectColumnValuesToBeInSet,
)

GOOD = "good"
"""What a column says that tells what is wrong, where nothing is."""


def is_true(column: str) -> ExpectColumnValuesToBeInSet:
    """Met where the column is true."""
    return ExpectColumnValuesToBeInSet(column=column, value_set=[True])


def is_good(column: str) -> ExpectColumnValuesToBeInSet:
    """Met where the column says `GOOD`."""
    return ExpectColumnValuesToBeInSet(column=column, value_set=[GOOD])


def at_least(column: str, limit: str) -> ExpectColumnPairValuesAToBeGreaterThanB:
    """Met where a column is no less than another one."""
    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=column, column_B=limit, or_equal=True, ignore_row_if="either_value_is_missing"
    )


def at_most(column: str, limit: str) -> ExpectColumnPairValuesAToBeGreaterThanB:
    """Met where a column is no more than another one."""
    return at_least(limit, column)


def less_than(column: str, limit: str) -> ExpectColumnPairValuesAToBeGreaterThanB:
    """Met where a column is less than another one."""
    return ExpectColumnPairValuesAToBeGreaterThanB(
        column_A=limit, column_B=column, or_equal=False, ignore_row_if="either_value_is_missing"
    )


def equal(column: str, other: str) -> ExpectColumnPairValuesToBeEqual:
    """Met where two columns hold the same."""
    return ExpectColumnPairValuesToBeEqual(column_A=column, column_B=other, ignore_row_if="either_value_is_missing")
