"""What is in force, read from the evidence log of a home for the pages of a run, or for whoever looks now."""

from datetime import datetime

from checks.evidence.in_force import InForce
from flows.wiring import Wiring, suites_digest
from tasks.sealing.changes import belief_beside, coming_change


def in_force_with(wiring: Wiring, *, as_of: datetime) -> InForce:
    """What a run's bundle is judged by: what is on record, and the change that its sealing will put there."""
    root = wiring.settings.evidence
    belief = belief_beside(root)
    if belief.log.why_not is not None:
        return InForce(why_not=belief.log.why_not)
    policy = (wiring.catalog_digest, suites_digest())
    return InForce.of(belief.log.changes, coming_change(root, policy, by=wiring.settings.identity, at=as_of))
