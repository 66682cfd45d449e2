"""A home to watch: a system with four checks, and as many sealed hours as a test wants."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from checks.findings import Finding, RunContext, Verdict
from checks.outcome import Outcome, Severity
from checks.slots import Cadence, Slot
from flows.settings import Settings
from tasks.store.evidence_store import EvidenceStore
from tasks.store.records import SlotContents, SlotStatus
from tests.tasks.sealing.sealed import START, Sealing

CATALOG = """\
system: desk-stack
environment: production
sources: {api: {http: "http://127.0.0.1:9"}}
services: {desk: {owner: Desk Ops}}
checks:
  api-health: {kind: health, endpoints: [api:/livez], service: desk, severity: critical}
  broken: {kind: health, endpoints: [api:/broken], service: desk}
  never: {kind: health, endpoints: [api:/never], severity: warning}
  nightly: {kind: health, endpoints: [api:/nightly], every: daily}
notify:
  sinks: {pager: {apprise: "${PAGER_URL}"}}
  default: {sinks: [pager]}
"""
SUBJECTS = {"api-health": "api:/livez", "broken": "api:/broken", "never": "api:/never", "nightly": "api:/nightly"}


@dataclass(frozen=True, slots=True)
class WatchedHome:
    """`at` lies in its first hour; a run judges so long `after` its slot began."""

    settings: Settings
    at: datetime
    after: timedelta = timedelta(minutes=7)

    @classmethod
    def made(cls, folder: Path, at: datetime = START, **settings: str) -> "WatchedHome":
        (folder / "readiness.yaml").write_text(CATALOG)
        return cls(Settings(catalog=folder / "readiness.yaml", home=folder / "var", **settings), at)

    def slot(self, hour: int, cadence: Cadence = Cadence.HOURLY) -> Slot:
        return Slot.current(cadence, self.at + timedelta(hours=hour))

    def run(
        self,
        hour: int,
        outcomes: Mapping[str, Outcome],
        *,
        status: SlotStatus = SlotStatus.COLLECTED,
        sealed: bool = True,
    ) -> None:
        """What a run leaves of an hour: the slot noted as owed, its verdicts stored, its bundle sealed."""
        slot, home = self.slot(hour), self.settings.home
        with EvidenceStore.open(self.settings.store_url) as store:
            store.owe(slot.cadence, until=slot.at)
            judged_at = slot.at + self.after
            contents = SlotContents([_verdict(check, outcome, slot, judged_at) for check, outcome in outcomes.items()])
            context = RunContext("production", None, "c" * 64)
            store.record(slot, contents, status=status, context=context, staging=".staging/x")
            if sealed:
                bundle = Sealing.at(home).seal(slot)
                path = bundle.path.relative_to(self.settings.evidence).as_posix()
                store.seal(slot, digest=bundle.digest, path=path, at=slot.at + timedelta(minutes=8))
                store.note_run(slot, {"collect": 4.5, "judge": 2.0, "seal": 1.25})


def _verdict(check: str, outcome: Outcome, slot: Slot, judged_at: datetime) -> Verdict:
    finding = Finding(
        check=check,
        kind="health",
        subject=SUBJECTS[check],
        expectation="http",
        outcome=outcome,
        severity=Severity.MAJOR,
        because="it says so",
    )
    return Verdict(check, "health", SUBJECTS[check], slot, (finding,), judged_at)
