"""Showing a run in Prefect's own pages: what cannot be shown, since its API is away, holds no run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger

from checks.errors import OperationError

_REMEDY = "look at what PREFECT_API_URL names, at its log and at the room on its disk"


@contextmanager
def if_prefect_answers() -> Iterator[None]:
    """What is shown here is lost where Prefect cannot be asked: evidence is kept all the same, and the log says so."""
    try:
        yield
    except (httpx.HTTPError, PrefectException, RuntimeError) as error:
        if not _is_of_prefect(error):
            raise
        get_run_logger().warning("not shown in Prefect: %s", _words(error))


@contextmanager
def prefect_asked() -> Iterator[None]:
    """Whoever conducts a run from here needs Prefect to answer, and is told in one line if it does not."""
    try:
        yield
    except (httpx.HTTPError, RuntimeError) as error:
        if not _is_of_prefect(error):
            raise
        raise OperationError(
            f"Prefect's API could not be asked: {_words(error)}; {_REMEDY}, then run again: what was stored stays"
        ) from error


def show_progress(key: str, description: str) -> UUID | None:
    """A bar in Prefect's pages, at its beginning; `None` if it cannot be shown."""
    with if_prefect_answers():
        shown = create_progress_artifact(progress=0.0, key=key, description=description)
        return cast("UUID", shown)  # called from synchronous flows only
    return None


def move_progress(bar: UUID, percent: float, description: str) -> bool:
    """Moves a bar; whether it could be moved."""
    with if_prefect_answers():
        update_progress_artifact(bar, progress=percent, description=description)
        return True
    return False


def _is_of_prefect(error: Exception) -> bool:
    """Whether an error says that Prefect could not be asked: a client that meets nobody says so in words alone."""
    return not isinstance(error, RuntimeError) or str(error).startswith("Failed to reach API at ")


def _words(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
