"""Neutralises values before they reach a page: what the outside world wrote is read there, and does nothing."""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote

from markupsafe import Markup

from checks.evidence.values import NOTHING
from checks.timespans import duration_words, instant_words

LONGEST = 1_000
"""Characters of one value that a page shows; the whole of it stands in the bundle."""

SHORT = 80

# Controls, lone surrogates, and what reorders or hides text: bidi controls, zero-width and tag characters. The joiners
# U+200C and U+200D stay, since Persian and Hindi are written with them.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
# Markdown's own punctuation wherever it stands; underscores outside words; and what would start a bare link.
_MARKDOWN = re.compile(r"[\\`*\[\]|~$@<>&]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.", re.IGNORECASE)
_MARKDOWN_START = re.compile(r"[#+=-]|\d+(?=[.)](?:\s|$))")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def text_of(value: object) -> str:
    """A value as a page shows it: nothing as a dash, invisible characters by their code, never endless."""
    text = value if type(value) is str else _words(value)
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}… (and {len(text) - LONGEST:,} characters more)"
    return _UNSEEN.sub(lambda match: code_of(match[0]), text) if _UNSEEN.search(text) else text


def code_of(character: str) -> str:
    """A character by its code."""
    number = ord(character)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def markdown_text(value: object) -> Markup:
    """A value as Markdown that shows it and means nothing else; one line, whatever it held."""
    if isinstance(value, Markup):
        return value
    text = text_of(value)
    return _short_markdown(text) if len(text) <= SHORT else _markdown(text)


def markdown_code(value: object) -> Markup:
    """A value as a code span; not for table cells, where a pipe would end it."""
    text = " ".join(text_of(value).split()) or NOTHING
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    padding = " " if text.startswith("`") or text.endswith("`") else ""
    return Markup(f"{fence}{padding}{text}{padding}{fence}")  # noqa: S704 (the fence is longer than any run inside)


def markdown_link(label: object, path: str, anchor: str | None = None) -> Markup:
    """A link to a file beside the page."""
    return Markup(f"[{markdown_text(label)}]({href(path, anchor)})")  # noqa: S704 (both parts are escaped)


def html_value(value: object) -> str:
    """A value before Jinja2 escapes it for HTML."""
    return value if isinstance(value, Markup) else text_of(value)


def href(path: str, anchor: str | None = None) -> Markup:
    """A relative address: no scheme, no host, nothing that ends an attribute or a Markdown link."""
    address = quote(_UNSEEN.sub("", path), safe="/", errors="replace")
    fragment = f"#{quote(anchor, safe='', errors='replace')}" if anchor else ""
    return Markup(("." if address.startswith("/") else "") + address + fragment)  # noqa: S704 (quoted)


def _markdown(text: str) -> Markup:
    line = " ".join(text.split()) or NOTHING
    line = _MARKDOWN.sub(lambda match: _ENTITIES.get(match[0], f"\\{match[0]}"), line)
    start = _MARKDOWN_START.match(line)
    if start is not None:
        cut = 0 if start[0] in "#+=-" else start.end()
        line = f"{line[:cut]}\\{line[cut:]}"
    return Markup(line)  # noqa: S704 (escaped just above)


# The same few words (`http`, `major`, `200`) stand in most cells of a page.
_short_markdown = lru_cache(maxsize=4096)(_markdown)


def _words(value: object) -> str:
    match value:
        case str():
            return str(value)
        case None:
            return NOTHING
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"
        case datetime():
            return instant_words(value)
        case timedelta():
            return duration_words(value)
        case _:
            return str(value)
