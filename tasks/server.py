"""Asking Prefect's server from beside flows: an answer, or what its refusal means in one line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
from prefect.exceptions import PrefectException, PrefectHTTPStatusError

from checks.errors import OperationError

T = TypeVar("T")


def answer(question: Callable[[], T]) -> T | None:
    """What the server answers, or nothing where it cannot be asked just now."""
    try:
        return question()
    except (PrefectException, httpx.HTTPError):
        return None


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    """What the server refuses, or cannot be asked, as one line."""
    try:
        yield
    except PrefectHTTPStatusError as error:
        said = f"{error.response.status_code} to {error.request.method} {error.request.url.path}"
        hint = (
            "; is PREFECT_API_AUTH_STRING the server's?"
            if error.response.status_code == httpx.codes.UNAUTHORIZED
            else ""
        )
        raise OperationError(f"Prefect's server answered {said}{hint}") from error
    except httpx.HTTPError as error:
        raise OperationError(f"Prefect's server does not answer: {error or type(error).__name__}") from error
