"""Auditing: the evidence log as a reader finds it, for the command line and the weekly run."""

from datetime import datetime
from pathlib import Path

from checks.evidence.auditing import NOTHING_MORE, Demands, LogAudit
from tasks.sealing.audit import audit_log
from tasks.sealing.trust import load_trust


def audited(evidence: Path, trust: Path | None, *, as_of: datetime, demands: Demands = NOTHING_MORE) -> LogAudit:
    """The audit of a log against the keys in a trust folder; by default the one beside the evidence."""
    policy = load_trust(trust or evidence / "trust", beside_evidence=trust is None)
    return audit_log(evidence, policy, as_of=as_of, demands=demands)
