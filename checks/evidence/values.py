"""Says a value of a comparison in words that no other value has: null is a dash, and a text that could be taken for it
or for nothing at all stands in quotes.
"""

from collections.abc import Mapping

NOTHING = "–"


def value_words(value: object) -> str:
    """A value in words: null as a dash; text as it is, or in quotes where a reader could not tell where it ends."""
    match value:
        case None:
            return NOTHING
        case bool():
            return "true" if value else "false"
        case str() if value in ("", NOTHING) or value != value.strip() or (value[0] == value[-1] == '"'):
            return f'"{value}"'
        case _:
            return str(value)


def named_values(values: Mapping[str, object]) -> str:
    """A key or a group by the values of its columns."""
    return ", ".join(f"{name} {value_words(value)}" for name, value in values.items())
