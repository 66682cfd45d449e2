"""`readiness audit`: what an auditor asks for."""

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.terminal import out
from flows.settings import Settings

app = typer.Typer(help="Draw samples for an auditor.", no_args_is_help=True)


@app.callback()
def audit() -> None:
    """Draw samples for an auditor."""


@app.command()
def sample(
    folder: Annotated[Path, typer.Argument(help="A new folder for what is drawn.")],
    seed: Annotated[str, typer.Option(help="A nonce of the auditor's, or a later checkpoint.")],
    count: Annotated[int, typer.Option(min=1, help="How many bundles.")] = 10,
    evidence: Annotated[Path | None, typer.Option(help="The evidence folder; by default this home's.")] = None,
) -> None:
    """Draw bundles that anyone can draw again, and export them with all it takes to check them."""
    from tasks.sealing.sample import export_sample

    for copy in export_sample(evidence or Settings().evidence, folder, seed=seed, count=count):
        out.print(str(copy), soft_wrap=True)
