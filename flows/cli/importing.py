"""`readiness import`: drafts a catalogue from what other tools have written down."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from checks.errors import CatalogError
from flows.cli.terminal import err

app = typer.Typer(help="Draft a catalogue from other tools' files.", no_args_is_help=True)


@app.command()
def openslo(
    file: Annotated[Path, typer.Argument(help="OpenSLO documents (v1), in one YAML file.")],
    system: Annotated[str, typer.Option(help="The system's name in the draft.")] = "imported",
    environment: Annotated[str, typer.Option(help="Its environment.")] = "staging",
    output: Annotated[Path | None, typer.Option(help="A file to write instead of standard output.")] = None,
) -> None:
    """Draft objectives from OpenSLO documents; standard error lists what could not be read."""
    from checks.openslo.documents import read_documents
    from checks.openslo.drafting import drafted

    documents = read_documents(_read(file), name=str(file))
    text, unread = drafted(documents, system=system, environment=environment)
    _write(text, unread, output)


@app.command()
def tracker(
    file: Annotated[
        Path, typer.Argument(help="A readiness document in markdown: register, scorecard, score, checklist.")
    ],
    system: Annotated[str, typer.Option(help="The system's name in the draft.")] = "imported",
    environment: Annotated[str, typer.Option(help="Its environment.")] = "staging",
    output: Annotated[Path | None, typer.Option(help="A file to write instead of standard output.")] = None,
) -> None:
    """Draft a readiness model from a handwritten document; standard error lists what could not be read.

    Every status that somebody typed becomes a claim, which counts for nothing until evidence is named for it.
    """
    from checks.handwritten.drafting import drafted

    text, unread = drafted(_read(file), name=file.name, system=system, environment=environment)
    _write(text, [f"{file}:{line.number}: {line.text[:160]}" for line in unread], output)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{file}: cannot be read: {error}; name a UTF-8 text file") from error


def _write(text: str, unread: Sequence[str], output: Path | None) -> None:
    for line in unread:
        err.print(f"not read: {line}", markup=False, soft_wrap=True, highlight=False, emoji=False)
    if output is None:
        print(text, end="")  # noqa: T201 (it is what was asked for)
    else:
        output.write_text(text, encoding="utf-8")
