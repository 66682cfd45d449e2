"""One HTTP exchange as evidence: what was asked, what came back, how long each phase took, or why nothing came."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from checks.evidence.records import RawCapture, Scalar
from checks.secret_names import speaks_of_secrets
from tasks.collectors.sources import without_credentials

_ADDRESSES = frozenset({"location", "content-location", "link", "refresh"})
_HEADER = "header."
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what became of it.

    `no_answer` says in plain words why there is no complete answer; `status` and `body` then hold as much as came.
    Durations are in seconds and `None` where a phase did not happen; `seconds` is the whole. `address` is the IP
    address that was asked. Header names are in lower case, and headers that may hold secrets are left out.
    """

    url: str
    asked_at: str
    address: str | None = None
    status: int | None = None
    no_answer: str | None = None
    resolve_seconds: float | None = None
    connect_seconds: float | None = None
    tls_seconds: float | None = None
    first_byte_seconds: float | None = None
    seconds: float | None = None
    certificate_expires_at: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def capture(self, item: str, subject: str) -> RawCapture:
        """The exchange as a raw capture; `exchange_from` reads it back."""
        meta: dict[str, Scalar] = {"subject": subject}
        meta |= {name: getattr(self, name) for name in _META}
        meta |= {_HEADER + name: value for name, value in self.headers.items()}
        return RawCapture(item, self.body, meta)


_META = tuple(each.name for each in fields(Exchange) if each.name not in ("headers", "body"))


def exchange_from(capture: RawCapture) -> Exchange:
    """The exchange that a capture was made of."""
    meta = capture.meta
    headers = {name.removeprefix(_HEADER): str(value) for name, value in meta.items() if name.startswith(_HEADER)}
    facts: dict[str, Any] = {name: meta.get(name) for name in _META}
    return Exchange(**facts, headers=headers, body=capture.body)


def shown_headers(raw: Iterable[tuple[bytes, bytes]], secrets: Iterable[str]) -> dict[str, str]:
    """Headers as evidence may show them: none whose name speaks of secrets, none that echoes one we sent."""
    sent = tuple(secret for secret in secrets if secret)
    shown: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if speaks_of_secrets(name) or any(secret in value for secret in sent):
            continue
        if name in _ADDRESSES:
            value = without_credentials(value)
        shown[name] = ", ".join(filter(None, (shown.get(name), printable(value))))
    return shown


def printable(text: str, longest: int = _LONGEST) -> str:
    """Text from outside as a row may hold it: control characters and half characters replaced, and not too long."""
    return "".join(char if char.isprintable() else "�" for char in text[:longest])


def item_name(number: int, text: str) -> str:
    """A capture's name, safe as a file name and unique by its number."""
    return f"{number}-{re.sub('[^A-Za-z0-9._-]+', '-', text).strip('-.')}"[:80]
