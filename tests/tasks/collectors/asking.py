"""What tests of collectors share: sources that lead to a loopback server or a folder, a clock, and ids for checks."""

import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from checks.catalog import Check
from tasks.collectors.sources import FolderAccess, HttpAccess, Sources

C = TypeVar("C", bound=Check)
LIMIT = 200_000


def now() -> datetime:
    return datetime.now(UTC)


def http_source(url: str, *, timeout: float = 5, limit: int = LIMIT, **headers: str) -> HttpAccess:
    return HttpAccess("api", url, {name.replace("_", "-"): value for name, value in headers.items()}, timeout, limit)


def sources(url: str = "http://127.0.0.1:9", folder: Path = Path(), **http: Any) -> Sources:
    """A service called `api` and a folder called `reports`."""
    return Sources({"api": http_source(url, **http), "reports": FolderAccess("reports", folder, LIMIT)})


def named(check: C, name: str = "the-check") -> C:
    """The check as the catalogue's reader names it."""
    return check.model_copy(update={"id": name})


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        return int(reserved.getsockname()[1])
