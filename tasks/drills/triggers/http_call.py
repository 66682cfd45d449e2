"""Triggers that make one HTTP request."""

import json
from dataclasses import dataclass, replace

from checks.kinds.drill import CallHttp
from tasks.collectors.http_client import Asking, HttpClient
from tasks.collectors.sources import HttpAccess, without_credentials
from tasks.drills.triggers.trigger import Pulled


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """One request to one service; it counts as ended once a whole answer came."""

    access: HttpAccess
    call: CallHttp
    http: HttpClient

    @property
    def shown(self) -> str:
        return f"{self.call.method} {without_credentials(self.access.address(self.call.call.path))}"

    async def pull(self) -> Pulled:
        seconds = self.call.within.total_seconds()
        asking = Asking(self.call.method, accept="application/json", body=json.dumps(self.call.send).encode())
        exchange = await self.http.send(replace(self.access, timeout=seconds), self.call.call.path, asking)
        outputs = {"answer.txt": exchange.body}
        if exchange.no_answer:
            ended = exchange.seconds is not None and exchange.seconds < seconds
            return Pulled(ended, succeeded=False, cause=exchange.no_answer, outputs=outputs)
        succeeded = exchange.status in self.call.http
        cause = None if succeeded else f"HTTP {exchange.status}: {_said(exchange.body)}"
        return Pulled(ended=True, succeeded=succeeded, cause=cause, outputs=outputs)


def _said(body: bytes) -> str:
    return " ".join(body[:300].decode(errors="replace").split()) or "an empty body"
