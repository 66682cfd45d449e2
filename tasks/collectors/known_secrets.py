"""Secrets that text gives away: keys and tokens of the forms that their issuers document, and passwords that are named.

Whatever is found is replaced before anything is kept: evidence goes to people who must not have it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_FORMS = {
    "private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[^\"]*",
    "AWS access key": r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
    "GitLab token": r"\bgl(?:pat|ptt|rt|dt)-[\w-]{20,}",
    "Slack token": r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
    "Stripe key": r"\b[rs]k_live_[A-Za-z0-9]{16,}",
    "Google API key": r"\bAIza[\w-]{35}",
    "OpenAI or Anthropic key": r"\bsk-(?:proj-|ant-|svcacct-)?[\w-]{32,}",
    "SendGrid key": r"\bSG\.[\w-]{16,}\.[\w-]{16,}",
    "package registry token": r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{40,})",
    "JSON Web Token": r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*",
    "credentials in a header": r"(?i:\b(?:bearer|basic)\s+)(?=[A-Za-z0-9+/._~-]*\d)[A-Za-z0-9+/._~-]{16,}=*",
    "password in an address": r"(?<=://)[^\s/:@\"]{0,100}:[^\s/:@\"*]{1,200}(?=@)",
    "named secret": (
        r"(?i:(?<![a-z])(?:passw(?:or)?d|pwd|passphrase|secret|api[_-]?key|access[_-]?key|"
        r"(?:access|auth|refresh|session|id)[_-]?token|client[_-]?secret))\\?[\"']?\s*[:=]\s*\\?[\"']?"
        r"(?!(?i:null|none|true|false|redacted|masked|hidden|\[|<|\*|\$\{|…))[^\s\"',;&\\{}]{6,}"
    ),
}
_ANY = re.compile("|".join(f"(?P<f{number}>{form})" for number, form in enumerate(_FORMS.values())))
_NAMES = {f"f{number}": name for number, name in enumerate(_FORMS)}
_SHORTEST = 6
"""A credential of ours that is shorter is no secret that anybody could tell from a word."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A text without its secrets, and what each of them was, in order."""

    text: str
    found: tuple[str, ...] = ()


def hide_secrets(text: str, ours: Iterable[str] = ()) -> Hidden:
    """Replaces every secret by a word for what it was; `ours` are credentials that this program itself holds."""
    found: list[str] = []

    def replaced(name: str) -> str:
        found.append(name)
        return f"‹{name}›"

    for secret in sorted({secret for secret in ours if len(secret) >= _SHORTEST}, key=len, reverse=True):
        while secret in text:
            text = text.replace(secret, replaced("a credential of this check"), 1)
    text = _ANY.sub(lambda match: replaced(_NAMES[str(match.lastgroup)]), text)
    return Hidden(text, tuple(found))
