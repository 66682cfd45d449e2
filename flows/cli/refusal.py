"""What a record cannot hold, told to whoever asked for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from checks.errors import CatalogError


@contextmanager
def refused_in_words() -> Iterator[None]:
    """Turns a record that is refused into a line for each of its fields that is wrong."""
    try:
        yield
    except ValidationError as error:
        lines = (f"{'.'.join(map(str, one['loc'])) or 'record'}: {one['msg']}" for one in error.errors())
        raise CatalogError(*lines) from error
