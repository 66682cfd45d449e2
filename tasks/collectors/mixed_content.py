"""What a page loads over plain HTTP, which anybody on the way could read and change."""

import re
from html.parser import HTMLParser

_LOADS = {
    "audio": ("src",),
    "embed": ("src",),
    "form": ("action",),
    "frame": ("src",),
    "iframe": ("src",),
    "image": ("href", "xlink:href"),
    "img": ("src", "srcset"),
    "input": ("src",),
    "link": ("href",),
    "object": ("data",),
    "script": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "use": ("href", "xlink:href"),
    "video": ("src", "poster"),
}
_LINKS = frozenset({"stylesheet", "icon", "preload", "prefetch", "modulepreload", "manifest", "apple-touch-icon"})
_PLAIN = re.compile(r"(?i)http://[^\s,\"'()<>]+")
_STYLED = re.compile(r"(?i)(?:url\(\s*|@import\s+)[\"']?(http://[^\s\"')]+)")


class _Loads(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.plain: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        said = {name: value or "" for name, value in attrs}
        self.plain += _STYLED.findall(said.get("style", ""))
        if tag == "link" and not _LINKS & set(said.get("rel", "").lower().split()):
            return
        for name in _LOADS.get(tag, ()):
            value = said.get(name, "").strip()
            found = _PLAIN.findall(value) if name == "srcset" else _PLAIN.match(value)
            self.plain += found if isinstance(found, list) else [found[0]] if found else []

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.plain += _STYLED.findall(data)

    def handle_endtag(self, _tag: str) -> None:
        self._in_style = False


def plain_parts(page: bytes) -> tuple[str, ...]:
    """The plain addresses that a page loads from or sends a form to, in order; links to follow are none of them."""
    parser = _Loads()
    parser.feed(page.decode(errors="replace"))
    parser.close()
    return tuple(dict.fromkeys(parser.plain))
