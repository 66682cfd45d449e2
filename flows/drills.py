"""The drill flows: one drill by its name, at once, on the same way as every other evidence.

Without `dry_run=False` a drill only says what it would do.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from prefect import flow, pause_flow_run
from prefect.artifacts import create_markdown_artifact
from prefect.input import RunInput
from prefect.logging import get_run_logger
from pydantic import Field

from checks.errors import ReadinessError, StoreError
from checks.kinds.drill import DrillKind
from checks.outcome import Outcome
from checks.slots import Slot
from flows import keeping, progress
from flows.belonging import demand_own
from flows.discretion import discreet
from flows.drill_planning import steps_of
from flows.observing import Asked, observe, whole
from flows.pages import render_pages
from flows.settings import Settings, keep_private
from flows.wiring import Wiring
from tasks.publish import Publication, publish
from tasks.showing import if_prefect_answers
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import RunContext, SlotStatus

APPROVAL_SECONDS = 3600
"""How long a drill waits for somebody's approval."""
LOOK_SECONDS = 5
"""How often it looks whether somebody has answered."""


class Approval(RunInput):
    """What a person says who lets a drill go on, or does not."""

    approved: bool = Field(description="Whether the drill may begin.")
    approved_by: str = Field(min_length=1, description="Who says so.")
    reason: str = Field(min_length=1, description="Why now; it goes on record.")


@dataclass(frozen=True, slots=True)
class DrillSummary:
    """What a drill left; a dry run has only its steps."""

    check: str
    steps: tuple[str, ...]
    outcome: Outcome | None = None
    because: str = ""
    bundle: Path | None = None
    approved_by: str | None = None

    @property
    def passed(self) -> bool:
        """Whether it was carried out and passed."""
        return self.outcome is not None and self.outcome.passes


def run_drill(kind: DrillKind, name: str, *, dry_run: bool, ask_approval: bool, catalog: Path | None) -> DrillSummary:
    """Carries one drill out and seals what it showed, or says what it would do."""
    wiring = Wiring.of(Settings.of(catalog))
    keep_private()
    with discreet(wiring.redactor):
        steps = tuple(map(wiring.redactor.text, steps_of(wiring, kind, name)))
        text = "\n".join(f"{number}. {step}" for number, step in enumerate(steps, start=1))
        with if_prefect_answers():
            create_markdown_artifact(key=f"{kind}-drill-steps", markdown=f"# {name}\n\n{text}\n")
        if dry_run:
            return DrillSummary(name, steps)
        approved_by = _approved(name, text) if ask_approval else None
        with wiring.open_store() as store:
            demand_own(wiring.settings, wiring.catalog, store)
            keeping.seal_leftovers(wiring, store)
            return replace(_carry_out(wiring, store, name), steps=steps, approved_by=approved_by)


def _approved(name: str, steps: str) -> str:
    """Waits for a person; whoever says no ends the run."""
    about = f"The drill {name} would:\n\n{steps}"
    asked = Approval.with_initial_data(description=about, approved=False)
    said: Approval = pause_flow_run(wait_for_input=asked, timeout=APPROVAL_SECONDS, poll_interval=LOOK_SECONDS)
    if not said.approved:
        raise ReadinessError(f"{name}: {said.approved_by} did not approve it: {said.reason}")
    get_run_logger().info("%s approved by %s: %s", name, said.approved_by, said.reason)
    return said.approved_by


