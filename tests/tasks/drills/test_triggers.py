"""Triggers that no test can pull for real: GitHub's API by a local server, kubectl and argocd by stand-in programs.

The server answers with the documents of GitHub's REST API, as its documentation gives them. The programs write down how
they were called; that the real ones understand it is on record in their own manuals, and not shown here.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from checks.kinds.drill import ArgoRollback, CallHttp, RolloutUndo, RunWorkflow, SendSignal
from tasks.collectors.http_client import HttpClient
from tasks.collectors.sources import FolderAccess, HttpAccess, ProgramAccess, Sources
from tasks.drills.triggers.opening import Triggers
from tasks.drills.triggers.trigger import Pulled
from tests.loopback import LoopbackServer
from tests.tasks.drills.site import now


class GitHub(LoopbackServer):
    """The part of GitHub's API that starts a workflow and tells of its runs; each test says how it answers."""

    def __init__(self) -> None:
        super().__init__(self._take)
        self.runs: list[int] = [100]
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.headers: list[str] = []
        self.looks = 0
        self.conclusion = "success"
        self.names_run = True
        self.new_runs = 1

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.headers.append(head)
        method, path, _ = head.split(" ", 2)
        body: dict[str, Any] = {}
        if method == "POST":
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            body = json.loads(await reader.readexactly(length))
        self.asked.append((method, path, body))
        status, document = self._answer(method, path)
        data = json.dumps(document).encode() if document is not None else b""
        writer.write(f"HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        await writer.drain()

    def _answer(self, method: str, path: str) -> tuple[int, Any]:
        if path.endswith("/dispatches"):
            self.runs += range(101, 101 + self.new_runs)
            named = {"workflow_run_id": 101, "run_url": f"{self.url}/runs/101", "html_url": f"{self.url}/html"}
            return (200, named) if self.names_run else (204, None)
        if "/workflows/" in path:
            return 200, {"total_count": len(self.runs), "workflow_runs": [{"id": run} for run in self.runs]}
        self.looks += 1
        done = self.looks >= 2
        return 200, {
            "id": 101,
            "status": "completed" if done else "queued",
            "conclusion": self.conclusion if done else None,
        }


@pytest.fixture
async def github() -> AsyncIterator[GitHub]:
    async with GitHub() as running:
        yield running


async def pull(declared: Any, **accesses: Any) -> Pulled:
    http = HttpClient(now)
    try:
        return await Triggers(Sources(accesses), http).open(declared).pull()
    finally:
        await http.aclose()


async def dispatch(github: GitHub, **changes: Any) -> Pulled:
    declared = {"workflow": "deploy.yml", "repository": "desk/service", "github": "github", "ask_every": "10ms"}
    workflow = RunWorkflow.model_validate({**declared, "inputs": {"version": "v1"}, "within": "2s", **changes})
    access = HttpAccess("github", github.url, {"Authorization": "Bearer open-sesame"}, 2, 100_000)
    return await pull(workflow, github=access)


async def test_a_workflow_is_dispatched_and_its_run_awaited(github: GitHub):
    pulled = await dispatch(github)
    assert pulled.succeeded
    method, path, body = github.asked[1]
    assert (method, path) == ("POST", "/repos/desk/service/actions/workflows/deploy.yml/dispatches")
    assert body == {"ref": "main", "inputs": {"version": "v1"}, "return_run_details": True}
    assert github.asked[-1][1] == "/repos/desk/service/actions/runs/101"
    assert all("Authorization: Bearer open-sesame" in head for head in github.headers)
    assert "application/vnd.github+json" in github.headers[1]


async def test_an_api_that_does_not_name_the_run_is_asked_which_one_is_new(github: GitHub):
    github.names_run = False
    assert (await dispatch(github)).succeeded
    assert github.asked[-1][1] == "/repos/desk/service/actions/runs/101"


async def test_two_runs_that_are_new_at_once_leave_nobody_sure(github: GitHub):
    github.names_run, github.new_runs = False, 2
    pulled = await dispatch(github)
    assert not pulled.succeeded
    assert "nobody knows which is ours" in (pulled.cause or "")


async def test_a_run_that_fails_is_a_failed_trigger(github: GitHub):
    github.conclusion = "failure"
    pulled = await dispatch(github)
    assert (pulled.ended, pulled.succeeded, pulled.cause) == (True, False, "run 101 concluded with failure")


async def test_a_run_that_does_not_end_is_not_waited_for_for_ever(github: GitHub):
    github.looks = -1_000_000
    pulled = await dispatch(github, within="200ms")
    assert (pulled.ended, pulled.cause) == (False, "its run did not end in 0.2 s")


@pytest.fixture
def program(tmp_path: Path) -> ProgramAccess:
    """A stand-in that writes its arguments down, and fails at whatever `fails` names."""
    script = tmp_path / "program"
    script.write_text(
        '#!/bin/sh\ncd "$(dirname "$0")"\necho "$*" >> called\ncase "$*" in *"$(cat fails)"*) exit 1;; esac\n'
    )
    script.chmod(0o755)
    (tmp_path / "fails").write_text("nothing of the kind")
    return ProgramAccess("program", (str(script),))


def called(program: ProgramAccess) -> list[str]:
    return (Path(program.command[0]).parent / "called").read_text().splitlines()


async def test_a_deployment_is_undone_and_its_status_awaited(program: ProgramAccess):
    declared = RolloutUndo.model_validate(
        {"rollout": "deployment/desk", "kubectl": "k", "namespace": "desk", "context": "staging", "to_revision": 7}
    )
    assert (await pull(declared, k=program)).succeeded
    assert called(program) == [
        "rollout undo deployment/desk --to-revision=7 --context=staging --namespace=desk",
        "rollout status deployment/desk --timeout=300s --context=staging --namespace=desk",
    ]


async def test_argo_rollouts_has_the_same_by_its_plugin(program: ProgramAccess):
    declared = RolloutUndo.model_validate({"rollout": "desk", "kubectl": "k", "argo": True, "within": "90s"})
    assert (await pull(declared, k=program)).succeeded
    assert called(program) == ["argo rollouts undo desk", "argo rollouts status desk --timeout=90s"]


async def test_an_argo_application_is_rolled_back_and_awaited(program: ProgramAccess):
    declared = ArgoRollback.model_validate({"application": "desk", "argocd": "a", "to_history": 3, "within": "90s"})
    assert (await pull(declared, a=program)).succeeded
    assert called(program) == ["app rollback desk 3", "app wait desk --health --operation --timeout=90"]


async def test_what_was_never_undone_is_not_waited_for(program: ProgramAccess):
    (Path(program.command[0]).parent / "fails").write_text("rollout undo")
    pulled = await pull(RolloutUndo.model_validate({"rollout": "deployment/desk", "kubectl": "k"}), k=program)
    assert not pulled.succeeded
    assert (pulled.cause or "").startswith("rollout undo deployment/desk: exit code 1")
    assert len(called(program)) == 1


@pytest.mark.parametrize("content", ["", "not a number", "1", "0", "-1", "999999999"])
async def test_no_signal_goes_where_no_process_is_named(tmp_path: Path, content: str):
    (tmp_path / "service.pid").write_text(content)
    declared = SendSignal.model_validate({"process": "files:service.pid", "within": "1s"})
    pulled = await pull(declared, files=FolderAccess("files", tmp_path, 1000))
    assert not pulled.succeeded


async def test_a_call_that_is_refused_says_what_was_answered(github: GitHub):
    call = CallHttp.model_validate({"call": "api:/repos/x/actions/runs/1", "http": [201]})
    pulled = await pull(call, api=HttpAccess("api", github.url, {}, 2, 100_000))
    assert (pulled.ended, pulled.succeeded) == (True, False)
    assert (pulled.cause or "").startswith("HTTP 200: ")


async def test_a_call_that_hangs_has_not_ended(github: GitHub):
    async def hang(*_: asyncio.StreamWriter | asyncio.StreamReader) -> None:
        await asyncio.sleep(60)

    async with LoopbackServer(hang) as server:
        access = HttpAccess("api", server.url, {}, 30, 1000)
        pulled = await pull(CallHttp.model_validate({"call": "api:/deploy", "within": "200ms"}), api=access)
    assert (pulled.ended, pulled.succeeded) == (False, False)
    assert "0.2 s passed before" in (pulled.cause or "")
