"""The sandbox's HTTP service: says how it is, shows its metrics, and serves a tenant's ledger entries."""

import asyncio
import math
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from examples.sandbox.access_log import AccessLog
from examples.sandbox.business import Business
from examples.sandbox.connection import LedgerConnection
from examples.sandbox.doors import Doors
from examples.sandbox.faults import Faults
from examples.sandbox.folder import Folder
from examples.sandbox.ledger import TENANTS
from examples.sandbox.metrics import Metrics
from examples.sandbox.observing import Observing
from examples.sandbox.operations import Operations, refusal
from examples.sandbox.protection import PAGE, Limiter, Protected
from examples.sandbox.releases import RELEASES
from examples.sandbox.reports import REPORTS
from examples.sandbox.traffic import earlier_exchanges, earlier_ingests

_SLOW_SECONDS = 2.0
_MOST_ENTRIES = 100
_STATEMENT_SECONDS = 0.4
_LONGEST_NOTE = 10_000
QUOTES, QUOTES_SECONDS = 20, 5.0


class Service:
    """The endpoints, and what they need to answer."""

    def __init__(self, folder: Folder, *, version: str, database_url: str) -> None:
        self._about = {"version": version, "commit": RELEASES[version]}
        self._faults = Faults(folder)
        self._folder = folder
        self._ledger = LedgerConnection(database_url)
        self._log = AccessLog(folder.logs / "service.jsonl", version=version)
        self._metrics = Metrics(version=version, commit=RELEASES[version])
        self._doors = Doors(os.environ, folder.logs / "auth.jsonl")
        self._operations = Operations(Business(self._ledger, folder.events), self._doors, self._faults)
        self._limiter = Limiter(QUOTES, QUOTES_SECONDS)
        self._started = False

    def app(self) -> Starlette:
        """The service as an ASGI application."""
        routes = [
            Route("/", self.page),
            Route("/livez", self.livez),
            Route("/health", self.health),
            Route("/health/ready", self.ready),
            Route("/startupz", self.startupz),
            Route("/version", self.version),
            Route("/metrics", self.metrics),
            Route("/reports/{name}/latest.json", self.report),
            Route("/v1/quotes", self.quotes),
            *self._operations.routes(),
            Route("/v1/{tenant}/entries", self.entries),
            Route("/v1/{tenant}/statement", self.statement),
            Route("/v1/{tenant}/notes", self.note, methods=["POST"]),
        ]
        app = Starlette(routes=routes, lifespan=self._lifespan)
        app.add_middleware(Protected, faults=self._faults)
        app.add_middleware(Observing, seen=(self._metrics.count, self._log.write))
        return app

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        for exchange in earlier_exchanges(datetime.now(UTC)):
            self._metrics.count(exchange)
            self._log.write(exchange)
        for tenant, seconds in earlier_ingests():
            self._metrics.ingested(tenant, seconds)
        self._started = True
        yield
        self.close()

    def close(self) -> None:
        """Ends the database session and closes the log."""
        self._ledger.close()
        self._log.close()
        self._doors.close()

    async def page(self, _request: Request) -> Response:
        """The page that people see."""
        logo = "http://pictures.test/logo.png" if self._faults.mixed_content else "/logo.png"
        return HTMLResponse(PAGE.format(logo=logo))

    async def quotes(self, request: Request) -> Response:
        """A quote of the day, of which nobody may take too many at once."""
        if set(request.query_params) - {"day"}:
            return refusal("the only parameter is day", code=400)
        wait = None if self._faults.unlimited else self._limiter.wait()
        if wait is None:
            return JSONResponse({"quote": "Trust, but verify."})
        answer = refusal("too many requests", code=429)
        answer.headers["retry-after"] = str(math.ceil(wait))
        return answer

    async def livez(self, _request: Request) -> Response:
        """The process is alive: nothing else is asked, so a broken database does not get it restarted."""
        return JSONResponse({"status": "pass"})

    async def startupz(self, _request: Request) -> Response:
        """Everything that has to happen once before the first request has happened."""
        return _verdict({"status": "pass" if self._started else "fail"})

    async def health(self, _request: Request) -> Response:
        """The service as its users find it, in one word."""
        if self._faults.slow:
            await asyncio.sleep(_SLOW_SECONDS)
        if self._faults.failing_body:
            return JSONResponse({"status": "fail", **self._about})
        checks = await run_in_threadpool(self._dependencies)
        return _verdict({"status": _worst(checks), **self._about})

    async def ready(self, _request: Request) -> Response:
        """Every dependency by its name, with its own status."""
        checks = await run_in_threadpool(self._dependencies)
        return _verdict({"status": _worst(checks), **self._about, "checks": checks})

    async def version(self, _request: Request) -> Response:
        """The release that is running."""
        return JSONResponse(self._about)

    async def metrics(self, request: Request) -> Response:
        """The metrics in the format that was asked for."""
        self._metrics.connections.set(self._ledger.open_connections)
        match request.query_params.get("format", "prom"):
            case "prom":
                body, content_type = self._metrics.text(request.headers.get("accept", ""))
            case "json":
                body, content_type = self._metrics.json()
            case unknown:
                return refusal(f"unknown format {unknown!r}: prom or json", code=400)
        if self._faults.truncated_metrics:
            body = body[: len(body) // 2]
        return Response(body, headers={"content-type": content_type})

    async def report(self, request: Request) -> Response:
        """A report file, byte for byte as it lies in the folder."""
        name = request.path_params["name"]
        path = self._folder.reports / name / "latest.json"
        if name not in REPORTS or not path.exists():
            return refusal("no such report", code=404)
        return Response(path.read_bytes(), media_type="application/json")

    async def entries(self, request: Request) -> Response:
        """A tenant's newest ledger entries."""
        tenant, limit = request.path_params["tenant"], request.query_params.get("limit", "10")
        if tenant not in TENANTS:
            return refusal("no such tenant", code=404)
        if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= _MOST_ENTRIES):
            return refusal(f"limit must be a number from 1 to {_MOST_ENTRIES}", code=400)
        try:
            found = await run_in_threadpool(self._ledger.newest, tenant, int(limit))
        except psycopg.Error:
            return refusal("the ledger does not answer", code=503)
        return JSONResponse({"tenant": tenant, "entries": found})

    async def statement(self, request: Request) -> Response:
        """A tenant's statement, which takes its time."""
        if request.path_params["tenant"] not in TENANTS:
            return refusal("no such tenant", code=404)
        await asyncio.sleep(_STATEMENT_SECONDS)
        return await self.entries(request)

    async def note(self, request: Request) -> Response:
        """Adds a note, once for each `Idempotency-Key`: whoever is unsure whether it was added may send it again."""
        tenant, key = request.path_params["tenant"], request.headers.get("idempotency-key", "")
        body = (await request.body())[:_LONGEST_NOTE].decode(errors="replace")
        if tenant not in TENANTS:
            return refusal("no such tenant", code=404)
        if not key:
            return refusal("the header Idempotency-Key is missing", code=400)
        try:
            added = await run_in_threadpool(self._ledger.note, key, tenant, body)
        except psycopg.Error:
            return refusal("the ledger does not answer", code=503)
        return JSONResponse({"key": key, "added": added}, status_code=201 if added else 200)

    def _dependencies(self) -> dict[str, dict[str, object]]:
        return {"ledger-database": self._database(), "event-log": self._event_log()}

    def _database(self) -> dict[str, object]:
        try:
            return {"status": "pass", "seconds": round(self._ledger.ping(), 6)}
        except psycopg.Error as error:
            return {"status": "fail", "reason": type(error).__name__}

    def _event_log(self) -> dict[str, object]:
        readable = os.access(self._folder.events, os.R_OK)
        return {"status": "pass"} if readable else {"status": "fail", "reason": "the event log cannot be read"}


def _worst(checks: Mapping[str, Mapping[str, object]]) -> str:
    return "pass" if all(check["status"] == "pass" for check in checks.values()) else "fail"


def _verdict(body: dict[str, object]) -> Response:
    return JSONResponse(body, status_code=200 if body["status"] == "pass" else 503)


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket on a port that the sandbox keeps reserved by a second socket, bound to it and never listening."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


def main(folder: str, version: str, host: str, port: str) -> None:
    """Serves until SIGTERM; requests in flight are finished first."""
    # uvicorn raises the signal again once it has shut down; without this the exit code would speak of a violent end.
    signal.signal(signal.SIGTERM, lambda *_: None)
    database_url = os.environ["SANDBOX_LEDGER_URL"]
    service = Service(Folder(Path(folder)), version=version, database_url=database_url)
    config = uvicorn.Config(service.app(), log_config=None, access_log=False, timeout_graceful_shutdown=8)
    uvicorn.Server(config).run(sockets=[listening_socket(host, int(port))])


if __name__ == "__main__":
    main(*sys.argv[1:])
