"""A pytest plugin that writes down which functions each test calls, so that a mutation is tried on the right tests.

Where to, and in which folder functions count, is said by the variables `CALLS_FILE` and `CALLS_UNDER`.
"""

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

FOLDER = os.environ["CALLS_UNDER"]
CALLED: set[str] = set()
BY_TEST: dict[str, list[str]] = {}


def _called(frame: FrameType, event: str, _: Any) -> None:
    code = frame.f_code
    if event == "call" and code.co_filename.startswith(FOLDER):
        CALLED.add(f"{code.co_filename.removeprefix(FOLDER)}:{code.co_firstlineno}")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A function is known by its file and its first line; threads that a test starts are watched too."""
    CALLED.clear()
    threading.setprofile(_called)
    sys.setprofile(_called)
    yield
    sys.setprofile(None)
    threading.setprofile(None)  # type: ignore[arg-type] # it takes None as `sys.setprofile` does
    BY_TEST[item.nodeid] = sorted(CALLED)


def pytest_sessionfinish() -> None:
    Path(os.environ["CALLS_FILE"]).write_text(json.dumps(BY_TEST))
