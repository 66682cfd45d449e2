"""Markdown as evidence reads it: front matter, headings, links with their lines, tables, checklists."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from checks.handwritten.document import is_tangled
from tasks.collectors.strict_json import Unreadable
from tasks.collectors.yaml_reading import parse_yaml_text

_FRONT = re.compile(r"\A---[ \t]*\n(?P<yaml>.*?\n)?---[ \t]*(?:\n|\Z)", re.DOTALL)
_IN_HTML = re.compile(r"""(?i)\b(?P<what>href|src|id|name)\s*=\s*["'](?P<value>[^"']*)["']""")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_ITEM = re.compile(r"\[(?P<done>[ xX])\]\s")


@dataclass(frozen=True, slots=True)
class Link:
    """A relative link as the text has it: the line it stands in, and where it leads."""

    line: int
    target: str

    @property
    def path(self) -> str:
        return unquote(self.target.partition("#")[0].partition("?")[0])

    @property
    def fragment(self) -> str:
        return unquote(self.target.partition("#")[2])


@dataclass(frozen=True, slots=True)
class Table:
    """A table, with the heading that it stands under; every row has a cell for each column."""

    under: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Markdown:
    """What a document says; `anchors` are the places in it that a link may lead to, `prose` is what a reader sees."""

    front: dict[str, Any]
    prose: str
    headings: tuple[str, ...]
    anchors: frozenset[str]
    links: tuple[Link, ...]
    tables: tuple[Table, ...]
    open_items: int

    @property
    def words(self) -> int:
        return len(self.prose.split())


def read_markdown(body: bytes) -> Markdown:
    """Reads a document; what is no UTF-8 text, or has front matter that is no YAML mapping, is refused."""
    try:
        text = body.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text") from None
    front, skipped = _front_matter(text)
    if is_tangled(text):
        raise Unreadable("has more brackets in one place than anybody could mean")
    blocks = _parser().parse(text[skipped:])
    headings = tuple(_headings(blocks))
    return Markdown(
        front,
        " ".join(_prose(blocks)),
        headings,
        frozenset(_slugs(headings)) | frozenset(_html_anchors(blocks)),
        tuple(_links(blocks, text[:skipped].count("\n"))),
        tuple(_tables(blocks)),
        sum(found["done"] == " " for found in map(_ITEM.match, _list_items(blocks)) if found),
    )


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def _front_matter(text: str) -> tuple[dict[str, Any], int]:
    """The front matter, every value of it as text, and how many characters it takes."""
    found = _FRONT.match(text)
    if found is None:
        return {}, 0
    try:
        front = parse_yaml_text((found["yaml"] or "").encode())
    except Unreadable:
        raise Unreadable("begins with front matter that is not YAML") from None
    if front is not None and not isinstance(front, dict):
        raise Unreadable("begins with front matter that is no mapping")
    return front or {}, found.end()


def _headings(blocks: Sequence[Token]) -> Iterator[str]:
    for before, inline in pairwise(blocks):
        if before.type == "heading_open":
            yield _plain(inline)


def _prose(blocks: Sequence[Token]) -> Iterator[str]:
    for block in blocks:
        if block.type == "inline":
            yield _plain(block)
        elif block.type in ("fence", "code_block"):
            yield " ".join(block.content.split())


def _plain(inline: Token) -> str:
    """The words of an inline token, as a reader sees them."""
    parts = (child.content if child.type in ("text", "code_inline") else " " for child in inline.children or ())
    return " ".join("".join(parts).split())


def _slugs(headings: Sequence[str]) -> Iterator[str]:
    """What the forges call headings in links: lower case, without punctuation, blanks as dashes, repeats numbered."""
    seen: dict[str, int] = {}
    for heading in headings:
        slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        yield f"{slug}-{count}" if count else slug


def _links(blocks: Sequence[Token], offset: int) -> Iterator[Link]:
    """Relative links and images, those in HTML too."""
    for block in blocks:
        line = offset + (block.map[0] if block.map else 0) + 1
        if block.type == "html_block":
            yield from _html_links(block.content, line)
        for child in block.children or ():
            if child.type in ("softbreak", "hardbreak"):
                line += 1
            elif child.type == "html_inline":
                yield from _html_links(child.content, line)
            elif child.type in ("link_open", "image"):
                target = str(child.attrGet("href") or child.attrGet("src") or "")
                if _is_relative(target):
                    yield Link(line, target)


def _html_links(html: str, line: int) -> Iterator[Link]:
    for found in _IN_HTML.finditer(html):
        if found["what"].lower() in ("href", "src") and _is_relative(found["value"]):
            yield Link(line + html[: found.start()].count("\n"), found["value"])


def _html_anchors(blocks: Sequence[Token]) -> Iterator[str]:
    for block in blocks:
        for part in (block, *(block.children or ())):
            if part.type in ("html_block", "html_inline"):
                names = (found for found in _IN_HTML.finditer(part.content) if found["what"].lower() in ("id", "name"))
                yield from (found["value"] for found in names)


def _is_relative(target: str) -> bool:
    return not _SCHEME.match(target)


def _tables(blocks: Sequence[Token]) -> Iterator[Table]:
    under = ""
    rows: list[tuple[str, ...]] = []
    cells: list[str] = []
    for before, token in pairwise(blocks):
        match before.type:
            case "heading_open":
                under = _plain(token)
            case "table_open":
                rows = []
            case "tr_open":
                cells = []
            case "th_open" | "td_open":
                cells.append(_plain(token))
            case "tr_close":
                rows.append(tuple(cells))
        if token.type == "table_close" and rows:
            yield Table(under, rows[0], tuple(rows[1:]))


def _list_items(blocks: Sequence[Token]) -> Iterator[str]:
    """The first text of each item of a list."""
    opened = False
    for block in blocks:
        if block.type == "list_item_open":
            opened = True
        elif block.type == "inline":
            if opened:
                yield block.content + " "
            opened = False
