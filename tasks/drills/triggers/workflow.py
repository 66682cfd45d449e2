"""Triggers that start a GitHub Actions workflow by `workflow_dispatch`, and wait for the end of its run."""

import asyncio
import json
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from checks.kinds.drill import RunWorkflow
from tasks.collectors.http_client import Asking, HttpClient
from tasks.collectors.http_exchange import Exchange
from tasks.collectors.sources import HttpAccess, without_credentials
from tasks.collectors.strict_json import Json, Unreadable, parse
from tasks.drills.triggers.trigger import Pulled

_ACCEPT = "application/vnd.github+json"


@dataclass(slots=True)
class WorkflowTrigger:
    """One run of one workflow (REST API, "Create a workflow dispatch event").

    The API names the run where it is new enough. An older one does not; then the run is the only one that was not there
    before, and where several are new nobody can tell which is ours.
    """

    access: HttpAccess
    declared: RunWorkflow
    http: HttpClient
    _said: dict[str, bytes] = field(default_factory=dict)

    @property
    def shown(self) -> str:
        inputs = ", ".join(f"{name}={value}" for name, value in self.declared.inputs.items())
        where = without_credentials(self.access.address(self._workflow))
        return f"workflow_dispatch of {where} at {self.declared.ref}{f' with {inputs}' if inputs else ''}"

    async def pull(self) -> Pulled:
        self._said.clear()
        seconds = self.declared.within.total_seconds()
        try:
            async with asyncio.timeout(seconds):
                cause = await self._dispatch_and_wait()
        except TimeoutError:
            return Pulled(
                ended=False, succeeded=False, cause=f"its run did not end in {seconds:g} s", outputs=self._said
            )
        return Pulled(ended=True, succeeded=cause is None, cause=cause, outputs=self._said)

    async def _dispatch_and_wait(self) -> str | None:
        """Why it did not succeed."""
        before = await self._runs()
        body = {"ref": self.declared.ref, "inputs": self.declared.inputs, "return_run_details": True}
        asking = Asking("POST", accept=_ACCEPT, body=json.dumps(body).encode())
        answer = await self.http.send(self.access, f"{self._workflow}/dispatches", asking)
        self._said["dispatch.json"] = answer.body
        if answer.no_answer or answer.status not in (200, 204):
            return (
                answer.no_answer
                or f"HTTP {answer.status}: {' '.join(answer.body[:300].decode(errors='replace').split())}"
            )
        document = _document(answer)
        named = document.get("workflow_run_id") if isinstance(document, dict) else None
        run = named if isinstance(named, int) else await self._new_run(before)
        return (
            await self._conclusion(run) if run else "several runs began at the same time, so nobody knows which is ours"
        )

    async def _new_run(self, before: set[int]) -> int | None:
        """The only run that is new; the API shows it a moment after it was dispatched."""
        while not (new := await self._runs() - before):  # noqa: ASYNC110 (only the API knows)
            await asyncio.sleep(self.declared.ask_every.total_seconds())
        return new.pop() if len(new) == 1 else None

    async def _conclusion(self, run: int) -> str | None:
        path = f"{self._repository}/actions/runs/{run}"
        while True:
            answer = await self.http.send(self.access, path, Asking(accept=_ACCEPT))
            self._said["run.json"] = answer.body
            document = _document(answer)
            if isinstance(document, dict) and document.get("status") == "completed":
                conclusion = document.get("conclusion")
                return None if conclusion == "success" else f"run {run} concluded with {conclusion}"
            await asyncio.sleep(self.declared.ask_every.total_seconds())

    async def _runs(self) -> set[int]:
        query = urlencode({"event": "workflow_dispatch", "branch": self.declared.ref, "per_page": 30})
        document = _document(
            await self.http.send(self.access, f"{self._workflow}/runs?{query}", Asking(accept=_ACCEPT))
        )
        runs = document.get("workflow_runs") if isinstance(document, dict) else None
        found = [run.get("id") for run in runs if isinstance(run, dict)] if isinstance(runs, list) else []
        return {run for run in found if isinstance(run, int)}

    @property
    def _repository(self) -> str:
        return f"/repos/{self.declared.repository}"

    @property
    def _workflow(self) -> str:
        return f"{self._repository}/actions/workflows/{quote(self.declared.workflow, safe='')}"


def _document(exchange: Exchange) -> Json:
    """What an answer says; one that broke off or is no JSON says nothing, and is asked for again."""
    try:
        return parse(exchange.body) if exchange.no_answer is None and exchange.status == 200 else None
    except Unreadable:
        return None
