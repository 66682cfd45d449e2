"""Headers by which a browser is told to protect its user: present is not enough, they must say something that does."""

import re
from collections.abc import Callable, Mapping

from checks.kinds.http_answers import SecureHeader

Headers = Mapping[str, str]
_REFERRER_POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
    }
)


def insecure(headers: Headers, name: SecureHeader) -> str | None:
    """What is wrong with one of the protections; `None` if it holds."""
    return _PROTECTIONS[name](headers)


def _hsts(headers: Headers) -> str | None:
    """RFC 6797, 6.1.1: a max-age of 0 ends the protection."""
    said = headers.get("strict-transport-security")
    if said is None:
        return "Strict-Transport-Security is absent"
    age = re.search(r"(?i)(?:^|;)\s*max-age\s*=\s*\"?(\d+)", said)
    return None if age and int(age[1]) > 0 else f"Strict-Transport-Security says {said!r}, which lasts no time"


def _nosniff(headers: Headers) -> str | None:
    said = headers.get("x-content-type-options")
    if said is None:
        return "X-Content-Type-Options is absent"
    return None if said.lower() == "nosniff" else f"X-Content-Type-Options is {said!r}, not nosniff"


def _frame(headers: Headers) -> str | None:
    """Where both stand there, browsers heed the policy's frame-ancestors alone."""
    policy = headers.get("content-security-policy", "").lower()
    ancestors = re.search(r"(?:^|[;,])\s*frame-ancestors\s+([^;,]*)", policy)
    if ancestors:
        return "frame-ancestors allows everybody" if "*" in ancestors[1].split() else None
    said = headers.get("x-frame-options")
    if said is None:
        return "neither X-Frame-Options nor a policy's frame-ancestors is there"
    return None if said.upper() in ("DENY", "SAMEORIGIN") else f"X-Frame-Options is {said!r}, not DENY or SAMEORIGIN"


def _csp(headers: Headers) -> str | None:
    """A policy that only reports protects nobody, and it comes under another name."""
    said = headers.get("content-security-policy")
    return None if said and said.strip(" ;,") else "Content-Security-Policy is absent or empty"


def _referrer(headers: Headers) -> str | None:
    """Referrer Policy, 8.1: the last policy that is known counts."""
    said = headers.get("referrer-policy")
    if said is None:
        return "Referrer-Policy is absent"
    words = [word.strip().lower() for word in said.split(",")]
    known = [word for word in words if word in _REFERRER_POLICIES or word == "unsafe-url"]
    return None if known and known[-1] != "unsafe-url" else f"Referrer-Policy is {said!r}, which hides nothing"


_PROTECTIONS: Mapping[SecureHeader, Callable[[Headers], str | None]] = {
    "hsts": _hsts,
    "nosniff": _nosniff,
    "frame": _frame,
    "csp": _csp,
    "referrer": _referrer,
}
