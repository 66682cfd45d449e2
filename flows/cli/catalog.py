"""`readiness catalog`: checks a catalogue, or prints its JSON Schema for editors."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import out, print_json

app = typer.Typer(help="Check a catalogue, or print its JSON Schema.", no_args_is_help=True)


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The catalogue.")] = Path("readiness.yaml")) -> None:
    """Read a catalogue strictly; every problem is printed with its file, line and path. Exit code 2 if there is one."""
    from flows.wiring import load_catalog

    catalog, _ = load_catalog(file)
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
