"""Approval: who stands for what is owed and expected, beside the collector that puts it in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from checks.evidence.digests import Digest
from checks.evidence.log_records import CatalogApproval, CatalogChange
from checks.evidence.signed_records import SignedRecord
from checks.evidence.sshsig import key_text
from checks.evidence.trust import TrustPolicy
from checks.records import rfc3339


@dataclass(frozen=True, slots=True)
class ChangeStanding:
    """A change of what is owed or expected, and who approved it.

    `approved_by` is somebody who is listed as a person and signed for this very change with another key than those that
    signed the change. `afterwards` is when they did, if the change was in force by then. `problem` is what the change
    says of an approval that is not so.
    """

    leaf: int
    change: CatalogChange
    approved_by: str | None = None
    afterwards: datetime | None = None
    problem: str | None = None

    @property
    def words(self) -> str:
        """By whom, as every report says it."""
        if self.approved_by is None:
            return "approved by nobody"
        if self.afterwards is None:
            return f"approved by {self.approved_by}"
        return f"approved by {self.approved_by} afterwards, at {rfc3339(self.afterwards)}"


def standing_changes(counting: Mapping[int, SignedRecord], trust: TrustPolicy) -> tuple[ChangeStanding, ...]:
    """Every change among the records of a log that count, by their leaf; in the log's order."""
    approvals = [(leaf, one, one.record) for leaf, one in counting.items() if isinstance(one.record, CatalogApproval)]
    found = []
    for leaf, signed in sorted(counting.items()):
        change = signed.record
        if not isinstance(change, CatalogChange):
            continue
        own = _keys(signed, trust)
        about = [
            (at, one.digest, said)
            for at, one, said in approvals
            if _is_of(said, change) and not own & _keys(one, trust)
        ]
        before = [said for at, digest, said in about if at < leaf and digest == change.approval]
        later = [said for at, _, said in about if at > leaf and said.change == signed.digest]
        found.append(_standing(leaf, change, before, later))
    return tuple(found)


def _keys(signed: SignedRecord, trust: TrustPolicy) -> set[str]:
    """Whoever really signed, whatever role let it count."""
    return {key_text(one.key) for one in trust.signers if signed.is_signed_by(one.key)}


def _standing(
    leaf: int, change: CatalogChange, before: Sequence[CatalogApproval], later: Sequence[CatalogApproval]
) -> ChangeStanding:
    if before and before[0].by == change.approved_by:
        return ChangeStanding(leaf, change, change.approved_by)
    problem = None
    if change.approved_by is not None or change.approval is not None:
        who = change.approved_by or "somebody"
        problem = f"leaf {leaf} says that {who} approved the change, and no such approval counts"
    if later:
        return ChangeStanding(leaf, change, later[0].by, later[0].at, problem)
    return ChangeStanding(leaf, change, problem=problem)


def _is_of(approval: CatalogApproval, change: CatalogChange) -> bool:
    return _essence(approval) == _essence(change)


def _essence(one: CatalogApproval | CatalogChange) -> tuple[Digest | None, Digest, str | None, str]:
    return one.before, one.after, one.suites_before, one.suites_after


def approval_of(change: CatalogChange, counting: Mapping[int, SignedRecord]) -> SignedRecord | None:
    """The newest approval of a change that is about to be logged; one from before the newest change is used up."""
    newest = max((leaf for leaf, one in counting.items() if isinstance(one.record, CatalogChange)), default=-1)
    found = [
        one
        for leaf, one in sorted(counting.items())
        if leaf > newest and isinstance(one.record, CatalogApproval) and _is_of(one.record, change)
    ]
    return found[-1] if found else None
