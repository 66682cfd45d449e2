"""`readiness verify`: do bundles hold what was sealed? Offline, and without the rest of the program.

Only `--rederive` needs the rest, and loads it: what judged the evidence has to judge it again.
"""

from pathlib import Path
from typing import Annotated

import typer

from checks.errors import ReadinessError, VerificationError
from checks.evidence.verification import StepState, VerificationReport, open_step
from checks.slots import parse_instant
from flows.cli.terminal import Format, print_json
from tasks.sealing.verify import trust_for, verify_evidence


def verify(
    paths: Annotated[list[Path], typer.Argument(help="Bundles, or a whole evidence folder.")],
    trust: Annotated[
        Path | None, typer.Option(help="The folder with the keys you trust; by default the one beside the evidence.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="Take the evidence as it stood at an instant, such as 2026-11-22T14:00Z.")
    ] = None,
    *,
    rederive: Annotated[
        bool, typer.Option("--rederive", help="Derive rows, verdicts and pages again, and demand the same bytes.")
    ] = False,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Verify bundles offline. Exit code 0 means that all of them verified, 3 that one did not.

    With --rederive, 1 means that one could not be derived again.
    """
    reports = verify_evidence(paths, trust_for(paths, trust), at=parse_instant(at) if at else None)
    if rederive:
        reports = tuple(map(_rederived, reports))
    if output is Format.JSON:
        print_json([{"verified": report.verified, **report.model_dump(mode="json")} for report in reports])
    else:
        _print_text(reports)
    broken = [report for report in reports if not report.verified]
    if broken:
        raise VerificationError(f"{len(broken)} of {len(reports)} bundles do not verify")
    unknown = [report for report in reports if rederive and report.state(12) is not StepState.VERIFIED]
    if unknown:
        raise ReadinessError(f"{len(unknown)} of {len(reports)} bundles could not be derived again")


def _rederived(report: VerificationReport) -> VerificationReport:
    """The report with step 12; of a bag that is not whole nothing is derived."""
    if {report.state(number) for number in (1, 2, 3)} != {StepState.VERIFIED} or report.slot is None:
        return report.with_step(open_step(12, StepState.NOT_CHECKED, "the bag is not the one that was sealed"))
    from flows.rederiving import rederived

    return report.with_step(rederived(Path(report.bundle)))


def _print_text(reports: tuple[VerificationReport, ...]) -> None:
    """Every step of one bundle, or of those that fail among many; the rest in a line each."""
    for report in reports:
        lines = report.lines()
        whole = len(reports) == 1 or not report.verified or report.state(12) is StepState.INCONCLUSIVE
        print("\n".join(lines if whole else lines[:1]))  # noqa: T201 (for reading)
    if len(reports) > 1:
        verified = sum(report.verified for report in reports)
        print(f"{verified} of {len(reports)} bundles verified")  # noqa: T201
        for note in dict.fromkeys(note for report in reports for note in report.notes):
            print(f"note: {note}")  # noqa: T201
