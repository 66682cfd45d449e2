"""The service's log: one JSON object a line for each request that it answered."""

import json
import uuid
from pathlib import Path

from examples.sandbox.reports import rfc3339
from examples.sandbox.traffic import Exchange


class AccessLog:
    """Appends to a file and flushes line by line, so that a reader never sees half an object for long."""

    def __init__(self, path: Path, *, version: str) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._version = version

    def write(self, exchange: Exchange) -> None:
        """Writes one line. A probe belongs to no tenant, and says so with a dash: the field is always there."""
        line = {
            "time": rfc3339(exchange.at),
            "level": "error" if exchange.code >= 500 else "info",
            "rid": uuid.uuid4().hex,
            "tenantId": exchange.tenant or "-",
            "version": self._version,
            "method": exchange.method,
            "path": exchange.path,
            "code": exchange.code,
            "latency_ms": round(exchange.seconds * 1000, 3),
            "traceId": exchange.trace_id,
        }
        self._file.write(json.dumps(line) + "\n")

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
