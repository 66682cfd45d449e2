"""A system to drill on: a loopback service whose release is a line in a file, and programs that deploy another one."""

import asyncio
import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.evidence.records import Evidence
from checks.expectations.rollback import ROLLBACK
from checks.findings import Finding
from checks.kinds.rollback import RollbackCheck, RollbackRow
from checks.outcome import Outcome
from tasks.collectors.rollback import RollbackCollector
from tasks.collectors.sources import HttpAccess, ProgramAccess, Sources
from tests.checks.expectations.judging import Example, verdicts
from tests.loopback import LoopbackServer

OLD, NEW = "v1", "v2"
SYSTEM, NAME = "site", "the-drill"
QUICK = {
    "poll": "10ms",
    "abort": {"unhealthy_for": "1s", "after": "8s"},
    "expect": {"within": "3s"},
}


def now() -> datetime:
    return datetime.now(UTC)


class Site(LoopbackServer):
    """Serves `/health` and `/version`; `releases/bad` beside the release file makes it ill, `down` makes it silent."""

    def __init__(self, folder: Path) -> None:
        super().__init__(self._answer)
        self.folder = folder
        self.current = folder / "current"
        self.current.write_text(NEW)
        self.drills = folder / "drills"
        self.asked = 0
        self.deployed: list[str] = []

    @property
    def version(self) -> str:
        return self.current.read_text().strip()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked += 1
        path = head.split(" ")[1]
        version, word, status = self.version, "pass", "200 OK"
        if version == "mixed":
            version = (OLD, NEW)[self.asked // 2 % 2]
        if version.endswith("-ill"):
            word, status = "fail", "503 Service Unavailable"
        body = {"version": version} if path == "/version" else {"status": word}
        if version == "torn":  # health is answered by the new release, the version by the old one
            body = {"version": OLD} if path == "/version" else {"status": word, "version": NEW}
        if path == "/deploy":
            length = int(head.lower().split("content-length: ")[1].split("\r\n")[0])
            asked = json.loads(await reader.readexactly(length))
            self.deployed.append(asked["version"])
            self.current.write_text(asked["version"])
        data = json.dumps(body).encode()
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
        await writer.drain()

    def sources(self, **environment: str) -> Sources:
        shell = ProgramAccess("shell", ("/bin/sh", "-c"), self.folder, environment)
        return Sources(
            {"api": HttpAccess("api", f"http://127.0.0.1:{self.port}", {}, 2, 100_000), "shell": shell},
            SYSTEM,
            "staging",
            self.drills,
        )

    async def drill(self, **changes: Any) -> Evidence:
        """Carries a rollback drill out, as the collector does."""
        collector = RollbackCollector(self.sources(), now)
        try:
            return await collector.collect(rollback_check(**changes))
        finally:
            await collector.aclose()


def shell(script: str, *, within: str = "3s") -> dict[str, Any]:
    return {"run": "shell", "arguments": [script], "within": within}


BACK, FORWARD = shell(f"echo {OLD} > current"), shell(f"echo {NEW} > current; echo >> forwarded")


def rollback_check(**changes: Any) -> RollbackCheck:
    declared: Mapping[str, Any] = {
        "id": NAME,
        "steady": {"endpoints": ["api:/health"]},
        "version": {"at": "api:/version"},
        "back": BACK,
        "forward": FORWARD,
        **QUICK,
    }
    return RollbackCheck.model_validate({**declared, **changes})


def drill_row(evidence: Evidence) -> RollbackRow:
    row = evidence.rows[0]
    assert isinstance(row, RollbackRow)
    return row


def findings(evidence: Evidence, **changes: Any) -> dict[str, Finding]:
    """What judging makes of a drill, by expectation."""
    (judged,) = verdicts(ROLLBACK, [Example(rollback_check(**changes), evidence.rows)])
    return {finding.expectation: finding for verdict in judged for finding in verdict.findings}


def unmet(evidence: Evidence, **changes: Any) -> dict[str, Outcome]:
    """The expectations that a drill did not meet."""
    found = findings(evidence, **changes)
    assert len(found) > 1
    return {name: one.outcome for name, one in found.items() if one.outcome is not Outcome.PASS}


DRILL_PROGRAM = """
import asyncio, json, sys, threading
from pathlib import Path
from tasks.drills.interruption import heeding_signals
from tests.tasks.drills.site import Site

site = Site.__new__(Site)
site.folder, site.port, site.drills = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[1]) / "drills"
with heeding_signals(lambda told: print(told, flush=True)):
    drill = threading.Thread(target=lambda: asyncio.run(site.drill(**json.loads(sys.argv[3]))))
    drill.start()
    drill.join()
"""


async def drilling(site: Site, **changes: Any) -> asyncio.subprocess.Process:
    """A drill in a process of its own, as a flow run has it: the drill in a thread, signals in the main one."""
    command = [sys.executable, "-c", DRILL_PROGRAM, str(site.folder), str(site.port), json.dumps(changes)]
    root = Path(__file__).parents[3]
    return await asyncio.create_subprocess_exec(*command, cwd=root, stdout=asyncio.subprocess.PIPE)


async def until(condition: Any, *, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (it waits for another process)
            await asyncio.sleep(0.005)
