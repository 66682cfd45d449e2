"""`readiness assess`: what one readiness model comes to, now or at an instant that is past."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from checks.slots import parse_instant
from flows.cli.terminal import out, shown
from flows.settings import Settings

if TYPE_CHECKING:
    from checks.readiness.assessment import Assessment


class Form(StrEnum):
    """What an assessment is written in."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"


def assess(
    model: Annotated[str, typer.Argument(help="The model's name in the catalogue.")],
    as_of: Annotated[
        str | None, typer.Option(help="An instant that is past, such as 2026-11-22T14:00Z; by default now.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    form: Annotated[Form, typer.Option("--format", help="What it is written in.")] = Form.TEXT,
    output: Annotated[Path | None, typer.Option(help="A file to write instead of standard output.")] = None,
) -> None:
    """Show what a readiness model comes to, from the evidence there is. Collects nothing."""
    from flows.assessing import assessed
    from reports.models import model_html, model_markdown

    page = assessed(Settings.of(catalog), model, as_of=parse_instant(as_of) if as_of else None)
    if form is Form.TEXT:
        print_assessment(page.found)
        return
    if form is Form.JSON:
        text = page.found.model_dump_json(indent=1)
    else:
        text = model_html(page) if form is Form.HTML else model_markdown(page)
    if output is None:
        print(text)  # noqa: T201 (it is what was asked for)
    else:
        output.write_text(text, encoding="utf-8")


def print_assessment(found: "Assessment") -> None:
    """The answer and each of its parts, the worst first."""
    table = Table(title=found.title, title_justify="left", header_style="bold")
    for heading in ("part", "owner", "outcome", "because"):
        table.add_column(heading, overflow="fold")
    for part in sorted(found.elements.values(), key=lambda one: -one.outcome.badness):
        table.add_row(part.name, part.owner or "nobody", shown(part.outcome), part.because)
    out.print(table, markup=False)
    out.print(shown(found.outcome), found.sentence, soft_wrap=True, markup=False)
