"""Reaches a sandbox that another process runs, by what it announced in its folder."""

import json
from pathlib import Path
from typing import Any

import httpx

from examples.sandbox.errors import SandboxError
from examples.sandbox.folder import Folder

# A deployment waits until the new release has started.
_PATIENCE_SECONDS = 60.0


class SandboxClient:
    """Speaks to the control port of the sandbox in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.expanduser().resolve()
        try:
            announced = json.loads(Folder(self._root).state.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._not_running() from error
        self._url = str(announced["SANDBOX_CONTROL_URL"])

    def switches(self) -> list[dict[str, Any]]:
        """Every switch with its name, its sentence and whether it is on."""
        return list(self._ask("GET", "/_sandbox/switches")["switches"])

    def turn(self, name: str, *, on: bool) -> None:
        """Turns one switch."""
        self._ask("POST", f"/_sandbox/switches/{name}", {"on": on})

    def deploy(self, version: str) -> None:
        """Deploys a release of the service."""
        self._ask("POST", "/_sandbox/deploy", {"version": version})

    def _ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        try:
            with httpx.Client(base_url=self._url, trust_env=False, timeout=_PATIENCE_SECONDS) as client:
                answer = client.request(method, path, json=body)
        except httpx.TransportError as error:
            raise self._not_running() from error
        content: dict[str, Any] = answer.json()
        if answer.is_error:
            raise SandboxError(content["error"])
        return content

    def _not_running(self) -> SandboxError:
        return SandboxError(f"{self._root}: no sandbox is running there; start one with: python -m examples.sandbox up")
