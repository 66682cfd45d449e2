"""What is expected of SQL facts: a promise that the database itself keeps, and values within their limits."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from great_expectations.expectations import ExpectColumnValuesToBeInSet, ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, is_good, is_true
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.sql_facts import ConnectionsFact, RowsFact, SqlFactsCheck, SqlFactsRow, UniqueFact, ValueFact
from checks.outcome import Outcome, Severity

_CLOCKS_DIFFER_BY = 60
_ASKED = (
    *("answer", "is_query", "shape_good", "is_unique", "is_promised", "no_nulls", "nothing_asked", "number_asked"),
    *("min", "max", "equals", "is_equal", "max_age", "age", "earliest_age", "most_share"),
)


def _columns(check: SqlFactsCheck, row: SqlFactsRow, occasion: Occasion) -> Mapping[str, Scalar]:
    """Every column of the suite; what is null there is not asked of the fact."""
    fact = check.facts[row.subject]
    own: dict[str, Scalar] = {"answer": row.problem or GOOD}
    match fact:
        case UniqueFact():
            own |= {"is_unique": True, "is_promised": row.constraint is not None}
            own |= {"no_nulls": row.nullable is None if row.constraint else None}
        case ValueFact():
            own |= {"is_query": True, "shape_good": row.shape_cause or GOOD, **_value(fact, row, occasion)}
        case RowsFact():
            own |= {"min": fact.min, "max": fact.max}
        case ConnectionsFact():
            own |= {"most_share": fact.connections}
        case _:
            own |= {"nothing_asked": True}
    return {**dict.fromkeys(_ASKED), **own}


def _value(fact: ValueFact, row: SqlFactsRow, occasion: Occasion) -> dict[str, Scalar]:
    numeric = fact.min is not None or fact.max is not None
    asked: dict[str, Scalar] = {"number_asked": numeric or None, "min": fact.min, "max": fact.max}
    if fact.equals is not None:
        asked |= {"equals": str(fact.equals), "is_equal": _same(row.value, fact.equals)}
    if fact.max_age is not None:
        age = (occasion.now - row.instant).total_seconds() if row.instant else None
        asked |= {"max_age": fact.max_age.total_seconds(), "age": age, "earliest_age": -_CLOCKS_DIFFER_BY}
    return asked


def _same(said: Scalar, expected: Scalar) -> bool | None:
    """Equal as what the catalogue writes: a number by its value, a truth also where a database has only 1 and 0."""
    if said is None:
        return None
    if isinstance(expected, bool):
        return said is expected or (not isinstance(said, bool) and said == int(expected))
    if isinstance(expected, str) or isinstance(said, bool):
        return str(said) == expected
    try:
        return Decimal(str(said)) == Decimal(str(expected))
    except InvalidOperation:
        return False


GUARDS = {
    "answers": Rule(
        is_good("answer"),
        because="the database was asked {asked}",
        otherwise="the database could not be asked {asked}: {answer}",
        observed="answer",
        unmet=Outcome.ERROR,
    ),
    "single": Rule(
        is_good("shape_good"),
        because="it answers one value",
        otherwise="{shape_good}: {asked}",
        observed="shape_good",
        asked="is_query",
        unmet=Outcome.ERROR,
    ),
    "present": Rule(
        ExpectColumnValuesToNotBeNull(column="value"),
        because="it answers {value}",
        otherwise="it answers nothing: {asked}",
        observed="value",
        asked="is_query",
        unmet=Outcome.MISSING,
    ),
}

PROMISED = {
    "constraint": Rule(
        is_true("is_promised"),
        because="{constraint} makes it unique in the database itself",
        otherwise="{constraint_cause}",
        observed="is_promised",
        asked="is_unique",
    ),
    "no-nulls": Rule(
        is_true("no_nulls"),
        because="no null can stand there, which would repeat",
        otherwise="nulls repeat freely under {constraint}: {nullable} may be null",
        observed="no_nulls",
        asked="is_unique",
        severity=Severity.WARNING,
        needs=("constraint",),
    ),
    "duplicates": Rule(
        ExpectColumnValuesToBeInSet(column="duplicates", value_set=[0]),
        because="nothing repeats",
        otherwise="{duplicates} values stand in more than one row",
        observed="duplicates",
        asked="is_unique",
    ),
    "nothing-found": Rule(
        ExpectColumnValuesToBeInSet(column="found", value_set=[0]),
        because="it finds no row",
        otherwise="it finds {found_shown}",
        observed="found",
        asked="nothing_asked",
    ),
}

LIMITS = {
    "number": Rule(
        ExpectColumnValuesToNotBeNull(column="number"),
        because="{value} is a number",
        otherwise="{value} is no number to hold against a limit",
        observed="number",
        asked="number_asked",
    ),
    "minimum": Rule(
        at_least("number", "min"),
        because="{value}; at least {min} is expected",
        observed="number",
        expected="min",
        needs=("number",),
    ),
    "maximum": Rule(
        at_most("number", "max"),
        because="{value}; at most {max} is expected",
        observed="number",
        expected="max",
        needs=("number",),
    ),
    "equal": Rule(
        is_true("is_equal"),
        because="{value}; expected {equals}",
        observed="is_equal",
        asked="equals",
    ),
    "dated": Rule(
        ExpectColumnValuesToNotBeNull(column="instant"),
        because="it is of {instant}",
        otherwise="it {instant_cause}",
        observed="instant",
        asked="max_age",
        unmet=Outcome.MISSING,
    ),
    "not-from-the-future": Rule(
        at_least("age", "earliest_age"),
        because="of {instant}, which is not in the future",
        otherwise="of {instant}, which is in the future: a clock is wrong",
        observed="age",
        expected="earliest_age",
        unmet=Outcome.STALE,
        needs=("dated",),
    ),
    "fresh": Rule(
        at_most("age", "max_age"),
        because="{age} s old; it may be {max_age} s",
        observed="age",
        expected="max_age",
        unmet=Outcome.STALE,
        needs=("dated",),
    ),
    "connections": Rule(
        at_most("share", "most_share"),
        because="{value} of {of} connections are open, a share of {share}; at most {most_share} is expected",
        observed="share",
        expected="most_share",
    ),
}

SQL_FACTS: Suite[SqlFactsCheck, SqlFactsRow] = Suite(
    kind="sql-facts", columns=_columns, guards=GUARDS, expectations={**PROMISED, **LIMITS}
)
