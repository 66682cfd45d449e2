"""`readiness gate`: may this release go? Asked of evidence that is verified and judged again at that instant."""

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.assess import Form, print_assessment
from flows.cli.terminal import out
from flows.settings import Settings

VERDICT_IS_NO = 4


def gate(
    name: Annotated[str, typer.Argument(help="The gate's name among the catalogue's models.")],
    release: Annotated[str, typer.Option(help="The version that is to go, such as v0.2.0.")],
    environment: Annotated[
        str | None, typer.Option(help="The environment that evidence has to be about; by default the catalogue's.")
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="A file for the decision as JUnit XML.")] = None,
    summary: Annotated[
        Path | None, typer.Option(help="A file to append the page to, such as $GITHUB_STEP_SUMMARY.")
    ] = None,
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    form: Annotated[Form, typer.Option("--format", help="What it is printed in.")] = Form.TEXT,
) -> None:
    """Ask a release gate. Exit code 0 lets the release through, 4 blocks it.

    Every bundle that it rests on is verified and derived again first. Only a waiver on record leads past an item.
    """
    from flows.gating import decision
    from reports.junit import junit as as_junit
    from reports.models import ModelPage, model_html, model_markdown

    found = decision(Settings.of(catalog), name, release=release, environment=environment)
    page = ModelPage(found, (), lambda _: None)
    if junit is not None:
        junit.write_bytes(as_junit(found))
    if summary is not None:
        with summary.open("a", encoding="utf-8") as file:
            file.write(model_markdown(page) + os.linesep)
    if form is Form.TEXT:
        print_assessment(found)
        for link in found.chain:
            out.print(link, soft_wrap=True, markup=False, highlight=False)
    elif form is Form.JSON:
        print(found.model_dump_json(indent=1))  # noqa: T201 (it is what was asked for)
    else:
        print(model_html(page) if form is Form.HTML else model_markdown(page))  # noqa: T201
    if not found.is_open:
        raise typer.Exit(VERDICT_IS_NO)