def _carry_out(wiring: Wiring, store: EvidenceStore, name: str) -> DrillSummary:
    """The way of every run, with this drill as the only check that is owed."""
    check = wiring.catalog.checks[name]
    slot = Slot.on_demand(check.every, wiring.clock())
    if store.recorded(slot):
        raise StoreError(f"the slot of this minute, {slot.label}, is filled; start the drill again in a minute")
    told = progress.begin(slot, 1)
    observed = observe(wiring, store, slot, asked=Asked((check,)), told=told)
    pages = render_pages(wiring, store, observed, status=SlotStatus.COLLECTED)
    told.reach("render")
    staging = keeping.store(wiring, observed, pages, status=SlotStatus.COLLECTED)
    told.reach("store")
    context = RunContext(wiring.catalog.environment, observed.version, wiring.catalog_digest)
    bundle = keeping.seal_slot(wiring, slot, staging, status=SlotStatus.COLLECTED, context=context)
    told.reach("seal", bundle.path.name)
    publish(whole(Publication(slot, observed.judgements, pages.newest, bundle.path)), wiring.settings.reports)
    told.reach("publish")
    (judgement,) = observed.judgements
    return DrillSummary(name, (), judgement.outcome, judgement.because, bundle.path)


@flow(name="restore-drill", validate_parameters=True, persist_result=False)
def restore_drill(
    name: str, *, dry_run: bool = True, ask_approval: bool = False, catalog: Path | None = None
) -> DrillSummary:
    """Restores the newest backup in isolation and proves what it holds.

    Args:
        name: The drill's name in the catalogue.
        dry_run: Only say what would be done.
        ask_approval: Wait for somebody's approval before anything is done.
        catalog: The catalogue; by default the one that the settings name.
    """
    return run_drill(DrillKind.RESTORE, name, dry_run=dry_run, ask_approval=ask_approval, catalog=catalog)


@flow(name="rollback-drill", validate_parameters=True, persist_result=False)
def rollback_drill(
    name: str, *, dry_run: bool = True, ask_approval: bool = False, catalog: Path | None = None
) -> DrillSummary:
    """Rolls the running release back, and forward again.

    Args:
        name: The drill's name in the catalogue.
        dry_run: Only say what would be done.
        ask_approval: Wait for somebody's approval before anything is done.
        catalog: The catalogue; by default the one that the settings name.
    """
    return run_drill(DrillKind.ROLLBACK, name, dry_run=dry_run, ask_approval=ask_approval, catalog=catalog)


@flow(name="restart-drill", validate_parameters=True, persist_result=False)
def restart_drill(
    name: str, *, dry_run: bool = True, ask_approval: bool = False, catalog: Path | None = None
) -> DrillSummary:
    """Ends a service under load, and starts it again.

    Args:
        name: The drill's name in the catalogue.
        dry_run: Only say what would be done.
        ask_approval: Wait for somebody's approval before anything is done.
        catalog: The catalogue; by default the one that the settings name.
    """
    return run_drill(DrillKind.RESTART, name, dry_run=dry_run, ask_approval=ask_approval, catalog=catalog)


@flow(name="alert-drill", validate_parameters=True, persist_result=False)
def alert_drill(
    name: str, *, dry_run: bool = True, ask_approval: bool = False, catalog: Path | None = None
) -> DrillSummary:
    """Fires an alert, and reads it back at its receiver.

    Args:
        name: The drill's name in the catalogue.
        dry_run: Only say what would be done.
        ask_approval: Wait for somebody's approval before anything is done.
        catalog: The catalogue; by default the one that the settings name.
    """
    return run_drill(DrillKind.ALERT, name, dry_run=dry_run, ask_approval=ask_approval, catalog=catalog)


@flow(name="chaos-drill", validate_parameters=True, persist_result=False)
def chaos_drill(
    name: str, *, dry_run: bool = True, ask_approval: bool = False, catalog: Path | None = None
) -> DrillSummary:
    """Runs a Chaos Toolkit experiment, and judges what was really done.

    Args:
        name: The drill's name in the catalogue.
        dry_run: Only say what would be done.
        ask_approval: Wait for somebody's approval before anything is done.
        catalog: The catalogue; by default the one that the settings name.
    """
    return run_drill(DrillKind.CHAOS, name, dry_run=dry_run, ask_approval=ask_approval, catalog=catalog)


FLOWS = {
    DrillKind.RESTORE: restore_drill,
    DrillKind.ROLLBACK: rollback_drill,
    DrillKind.RESTART: restart_drill,
    DrillKind.ALERT: alert_drill,
    DrillKind.CHAOS: chaos_drill,
}
