"""Who may do what: a token for each role, and one line on record for each decision."""

import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from starlette.requests import Request

from examples.sandbox.reports import rfc3339

OPERATOR, VIEWER = "operator", "viewer"
ROLES = (OPERATOR, VIEWER)
_VARIABLE = "SANDBOX_{}_TOKEN"


def new_tokens() -> dict[str, str]:
    """A token for each role, by the variable that holds it."""
    return {_VARIABLE.format(role.upper()): secrets.token_urlsafe(24) for role in ROLES}


class Doors:
    """Lets requests in by the role of their token; whoever has none is a stranger."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        tokens = {role: environment.get(_VARIABLE.format(role.upper())) for role in ROLES}
        self._roles = {token: role for role, token in tokens.items() if token}
        self._log: IO[str] = log.open("a", encoding="utf-8", buffering=1)

    def refusal(self, request: Request, *allowed: str) -> int | None:
        """401 for a stranger, 403 for a role that may not; `None` opens the door."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        role = next((role for known, role in self._roles.items() if secrets.compare_digest(known, token)), None)
        code = 401 if role is None else None if role in allowed else 403
        line = {
            "time": rfc3339(datetime.now(UTC)),
            "role": role or "stranger",
            "action": f"{request.method} {request.url.path}",
            "decision": "denied" if code else "allowed",
            "traceId": request.headers.get("x-trace-id", "-"),
        }
        self._log.write(json.dumps(line) + "\n")
        return code

    def close(self) -> None:
        """Closes the record."""
        self._log.close()
