"""Step 11 of verification: a bundle was judged by the catalogue and the suites that the log says were in force."""

from collections.abc import Mapping

from checks.evidence.bag_info import SealedInfo
from checks.evidence.log_records import AnyRecord, CatalogChange
from checks.evidence.verification import Step, StepState, open_step, step
from checks.records import rfc3339

_SHOWN = 16  # hexadecimal digits of a digest


def in_force(info: SealedInfo | None, records: Mapping[int, AnyRecord | None] | None) -> Step:
    """What the newest change before the bundle's own leaf put in force; `records` of its log by leaf, if at hand.

    The place in the log decides and not the slot, so that evidence that is sealed late is held to what judged it.
    """
    if records is None or info is None:
        return open_step(11, StepState.NOT_CHECKED, "the log's records are not at hand; verify the evidence folder")
    if info.log_index is None:
        return open_step(11, StepState.NOT_PRESENT, "the bundle is in no log")
    before = {index: record for index, record in records.items() if index < info.log_index}
    changes = {index: record for index, record in before.items() if isinstance(record, CatalogChange)}
    since = max(changes, default=-1)
    gone = [index for index, record in before.items() if record is None and index > since]
    if gone:
        return step(11, [f"leaf {gone[-1]} is a record that is not there, and may have put another catalogue in force"])
    if not changes:
        return open_step(11, StepState.NOT_PRESENT, "no leaf before it says which catalogue was in force")
    change = changes[since]
    told = f"since leaf {since}, {rfc3339(change.at)}"
    problems = [
        f"judged by the {what} {_short(used)}, and the log says that {_short(owed)} was in force {told}"
        for what, used, owed in (
            ("catalogue", info.catalog_digest, change.after),
            ("suites", info.suites_digest, change.suites_after),
        )
        if used != owed
    ]
    approved = f"approved by {change.approved_by}" if change.approved_by else "approved by nobody"
    note = f"catalogue {_short(change.after)} and suites {_short(change.suites_after)} {told}, {approved}"
    return step(11, problems, note=note)


def _short(digest: str | None) -> str:
    return "of no digest" if digest is None else f"sha256:{digest[:_SHOWN]}"
