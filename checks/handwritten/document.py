"""A handwritten document as a tree of its headings, each with its tables, its list items and what else stands there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

_BLANK = re.compile(r"\n[ \t]*\n")
_MOST_BRACKETS = 3_000
_ESCAPED_PIPE = re.compile(r"\\\|")


@dataclass(frozen=True, slots=True)
class Line:
    """Some text and the line, from 1, that it stands in."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class TableText:
    """A table's header and rows, as text."""

    number: int
    columns: tuple[str, ...]
    rows: tuple[tuple[Line, tuple[str, ...]], ...]


@dataclass(slots=True)
class Section:
    """A heading with what stands under it, up to the next heading. The first may have none: what stands on top."""

    title: Line
    level: int
    items: list[Line] = field(default_factory=list)
    tables: list[TableText] = field(default_factory=list)
    prose: list[Line] = field(default_factory=list)


def is_tangled(text: str) -> bool:
    """Whether reading it would take for ever: an open bracket is looked from to the end of its paragraph, each anew."""
    return any(max(block.count("["), block.count("<")) > _MOST_BRACKETS for block in _BLANK.split(text))


def read_document(text: str) -> list[Section]:
    """The sections of a document, in order."""
    blocks = MarkdownIt("commonmark").enable("table").parse(text)
    sections = [Section(Line(1, ""), 0)]
    tokens = iter(blocks)
    for token in tokens:
        match token.type:
            case "heading_open":
                sections.append(Section(_line(next(tokens)), int(token.tag[1:])))
            case "table_open":
                sections[-1].tables.append(_table(token, tokens))
            case "inline":
                inside = sections[-1].items if token.level >= 3 else sections[-1].prose
                inside.append(_line(token))
            case "fence" | "code_block":
                sections[-1].prose.append(Line(_number(token), " ".join(token.content.split())))
            case _:
                pass
    return sections


def _table(opened: Token, tokens: Iterator[Token]) -> TableText:
    rows: list[tuple[Line, tuple[str, ...]]] = []
    cells: list[str] = []
    number = _number(opened)
    for token in tokens:
        if token.type == "tr_open":
            cells, number = [], _number(token) if token.map else number + 1
        elif token.type == "inline":
            cells.append(_ESCAPED_PIPE.sub("|", _plain(token)))
        elif token.type == "tr_close":
            rows.append((Line(number, " | ".join(cells)), tuple(cells)))
        elif token.type == "table_close":
            break
    return TableText(_number(opened), rows[0][1], tuple(rows[1:]))


def _line(inline: Token) -> Line:
    return Line(_number(inline), _plain(inline))


def _number(token: Token) -> int:
    return (token.map[0] if token.map else 0) + 1


def _plain(inline: Token) -> str:
    """The words of an inline token, as a reader sees them."""
    children = inline.children or ()
    parts = (child.content if child.type in ("text", "code_inline") else " " for child in children)
    return " ".join("".join(parts).split())
