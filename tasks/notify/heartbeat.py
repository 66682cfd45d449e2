"""The heartbeat: a sign of life to a dead man's switch outside, which tells people when the signs stay away."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from checks.errors import CollectionError
from checks.telling.deliveries import Delivery, Failure, failed
from checks.variables import filled
from tasks.collectors.collector import Clock
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import HttpAccess

_LIMIT = 100_000


def beat(address: str, variables: Mapping[str, str], *, timeout: timedelta, now: Clock) -> Delivery:
    """Asks for the address that a reference stands for, once; whatever goes wrong is in the result."""
    try:
        url = urlsplit(filled(address, variables))
    except KeyError as unset:
        return failed(Failure.UNSET, f"export {unset.args[0]}")
    except ValueError:
        return failed(Failure.NO_ADDRESS)
    access = HttpAccess("heartbeat", f"{url.scheme}://{url.netloc}", {}, timeout.total_seconds(), _LIMIT)
    path = f"{url.path}?{url.query}" if url.query else url.path
    try:
        answer = asyncio.run(HttpClient(now).get(access, path))
    except (CollectionError, ValueError):  # its words hold the address
        return failed(Failure.NO_ADDRESS)
    if answer.no_answer is not None:
        return failed(Failure.NO_ANSWER, answer.no_answer)
    if answer.status is None or not 200 <= answer.status < 300:
        return failed(Failure.REFUSED, f"HTTP {answer.status}")
    return Delivery(accepted=True)
