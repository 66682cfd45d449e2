"""What an audit of the evidence log answers: every problem in a line, by what it is about, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class About(StrEnum):
    """What a problem is about."""

    LOG = "the log"
    RECORD = "records"
    BUNDLE = "bundles"
    SLOT = "slots that were owed"
    CLOCK = "order in time"
    APPROVAL = "changes of the catalogue"
    ANCHOR = "witness and timestamp"


REMEDIES: Mapping[About, str] = {
    About.LOG: (
        "do not rely on the log: compare it with a copy, with a checkpoint that you kept and with the witness's, and"
        " find out since when they differ"
    ),
    About.RECORD: "take it from another copy of the evidence; one that nobody in a role for it signed has no effect",
    About.BUNDLE: "look for the bundle in another copy of the evidence or in the archive, and ask who removed it",
    About.SLOT: "ask why nobody ran, and why that was not put on record as missed or as a pause",
    About.CLOCK: "ask whose clock was wrong, and hold the leaves against what the witness and the authority saw when",
    About.APPROVAL: "have somebody other than the collector look at it: `readiness catalog approve`",
    About.ANCHOR: "ask the witness or the authority why it did not vouch: `readiness log anchor` asks them again",
}


@dataclass(frozen=True, slots=True)
class Demands:
    """What an auditor asks for beyond the log's own rules.

    That somebody approved each change before it came into force, and that somebody outside vouched for each bundle
    within `max_lag` of the end of its slot.
    """

    approved: bool = False
    max_lag: timedelta | None = None


NOTHING_MORE = Demands()


@dataclass(frozen=True, slots=True)
class AuditProblem:
    """One thing that is not as it should be."""

    about: About
    text: str


@dataclass(frozen=True, slots=True)
class LogAudit:
    """What an audit found: every leaf, bundle, record and slot that is not as it should be.

    `remarks` are no problems, and yet nothing that a reader may overlook: changes that nobody approved, bundles that
    nobody outside has vouched for, keys that were learned from the log.
    """

    log: str
    leaves: int
    bundles: int
    records: int
    tombstones: int
    archived: int
    slots: int
    found: tuple[AuditProblem, ...]
    remarks: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        return tuple(one.text for one in self.found)

    @property
    def clean(self) -> bool:
        return not self.found

    def lines(self) -> list[str]:
        """The audit for a terminal."""
        many = f"{len(self.found)} problem{'s' if len(self.found) > 1 else ''}"
        lines = [f"{self.log}: {'audits clean' if self.clean else f'DOES NOT AUDIT CLEAN, {many}'}"]
        for about in About:
            texts = [one.text for one in self.found if one.about is about]
            lines += [f"  {about}:"] if texts else []
            lines += [f"    {text}" for text in texts]
            lines += [f"    → {REMEDIES[about]}"] if texts else []
        lines.append(
            f"  {self.leaves} leaves: {self.bundles} bundles here, {self.tombstones} deleted on record,"
            f" {self.archived} in the archive, {self.records} records; {self.slots} slots filled"
        )
        return [*lines, *(f"  note: {remark}" for remark in self.remarks)]
