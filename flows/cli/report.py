"""`readiness report`: renders a page as of now, to standard output or into a file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.settings import Settings


class Page(StrEnum):
    """The pages that can be asked for."""

    TRACKER = "tracker"
    DRILLS = "drills"


class Markup(StrEnum):
    """What a page is written in."""

    MARKDOWN = "markdown"
    HTML = "html"


def report(
    page: Annotated[Page, typer.Argument(help="Which page.")],
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    markup: Annotated[Markup, typer.Option("--format", help="What it is written in.")] = Markup.MARKDOWN,
    output: Annotated[Path | None, typer.Option(help="A file to write instead of standard output.")] = None,
) -> None:
    """Render a page as of now from what the store holds."""
    settings = Settings.of(catalog)
    text = _drills(settings, markup) if page is Page.DRILLS else _tracker(settings, markup)
    if output is None:
        print(text)  # noqa: T201 (the page is what was asked for)
    else:
        output.write_text(text, encoding="utf-8")


def _tracker(settings: Settings, markup: Markup) -> str:
    from flows.standing import standing
    from reports.tracker import tracker_html, tracker_markdown

    found = standing(settings).tracker
    return tracker_html(found) if markup is Markup.HTML else tracker_markdown(found)


def _drills(settings: Settings, markup: Markup) -> str:
    from flows.drill_pages import drills_now
    from reports.drills import drills_html, drills_markdown

    found = drills_now(settings)
    return drills_html(found) if markup is Markup.HTML else drills_markdown(found)
