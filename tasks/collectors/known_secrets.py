"""Secrets that text gives away: keys and tokens of the forms that their issuers document, and passwords that are named.

Whatever is found is replaced before anything is kept: evidence goes to people who must not have it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

NAMED = "named secret"
OURS = "a credential of this check"
_FORMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "private key": (
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
        r"(?:[^\"]{0,20000}?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|[^\"]*)",
        ("private key",),
    ),
    "AWS access key": (r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", ("akia", "asia")),
    "GitHub token": (
        r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{22,255})",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    "GitLab token": (r"\bgl(?:pat|ptt|rt|dt)-[\w-]{20,}", ("glpat-", "glptt-", "glrt-", "gldt-")),
    "Slack token": (r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}", ("xox",)),
    "Stripe key": (r"\b[rs]k_live_[A-Za-z0-9]{16,}", ("k_live_",)),
    "Google API key": (r"\bAIza[\w-]{35}", ("aiza",)),
    "OpenAI or Anthropic key": (r"\bsk-(?:proj-|ant-|svcacct-)?[\w-]{32,}", ("sk-",)),
    "SendGrid key": (r"\bSG\.[\w-]{16,}\.[\w-]{16,}", ("sg.",)),
    "package registry token": (r"\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{40,})", ("npm_", "pypi-")),
    "JSON Web Token": (r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]*", ("eyj",)),
    "credentials in a header": (
        r"(?i:\bauthorization\\{0,3}[\"']?\s{0,9}[:=]\s{0,9}\\{0,3}[\"']?(?:bearer|basic|token)\s+)[^\s\"'\\‹]{6,}"
        r"|(?i:\b(?:bearer|basic)\s+)(?=[A-Za-z0-9+/._~-]*\d)[A-Za-z0-9+/._~-]{16,}=*",
        ("bearer", "basic", "authorization"),
    ),
    "password in an address": (
        r"(?<=://)[^\s/:@\"'‹]{0,100}:(?!\**@)[^\s/\"'‹]{1,200}(?=@)",
        ("://",),
    ),
}
# A name stays where it is, so that what is JSON stays JSON and a reader sees what it was: only its value goes. What is
# hidden already, or stands for something else, is no secret.
_NOT_ONE = rf"(?!(?i:null|none|true|false|redacted|masked|hidden|\[|<|\*|\$\{{|…|‹|(?:{'|'.join([*_FORMS, OURS])})\b))"
_FORMS[NAMED] = (
    r"(?P<kept>(?i:(?<![a-z])(?:passw(?:or)?d|pwd|passphrase|secret|api[_-]?key|access[_-]?key|"
    r"(?:access|auth|refresh|session|id)[_-]?token|client[_-]?secret))(?P<closed>\\{0,3}[\"']?)\s{0,9}[:=]\s{0,9})"
    rf"(?:(?P<opened>\\{{0,3}}[\"']){_NOT_ONE}(?:[^\"'\\\n]|\\[^\"'\n]){{6,500}}|{_NOT_ONE}[^\s\"',;&\\{{}}]{{6,}})",
    (
        *("passw", "pwd", "passphrase", "secret", "token"),
        *("apikey", "api_key", "api-key", "accesskey", "access_key", "access-key"),
    ),
)
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
    for secret in sorted({secret for secret in ours if len(secret) >= _SHORTEST}, key=len, reverse=True):
        if secret in text:
            found += [OURS] * text.count(secret)
            text = text.replace(secret, _marked(OURS))
    forms = _hinted(text)
    if not forms:
        return Hidden(text, tuple(found))
    matcher, names = _matcher(forms)

    def replaced(match: re.Match[str]) -> str:
        name = names[next(group for group in names if match[group] is not None)]
        found.append(name)
        return _without_value(match) if name == NAMED else _marked(name)

    text = matcher.sub(replaced, text)
    return Hidden(text, tuple(found))


def _without_value(match: re.Match[str]) -> str:
    """A name and its separator; a bare value behind a name in quotes was JSON, and becomes a text there."""
    closed, opened = match["closed"], match["opened"]
    if opened is None and closed and ":" in match["kept"]:
        return f"{match['kept']}{closed}{_marked(NAMED)}{closed}"
    return f"{match['kept']}{opened or ''}{_marked(NAMED)}"


def _marked(name: str) -> str:
    return f"‹{name}›"


def _hinted(text: str) -> tuple[str, ...]:
    """The forms that can stand in a text at all: looking for a few letters is far quicker than for a pattern."""
    lowered = text.lower()
    return tuple(name for name, (_, hints) in _FORMS.items() if any(hint in lowered for hint in hints))


@cache
def _matcher(forms: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    names = {f"f{number}": name for number, name in enumerate(forms)}
    return re.compile("|".join(f"(?P<{group}>{_FORMS[name][0]})" for group, name in names.items())), names
