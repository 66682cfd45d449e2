"""Requests to a Prefect server as its own client makes them: again after a 503, for a locked SQLite file."""

import time
from typing import Any

import httpx

SECONDS = 60


def asked(url: str, body: Any = None, *, method: str = "POST", auth: tuple[str, str] | None = None) -> Any:
    """What the server answers: the JSON, or nothing where it has none."""
    ends = time.monotonic() + SECONDS
    while True:
        answer = httpx.request(method, url, json=body, auth=auth, trust_env=False, verify=False, timeout=SECONDS)
        if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or time.monotonic() > ends:
            answer.raise_for_status()
            return answer.json() if answer.content else None
        time.sleep(0.5)
