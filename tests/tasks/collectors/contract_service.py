"""A loopback service that keeps a contract, until a test names what it is to break; it counts all that it changes."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

from checks.evidence.records import Evidence
from checks.kinds.http_contract import HttpContractCheck
from tasks.collectors.http_contract import HttpContractCollector
from tests.loopback import LoopbackServer
from tests.tasks.collectors.asking import named, now, sources

SECRET = "open-sesame"
SAFE_HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'self'",
    "Referrer-Policy": "no-referrer, strict-origin-when-cross-origin",
}
PAGE = """<html><head><style>body {{ background: url('{url}/a.png') }}</style></head>
<body><a href="http://elsewhere.test/">a link is no part</a><img srcset="/a.png 1x, {url}/b.png 2x"></body></html>"""
Said = tuple[int, Any, dict[str, str]]
"""A status, a body and further headers."""
LIMIT = 5
WINDOW = 0.4


class ContractService(LoopbackServer):
    """`broken` holds the names of what it does wrongly."""

    def __init__(self, log: Path) -> None:
        super().__init__(self._answer)
        self.log = log
        self.broken: set[str] = set()
        self.config: dict[str, Any] = {"canary": {"colour": "blue"}, "acme": {"colour": "red"}}
        self.runs: list[str] = []
        self.posted: list[str] = []
        self.asked: list[str] = []
        self.waiting = 0
        self._burst: list[float] = []

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        method, path, _ = first.split(" ")
        self.asked.append(f"{method} {path}")
        status, said, more = self._said(method, path, headers, json.loads(body) if body else None)
        trace = headers.get("x-trace-id", "none") if "echo" not in self.broken else "another"
        self._write(path, headers, trace)
        data = said.encode() if isinstance(said, str) else json.dumps(said).encode()
        kind = "text/html" if isinstance(said, str) else "application/json"
        told = {"Content-Length": str(len(data)), "Content-Type": kind, "X-Trace-Id": trace, **more}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        writer.write(f"HTTP/1.1 {status} X\r\nConnection: close\r\n{head}\r\n".encode() + data)
        await writer.drain()

    def _write(self, path: str, headers: dict[str, str], trace: str) -> None:
        if "log" not in self.broken:
            kept = {name: value for name, value in headers.items() if name != "x-trace-id"}
            line = {"path": path, "trace": trace, "headers": kept}
            with self.log.open("a") as log:
                log.write(json.dumps(line) + "\n")

    def _said(self, method: str, path: str, headers: dict[str, str], sent: Any) -> Said:
        way = path.partition("?")[0].split("/")[1:]
        if method == "POST":
            return self._changed(way, sent)
        if way[0] == "private":
            known = headers.get("x-credential") == SECRET or "open" in self.broken
            return (200, {"tenants": ["canary", "acme"]}, {}) if known else (401, {}, {})
        if way[0] == "search":
            return (200 if "lenient" in self.broken or "?" not in path else 400), {}, {}
        return self._site(way[0]) if way[0] != "v1" else self._read(way)

    def _site(self, name: str) -> Said:
        match name:
            case "secure":
                return 200, {}, {} if "headers" in self.broken else SAFE_HEADERS
            case "page":
                url = "http://cdn.test" if "page" in self.broken else "https://cdn.test"
                return 200, PAGE.format(url=url), {}
            case "plain":
                there = "http" if "plain" in self.broken else "https"
                return 308, {}, {"Location": f"{there}://site.test/plain"}
            case "later":
                self.waiting -= 1
                return 200, {"status": "done" if self.waiting < 0 else "running"}, {}
            case "limited":
                return self._limited()
        return 404, {}, {}

    def _read(self, way: list[str]) -> Said:
        match way:
            case ["v1", tenant, "config"]:
                return (200, self.config[tenant], {}) if "config" not in self.broken else (200, {}, {})
            case ["v1", "runs"]:
                return 200, {"runs": self.runs, "count": len(self.runs)}, {"X-Next": "canary"}
        return 404, {}, {}

    def _changed(self, way: list[str], sent: Any) -> Said:
        match way:
            case ["v1", tenant, "config"]:
                self.posted.append(tenant)
                if "deaf" not in self.broken:
                    self.config[tenant] = sent
                return 200, {}, {}
            case ["v1", "runs", slot]:
                again = slot in self.runs and "runs" not in self.broken
                self.runs += [] if again else [slot]
                return (
                    200,
                    {"id": f"run-{self.runs.index(slot) + 1 if again else len(self.runs)}", "new": not again},
                    {},
                )
        return 404, {}, {}

    def _limited(self) -> Said:
        now = time.monotonic()
        self._burst = [at for at in self._burst if now - at < WINDOW]
        if len(self._burst) >= LIMIT and "unlimited" not in self.broken:
            if "stuck" in self.broken:
                self._burst.append(now)
            return 429, {}, {} if "mute" in self.broken else {"Retry-After": "0"}
        self._burst.append(now)
        return 200, {}, {}


async def collected(service: ContractService, steps: dict[str, Any], **check: Any) -> Evidence:
    """What a check of these steps brings, asked with credentials."""
    collector = HttpContractCollector(sources(service.url, service.log.parent, X_Credential=SECRET), now)
    try:
        return await collector.collect(named(HttpContractCheck.model_validate({"steps": steps, **check})))
    finally:
        await collector.aclose()
