"""What verification answers: numbered steps for each bundle, each with all that is wrong, never only the first.

 1  The bag is complete and holds nothing else: five names, no links, exactly the payload its manifest lists.
 2  Every payload file has the digest that the payload manifest lists.
 3  Every tag file has the digest that the tag manifest lists.
 4  An allowed signer, valid at the time of the slot, signed the tag manifest (SSHSIG).
 5  The statements are signed by an allowed signer and speak of this tag manifest, slot and stream (DSSE, in-toto).
 6  The bag is that of its slot: folder, verdicts, counts of outcomes and catalogue agree with `bag-info.txt`.
 7  It stands in the chain of its stream: `Evidence-Previous` names the bundle before it, and no other bundle does.
 8  It is in the evidence log.
 9  A witness has cosigned the log.
10  A trusted timestamp covers the log.
11  It was judged by the catalogue and the suites that the log says were in force.
12  Rows, verdicts and pages are those that its raw captures give (`--rederive`).
"""

from collections.abc import Mapping
from enum import StrEnum

from checks.records import Record


class StepState(StrEnum):
    """How a step ended. What is not present or was not checked is said, and is no pass."""

    VERIFIED = "verified"
    FAILED = "failed"
    NOT_PRESENT = "not present"
    NOT_CHECKED = "not checked"
    INCONCLUSIVE = "inconclusive"


TITLES: Mapping[int, str] = {
    1: "bag complete, nothing else in it",
    2: "payload digests",
    3: "tag file digests",
    4: "signature by an allowed signer",
    5: "signed statements about this bag",
    6: "bag, slot, verdicts and catalogue agree",
    7: "chain of bundles",
    8: "evidence log",
    9: "witness",
    10: "timestamp",
    11: "catalogue and suites in force",
    12: "derived again from its captures",
}

REMEDIES: Mapping[int, str] = {
    1: "put back what is missing from another copy, move what does not belong out of the bag, and ask who changed it",
    2: "the file was changed after it was sealed: take it from another copy, and ask who changed it",
    3: "the file was changed after it was sealed: take it from another copy, and ask who changed it",
    4: "do not rely on this bundle until the signer is known: compare the trust folder with its owner's",
    5: "do not rely on the statement: take the proof folder from another copy of the bundle",
    6: "do not rely on this bundle: what it says of itself and what it holds differ, though its seal may hold",
    7: "find the bundle that is missing or was added: other copies of the evidence hold the same chain",
    8: "take the proof from another copy of the bundle, and compare the checkpoint with one that the witness kept",
    9: "do not rely on the cosignature: ask the witness for the checkpoint that it signed last",
    10: "do not rely on the timestamp: take the proof folder from another copy of the bundle",
    11: "ask who changed what is owed or expected without putting it on record, and what came of it",
    12: "do not rely on this bundle: whoever sealed it sealed other rows, verdicts or pages than its captures give",
}

NEEDED = range(1, 7)
"""The steps that every bundle has to pass by itself."""


class Step(Record):
    """One step of verification; `problems` names each file or signature that is wrong, `remedy` says what to do."""

    number: int
    title: str
    state: StepState
    problems: tuple[str, ...] = ()
    remedy: str | None = None
    note: str | None = None


class VerificationReport(Record):
    """What is known of one bundle, and `notes` on what that does not prove."""

    bundle: str
    slot: str | None
    digest: str | None
    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        """Whether nothing failed and nothing was left out that a bundle can show by itself."""
        states = {step.number: step.state for step in self.steps}
        return StepState.FAILED not in states.values() and all(
            states.get(number) is StepState.VERIFIED for number in NEEDED
        )

    @property
    def failed(self) -> tuple[int, ...]:
        """The numbers of the steps that failed."""
        return tuple(step.number for step in self.steps if step.state is StepState.FAILED)

    def state(self, number: int) -> StepState | None:
        """How a step ended; `None` if nobody asked for it."""
        return next((step.state for step in self.steps if step.number == number), None)

    def with_step(self, added: Step) -> "VerificationReport":
        """The report with a step in its place."""
        return self.model_copy(update={"steps": tuple(sorted((*self.steps, added), key=lambda one: one.number))})

    def lines(self) -> list[str]:
        """The report for a terminal."""
        lines = [f"{self.bundle}: {'verified' if self.verified else 'DOES NOT VERIFY'}"]
        for step in self.steps:
            lines.append(f"  {step.number:2}  {step.title}: {step.state}{f' ({step.note})' if step.note else ''}")
            lines.extend(f"        {problem}" for problem in step.problems)
            lines.extend(f"        → {step.remedy}" for _ in step.problems[:1] if step.remedy)
        return [*lines, *(f"  note: {note}" for note in self.notes)]


def step(number: int, problems: list[str], *, note: str | None = None) -> Step:
    """A step that was checked: failed if there are problems."""
    state = StepState.FAILED if problems else StepState.VERIFIED
    remedy = REMEDIES[number] if problems else None
    return Step(number=number, title=TITLES[number], state=state, problems=tuple(problems), remedy=remedy, note=note)


def open_step(number: int, state: StepState, note: str) -> Step:
    """A step that was not checked, or has nothing to check, and why."""
    return Step(number=number, title=TITLES[number], state=state, note=note)
