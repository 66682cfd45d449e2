"""`readiness drill`: one drill by its name, now; or only what it would do."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from checks.kinds.drill import DrillKind
from flows.cli.terminal import Format, out, print_json, shown
from flows.settings import Settings, prepare_process

if TYPE_CHECKING:
    from flows.drills import DrillSummary

VERDICT_IS_NO = 4
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show the steps; nothing is asked or changed.")]


def drill(
    kind: Annotated[DrillKind, typer.Argument(help="What to rehearse.")],
    name: Annotated[str, typer.Argument(help="The drill's name in the catalogue.")],
    dry_run: DryRun = False,  # noqa: FBT002 (Typer makes an option of it)
    catalog: Annotated[Path | None, typer.Option(help="The catalogue; by default $READINESS_CATALOG.")] = None,
    output: Annotated[Format, typer.Option("--format", help="What to print.")] = Format.TEXT,
) -> None:
    """Carry out one drill and seal what it showed. Exit code 0 means that it passed, 4 that it did not.

    In production it is refused unless the catalogue's allow_in_production lists it. Ctrl-C makes it undo itself.
    """
    from flows.drill_planning import steps_of
    from flows.wiring import Wiring

    settings = Settings.of(catalog)
    steps = steps_of(Wiring.of(settings), kind, name)
    if dry_run:
        _print_steps(name, steps, output)
        return
    settings.check_folders()
    prepare_process(home=settings.home)
    from flows.drills import FLOWS
    from tasks.showing import prefect_asked

    with prefect_asked():
        summary = FLOWS[kind](name, dry_run=False, catalog=settings.catalog)
    _print_summary(summary, settings, output)
    if not summary.passed:
        raise typer.Exit(VERDICT_IS_NO)


def _print_steps(name: str, steps: tuple[str, ...], output: Format) -> None:
    if output is Format.JSON:
        print_json({"check": name, "dry_run": True, "steps": list(steps)})
        return
    for number, step in enumerate(steps, start=1):
        out.print(f"{number}. {step}", soft_wrap=True, highlight=False, markup=False)
    out.print("A dry run: nothing was done.")


def _print_summary(summary: "DrillSummary", settings: Settings, output: Format) -> None:
    if output is Format.JSON:
        found = {"check": summary.check, "dry_run": False, "steps": list(summary.steps), "because": summary.because}
        print_json({**found, "outcome": summary.outcome, "passed": summary.passed, "bundle": summary.bundle})
        return
    if summary.outcome is not None:
        out.print(shown(summary.outcome), f"{summary.check}: {summary.because}", soft_wrap=True, markup=False)
    for heading, path in (("bundle", summary.bundle), ("drills", settings.reports / "drills.html")):
        out.print(f"{heading:<8} {path}", soft_wrap=True, highlight=False)
