"""Vouching: who outside the log's own keys has seen a bundle's checkpoint, and how long after its slot was over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.errors import VerificationError
from checks.evidence.bag_info import SealedInfo
from checks.evidence.timestamps import STAMP_FILE, stamped_at
from checks.evidence.tlog_proof import PROOF_FILE, LogProof
from checks.evidence.trust import TrustPolicy


def vouched_at(proofs: Mapping[str, bytes], trust: TrustPolicy) -> datetime | None:
    """When the first of the witnesses and authorities that a reader trusts saw a bundle's checkpoint, if any did.

    What does not verify vouches for nothing; steps 9 and 10 of verification say why.
    """
    try:
        note = LogProof.parse(proofs.get(PROOF_FILE, b"")).note
        seen = [at for _, at in note.signed_by(trust.witnesses)]
    except VerificationError:
        return None
    try:
        seen.append(stamped_at(proofs.get(STAMP_FILE, b""), note.data, trust.authorities))
    except VerificationError:
        return min(seen, default=None)
    return min(seen)


@dataclass(frozen=True, slots=True)
class Lag:
    """How long a bundle stood by the operator's word alone; `ended` is whether somebody vouches for it now."""

    slot: str
    lag: timedelta
    ended: bool

    @classmethod
    def of(cls, info: SealedInfo, vouched: datetime | None, *, as_of: datetime) -> "Lag":
        return cls(info.slot, max((vouched or as_of) - info.verified_as_of, timedelta(0)), vouched is not None)
