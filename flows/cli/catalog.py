"""`readiness catalog`: checks a catalogue, says what it would change, approves that; or prints its JSON Schema."""

from pathlib import Path
from typing import Annotated

import typer

from checks.errors import CatalogError
from flows.cli.evidence import By, Key, logged
from flows.cli.refusal import refused_in_words
from flows.cli.terminal import out, print_json
from flows.clock import now
from flows.settings import Settings, environment

app = typer.Typer(help="Check a catalogue, and approve what it changes.", no_args_is_help=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The catalogue.")] = Path("readiness.yaml")) -> None:
    """Read a catalogue strictly; every problem is printed with its file, line and path. Exit code 2 if there is one.

    An address of a database that is set in the environment is read too.
    """
    from flows.wiring import load_catalog
    from tasks.collectors.sources import SourceTemplates

    catalog, _ = load_catalog(file)
    if unreadable := SourceTemplates.of(catalog).unreadable(environment()):
        raise CatalogError(*(f"{file}: {problem}" for problem in unreadable))
    counted = f"{len(catalog.checks)} checks, {len(catalog.services)} services, {len(catalog.sources)} sources"
    out.print(f"{file}: good: {counted}", soft_wrap=True)


@app.command()
def schema() -> None:
    """Print the catalogue's JSON Schema, with every kind of check that is installed."""
    from checks.catalog import catalog_model
    from checks.readiness.registry import TEMPLATES
    from flows.wiring import kinds

    model = catalog_model(kinds(), TEMPLATES)
    print_json({"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()})


@app.command()
def diff(
    file: Annotated[Path | None, typer.Argument(help="The catalogue; by default $READINESS_CATALOG.")] = None,
) -> None:
    """Show how a catalogue, and the installed suites, differ from what the evidence log says is in force."""
    from flows.approving import Coming

    print("\n".join(Coming.of(Settings.of(file)).lines()))  # noqa: T201 (for pagers)


@app.command()
def approve(
    key: Key,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, in words an auditor understands.")],
    file: Annotated[Path | None, typer.Argument(help="The catalogue; by default $READINESS_CATALOG.")] = None,
) -> None:
    """Stand for a changed catalogue, or changed suites, with a key that is not the collector's.

    Approve before the next run puts the change in force, and its leaf names you; later it shows that you came later.
    """
    from flows.approving import Coming

    coming = Coming.of(Settings.of(file))
    print("\n".join(coming.lines()))  # noqa: T201 (the very thing that is approved)
    with refused_in_words():
        record = coming.approve(key, by, reason=reason, at=now())
    logged(record)
