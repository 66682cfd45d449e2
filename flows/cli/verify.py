"""`readiness verify`: do bundles hold what was sealed? Offline, and without the rest of the program."""

from pathlib import Path
from typing import Annotated

import typer

from checks.errors import VerificationError
from checks.evidence.verification import VerificationReport
from flows.cli.terminal import Format, print_json
from tasks.sealing.verify import trust_for, verify_evidence


def verify(
    paths: Annotated[list[Path], typer.Argument(help="Bundles, or a whole evidence folder.")],
    trust: Annotated[
        Path | None, typer.Option(help="The folder with the keys you trust; by default the one beside the evidence.")
    ] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Verify bundles offline. Exit code 0 means that all of them verified, 3 that one did not."""
    reports = verify_evidence(paths, trust_for(paths, trust))
    if output is Format.JSON:
        print_json([{"verified": report.verified, **report.model_dump(mode="json")} for report in reports])
    else:
        _print_text(reports)
    broken = [report for report in reports if not report.verified]
    if broken:
        raise VerificationError(f"{len(broken)} of {len(reports)} bundles do not verify")


def _print_text(reports: tuple[VerificationReport, ...]) -> None:
    """Every step of one bundle, or of those that fail among many; the rest in a line each."""
    for report in reports:
        lines = report.lines()
        print("\n".join(lines if len(reports) == 1 or not report.verified else lines[:1]))  # noqa: T201 (for reading)
    if len(reports) > 1:
        verified = sum(report.verified for report in reports)
        print(f"{verified} of {len(reports)} bundles verified")  # noqa: T201
        for note in dict.fromkeys(note for report in reports for note in report.notes):
            print(f"note: {note}")  # noqa: T201
