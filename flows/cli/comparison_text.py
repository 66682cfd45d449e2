"""What `readiness compare` prints: tables for people, one object for programs, or a page."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from flows.cli.terminal import STYLES, out, print_json
from reports.comparison import ComparisonPage, SampleSection, comparison_html, comparison_page
from reports.differences import Pieces
from reports.escaping import text_of
from tasks.comparison import ComparisonResult

MOST_ROWS = 20
DIFFERS = ("⟦", "⟧")
"""Around what differs, in a pipe or a log."""


def print_object(result: ComparisonResult) -> None:
    """The result as it stands in evidence."""
    print_json(result.to_json())


def print_page(result: ComparisonResult) -> None:
    """The page that bundles hold."""
    print(comparison_html(_page(result)))  # noqa: T201 (the page is what was asked for)


def print_text(result: ComparisonResult) -> None:
    """The verdict, then what it rests on."""
    page = _page(result)
    out.print(Text(page.sentence, style=STYLES[page.outcome]))
    _print_table("rows", ("rows", "how many"), ((said, f"{count:,}") for said, count in page.counts if count))
    changed = [line for line in page.columns if line.changed]
    columns = ((one.name, one.kind, f"{'' if one.exact else 'about '}{one.changed:,}") for one in changed)
    _print_table("columns that differ", ("column", "compared as", "rows"), columns)
    groups = [
        (one.name, one.measure, one.left, one.right, one.difference, "within" if one.within else "out")
        for one in page.groups
        if (one.difference.strip("-0.") and not one.in_flight) or not one.within
    ]
    _print_table("totals that differ", ("group", "measure", "left", "right", "difference", "tolerance"), groups)
    arrived = [(one.name, one.measure, one.left, one.right, one.difference) for one in page.groups if one.in_flight]
    _print_table(
        "totals in flight, as of the second look", ("group", "measure", "left", "right", "difference"), arrived
    )
    for control in page.controls:
        classes = [(said, left or "", right or "") for said, left, right in control.classes]
        title = f"control totals of {control.measure}, {control.difference} apart"
        title += "" if control.adds_up else "; THE CLASSES DO NOT ADD UP"
        _print_table(title, ("rows", "left", "right"), [*classes, ("total", control.left, control.right)])
    _print_table("how rows were paired", ("", ""), page.matching)
    for section in page.samples:
        _print_samples(section)
    rules = "; ".join(f"{one.name}: {one.rule}" for one in page.columns if one.rule)
    facts = [*page.facts, *([("Rules of the columns", rules)] if rules else [])]
    _print_table("what was compared, and how", ("", ""), facts)


def _page(result: ComparisonResult) -> ComparisonPage:
    return comparison_page(result.to_json(), title="Comparison")


def _print_samples(section: SampleSection) -> None:
    rows: list[tuple[object, ...]] = [
        (line.key if not place else "", cell.column, _marked(cell.left), _marked(cell.right))
        for line in section.samples[:MOST_ROWS]
        for place, cell in enumerate(line.cells)
    ]
    rows = rows or [(line.key, "", "", "") for line in section.samples[:MOST_ROWS]]
    title = f"{section.title}: {min(len(section.samples), MOST_ROWS):,} of {section.of:,}"
    _print_table(title, ("key", "column", "left", "right"), rows)


def _print_table(title: str, headings: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    """A table, unless it has no rows; values from outside are shown and never obeyed."""
    listed = list(rows)
    if not listed:
        return
    table = Table(title=title, title_justify="left", header_style="bold", show_header=any(headings))
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in listed:
        table.add_row(*(cell if isinstance(cell, Text) else Text(text_of(cell)) for cell in row))
    out.print(table)


def _marked(pieces: Pieces) -> Text:
    """A value with the characters that the other side lacks standing out: by brackets where there are no colours."""
    found, brackets = Text(), ("", "") if out.color_system else DIFFERS
    for piece in pieces:
        text = text_of(piece.text)
        if piece.differs:
            found.append(text.join(brackets), style="bold red reverse")
        else:
            found.append(text, style="italic" if piece.told else "")
    return found
