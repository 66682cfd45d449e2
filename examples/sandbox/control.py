"""The sandbox's control port: switches and deployments over HTTP, for callers on this machine alone."""

import ipaddress
import threading
from json import JSONDecodeError

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from examples.sandbox.errors import SandboxError
from examples.sandbox.ports import HOST, held_port
from examples.sandbox.switches import SWITCHES, Switchboard


class LoopbackOnly:
    """Refuses every caller that is not on this machine, and every name but this machine's own.

    The name matters too: a page in somebody's browser can have its own host name point to the loopback address.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request, or 403."""
        if scope["type"] == "http":
            request = Request(scope)
            peer = request.client.host if request.client else ""
            if not (_is_loopback(peer) and _is_loopback(request.url.hostname or "")):
                await _refusal("only from this machine", code=403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def control_app(board: Switchboard) -> Starlette:
    """The control port as an ASGI application."""

    async def switches(_request: Request) -> Response:
        states = board.states()
        rows = [{"name": name, "on": on, "sentence": SWITCHES[name].sentence} for name, on in states.items()]
        return JSONResponse({"switches": rows})

    async def switch(request: Request) -> Response:
        name, on = request.path_params["name"], (await _asked(request)).get("on")
        if name not in SWITCHES:
            return _refusal(f"{name}: no such switch; there are {', '.join(SWITCHES)}", code=404)
        if not isinstance(on, bool):
            return _refusal('the body must be {"on": true} or {"on": false}', code=400)
        await run_in_threadpool(board.turn, name, on=on)
        return JSONResponse({"name": name, "on": on})

    async def deploy(request: Request) -> Response:
        version = (await _asked(request)).get("version")
        if not isinstance(version, str):
            return _refusal('the body must be {"version": "v…"}', code=400)
        await run_in_threadpool(board.deploy, version)
        return JSONResponse({"version": version})

    async def start(_request: Request) -> Response:
        await run_in_threadpool(board.start)
        return JSONResponse({"status": "started"})

    async def refused(_request: Request, error: Exception) -> Response:
        return _refusal(str(error), code=409)

    routes = [
        Route("/_sandbox/switches", switches),
        Route("/_sandbox/switches/{name}", switch, methods=["POST"]),
        Route("/_sandbox/deploy", deploy, methods=["POST"]),
        Route("/_sandbox/start", start, methods=["POST"]),
    ]
    app = Starlette(routes=routes, exception_handlers={SandboxError: refused})
    app.add_middleware(LoopbackOnly)
    return app


async def _asked(request: Request) -> dict[str, object]:
    """The JSON object that was sent; anything else counts as an empty one."""
    try:
        body = await request.json()
    except (JSONDecodeError, UnicodeDecodeError):
        return {}
    return body if isinstance(body, dict) else {}


def _refusal(reason: str, *, code: int) -> JSONResponse:
    return JSONResponse({"error": reason}, status_code=code)


class ControlPort:
    """The control port, served by a thread: it answers also while the service is down."""

    def __init__(self, board: Switchboard) -> None:
        self._socket = held_port()
        self.url = f"http://{HOST}:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(control_app(board), log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        arguments = {"sockets": [self._socket]}
        self._thread = threading.Thread(target=self._server.run, kwargs=arguments, name="sandbox-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops answering."""
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
