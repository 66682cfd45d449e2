"""Changes of the catalogue and the suites: what the log says is in force, what comes, and by whose approval."""

from datetime import datetime
from pathlib import Path

from checks.errors import SealError
from checks.evidence.approval import ChangeStanding, approval_of
from checks.evidence.log_records import CatalogApproval, CatalogChange
from checks.evidence.trust import TrustPolicy
from tasks.sealing.logged import Belief
from tasks.sealing.records import newest_record
from tasks.sealing.trust import trust_beside

Policy = tuple[str, str]
"""What judges: the digests of the catalogue and of the suites."""


def coming_change(root: Path, policy: Policy, *, by: str, at: datetime) -> CatalogChange | None:
    """The change that puts a policy in force, with the approval that somebody gave it; `None` if it is in force."""
    newest = newest_record(root, "catalog-change")
    before = newest if isinstance(newest, CatalogChange) else None
    if before is not None and _policy(before) == policy:
        return None
    change = _change(before, policy, by=by, at=at)
    approval = approval_of(change, sound_belief_beside(root).signed)
    if approval is None:
        return change
    return change.model_copy(update={"approved_by": approval.record.by, "approval": approval.digest})


def approval_for(root: Path, policy: Policy, *, by: str, at: datetime, reason: str) -> CatalogApproval:
    """What somebody signs who stands for a policy that is to come into force, or is in force without approval."""
    belief = sound_belief_beside(root)
    newest = in_force(belief)
    if newest is not None and _policy(newest.change) == policy:
        if newest.approved_by is not None:
            raise SealError(f"it is in force since leaf {newest.leaf}, {newest.words}; there is nothing to approve")
        change, of = newest.change, belief.signed[newest.leaf].digest
    else:
        change, of = _change(newest.change if newest else None, policy, by=by, at=at), None
    about = change.model_dump(include={"before", "after", "suites_before", "suites_after"})
    return CatalogApproval(at=at, by=by, reason=reason, change=of, **about)


def in_force(belief: Belief) -> ChangeStanding | None:
    """The newest change of a log that counts."""
    return belief.log.changes[-1] if belief.log.changes else None


def belief_beside(root: Path) -> Belief:
    """What the trust folder beside the evidence makes of the changes in its log, and of their approvals.

    Each is proved to be in it, and the rest is not read: every run asks. Before anybody is listed there, nothing.
    """
    trust = trust_beside(root) or TrustPolicy((), str(root / "trust"), beside_evidence=True)
    return Belief.of(root, trust, kinds=("catalog-change", "catalog-approval"))


def sound_belief_beside(root: Path) -> Belief:
    """The same, of a log that can be believed; any other is refused, since nothing may be built on it."""
    belief = belief_beside(root)
    if belief.log.why_not is not None:
        raise SealError(f"{belief.log.why_not}; run `readiness log audit`")
    return belief


def _policy(change: CatalogChange) -> Policy:
    return change.after, change.suites_after


def _change(before: CatalogChange | None, policy: Policy, *, by: str, at: datetime) -> CatalogChange:
    return CatalogChange(
        at=at,
        by=by,
        before=before.after if before else None,
        after=policy[0],
        suites_before=before.suites_after if before else None,
        suites_after=policy[1],
    )
