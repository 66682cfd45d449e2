"""The endpoints for operators: hourly runs, alerts, accounts, configuration, traceability; each behind a door."""

import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from json import JSONDecodeError
from typing import Any

import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from examples.sandbox.business import SYNTHETIC, Business, tenants
from examples.sandbox.doors import OPERATOR, ROLES, Doors
from examples.sandbox.faults import Faults

Answer = Callable[[Request], Awaitable[Response]]


class Operations:
    """Answers operators, and strangers only while the doors are open."""

    def __init__(self, business: Business, doors: Doors, faults: Faults) -> None:
        self._business = business
        self._doors = doors
        self._faults = faults

    def routes(self) -> list[Route]:
        """Its part of the service."""
        guarded, account = self._guarded, "/v1/accounts/{account}"
        billing = "/v1/billing/reconciliation"
        return [
            Route(f"{billing}/hourly-trigger", guarded(self._trigger, OPERATOR), methods=["POST"]),
            Route(f"{billing}/runs", guarded(self._runs, OPERATOR)),
            Route(f"{billing}/alerts/deliver", guarded(self._deliver, OPERATOR), methods=["POST"]),
            Route(f"{billing}/alerts", guarded(self._alerts, OPERATOR)),
            Route("/v1/billing/accounts/{account}/traceability", guarded(self._traceability, OPERATOR)),
            Route(account, guarded(self._open_account, OPERATOR), methods=["PUT"]),
            Route(f"{account}/data-map", guarded(self._data_map, OPERATOR)),
            Route(f"{account}/delete", guarded(self._delete, OPERATOR), methods=["POST"]),
            Route(f"{account}/audit", guarded(self._audit, OPERATOR)),
            Route(f"{account}/login", self._login),
            Route("/v1/operator/tenants", guarded(self._tenants, OPERATOR)),
            Route("/v1/operator/tenants/{tenant}/config", guarded(self._config, OPERATOR), methods=["GET", "POST"]),
            Route("/v1/actions/run", guarded(self._action, OPERATOR), methods=["POST"]),
            Route("/v1/actions/report", guarded(self._action, *ROLES)),
        ]

    def _guarded(self, answer: Answer, *allowed: str) -> Answer:
        async def guarded(request: Request) -> Response:
            code = self._doors.refusal(request, *allowed)
            if code and not self._faults.open_doors:
                return refusal("no such role may do this" if code == 403 else "who are you?", code=code)
            try:
                return await answer(request)
            except psycopg.Error:
                return refusal("the ledger does not answer", code=503)

        return guarded

    async def _trigger(self, request: Request) -> Response:
        """Runs the reconciliation of an hour, once; whoever asks again gets the run that there is."""
        asked = await _object(request)
        slot = _slot(asked.get("slot"))
        if slot is None:
            return refusal("slot must be an hour, such as 2026-11-22T14:00Z", code=400)
        run, is_new = await run_in_threadpool(self._business.run_slot, slot)
        if self._faults.double_trigger and not is_new:
            run, is_new = f"{run}-{uuid.uuid4().hex[:6]}", True
        return JSONResponse({"slot": slot.isoformat(), "run": run, "effective": is_new}, status_code=200)

    async def _runs(self, _request: Request) -> Response:
        found = await run_in_threadpool(self._business.runs)
        return JSONResponse({"runs": found, "count": len(found)})

    async def _deliver(self, _request: Request) -> Response:
        delivered = await run_in_threadpool(self._business.deliver)
        return JSONResponse({"delivered": delivered})

    async def _alerts(self, _request: Request) -> Response:
        found = await run_in_threadpool(self._business.alerts)
        undelivered = sum(alert["receipt"] is None for alert in found)
        return JSONResponse({"alerts": found, "undelivered": undelivered})

    async def _traceability(self, request: Request) -> Response:
        account = request.path_params["account"]
        if account not in tenants():
            return refusal("no such account", code=404)
        return JSONResponse(await run_in_threadpool(self._business.traceability, account))

    async def _open_account(self, request: Request) -> Response:
        account = request.path_params["account"]
        if not account.startswith(SYNTHETIC):
            return refusal(f"only accounts that begin with {SYNTHETIC} are opened here", code=403)
        await run_in_threadpool(self._business.open_account, account)
        return JSONResponse({"account": account}, status_code=201)

    async def _data_map(self, request: Request) -> Response:
        found = await run_in_threadpool(self._business.data_map, request.path_params["account"])
        return JSONResponse(found) if found else refusal("no such account", code=404)

    async def _delete(self, request: Request) -> Response:
        deleted = await run_in_threadpool(self._business.delete_account, request.path_params["account"])
        return JSONResponse({"deleted": True}) if deleted else refusal("no such account", code=404)

    async def _audit(self, request: Request) -> Response:
        return JSONResponse({"events": await run_in_threadpool(self._business.audit, request.path_params["account"])})

    async def _login(self, request: Request) -> Response:
        try:
            known = await run_in_threadpool(self._business.may_log_in, request.path_params["account"])
        except psycopg.Error:
            return refusal("the ledger does not answer", code=503)
        return JSONResponse({"welcome": True}) if known else refusal("no such account", code=403)

    async def _tenants(self, _request: Request) -> Response:
        return JSONResponse({"tenants": tenants(), "count": len(tenants())})

    async def _config(self, request: Request) -> Response:
        tenant = request.path_params["tenant"]
        if tenant not in tenants():
            return refusal("no such tenant", code=404)
        if request.method == "POST":
            await run_in_threadpool(self._business.configure, tenant, await _object(request))
        return JSONResponse({"tenant": tenant, "config": await run_in_threadpool(self._business.config, tenant)})

    async def _action(self, request: Request) -> Response:
        return JSONResponse({"done": request.url.path.rpartition("/")[2]})


def refusal(reason: str, *, code: int) -> Response:
    """An answer that says no, and why."""
    return JSONResponse({"error": reason}, status_code=code)


async def _object(request: Request) -> dict[str, Any]:
    """The JSON object that was sent; anything else counts as an empty one."""
    try:
        sent = json.loads(await request.body() or b"{}")
    except (JSONDecodeError, UnicodeDecodeError):
        return {}
    return sent if isinstance(sent, dict) else {}


def _slot(text: object) -> datetime | None:
    """The hour that a text names, or this one."""
    if text is None:
        return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    try:
        slot = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return slot if slot.tzinfo and not (slot.minute or slot.second or slot.microsecond) else None
