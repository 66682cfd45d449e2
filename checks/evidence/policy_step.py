"""Step 11 of verification: a bundle was judged by the catalogue and the suites that the log says were in force."""

from collections.abc import Mapping
from dataclasses import dataclass

from checks.evidence.approval import ChangeStanding
from checks.evidence.bag_info import SealedInfo
from checks.evidence.log_records import AnyRecord
from checks.evidence.verification import Step, StepState, open_step, step
from checks.records import rfc3339

_SHOWN = 16  # hexadecimal digits of a digest


@dataclass(frozen=True, slots=True)
class LogKnown:
    """What a reader knows of a log: its size, the records that count by their leaf, and every change among them.

    A leaf whose record is not there, or is another, has `None`. `why_not` says what is wrong with a log that is there;
    of one that is not there, or whose key the reader was never given, `records` is `None`.
    """

    records: Mapping[int, AnyRecord | None] | None = None
    changes: tuple[ChangeStanding, ...] = ()
    size: int = 0
    why_not: str | None = None


def in_force(info: SealedInfo | None, log: LogKnown) -> Step:
    """What the newest change before the bundle's own leaf put in force.

    The place in the log decides and not the slot, so that evidence that is sealed late is held to what judged it. A log
    that is at hand and cannot be believed is a failure: else damaging it would be enough to hide what it says.
    """
    if log.why_not is not None and info is not None:
        return step(11, [log.why_not])
    if log.records is None or info is None:
        return open_step(11, StepState.NOT_CHECKED, "the log's records are not at hand; verify the evidence folder")
    if info.log_index is None:
        return open_step(11, StepState.NOT_PRESENT, "the bundle is in no log")
    if info.log_index >= log.size:
        return step(11, [f"the bundle is leaf {info.log_index} of a log that has {log.size} leaves: it has gone back"])
    newest = max((one for one in log.changes if one.leaf < info.log_index), key=lambda one: one.leaf, default=None)
    since = -1 if newest is None else newest.leaf
    gone = [index for index, record in log.records.items() if record is None and since < index < info.log_index]
    if gone:
        return step(11, [f"leaf {gone[-1]} is a record that is not there, and may have put another catalogue in force"])
    if newest is None:
        return open_step(11, StepState.NOT_PRESENT, "no leaf before it says which catalogue was in force")
    return _held_to(newest, info)


def _held_to(newest: ChangeStanding, info: SealedInfo) -> Step:
    """The bundle against one change."""
    change, told = newest.change, f"since leaf {newest.leaf}, {rfc3339(newest.change.at)}"
    problems = [
        f"judged by the {what} {_short(used)}, and the log says that {_short(owed)} was in force {told}"
        for what, used, owed in (
            ("catalogue", info.catalog_digest, change.after),
            ("suites", info.suites_digest, change.suites_after),
        )
        if used != owed
    ]
    problems += [newest.problem] if newest.problem else []
    note = f"catalogue {_short(change.after)} and suites {_short(change.suites_after)} {told}, {newest.words}"
    return step(11, problems, note=note)


def _short(digest: str | None) -> str:
    return "of no digest" if digest is None else f"sha256:{digest[:_SHOWN]}"
