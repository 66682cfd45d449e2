"""Who stands by the evidence beside its collector: those who approve changes, witnesses and authorities."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from checks.evidence.approval import ChangeStanding
from checks.evidence.auditing import Demands
from checks.evidence.timestamps import STAMP_FILE
from checks.evidence.tlog_proof import PROOF_FILE
from checks.evidence.trust import TrustPolicy
from checks.evidence.vouching import Lag, vouched_at
from checks.records import rfc3339
from checks.timespans import duration_words
from tasks.sealing.bundle import read_info
from tasks.sealing.found import Found

_NOBODY = (
    "the trust folder names neither a witness nor a timestamping authority, so nothing is proved against the operator"
)


@dataclass(frozen=True, slots=True)
class StoodBy:
    """What an auditor demands and is not so, and what is not so without anybody's demand."""

    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def unapproved(changes: Sequence[ChangeStanding], demands: Demands) -> StoodBy:
    """Every change of the catalogue or the suites that nobody approved, or only afterwards."""
    wrong = tuple(one.problem for one in changes if one.problem is not None)
    alone = tuple(
        f"catalogue sha256:{one.change.after[:16]} since leaf {one.leaf}, {rfc3339(one.change.at)}: {one.words}"
        for one in changes
        if one.approved_by is None or one.afterwards is not None
    )
    return StoodBy((*wrong, *alone)) if demands.approved else StoodBy(wrong, alone)


def unvouched(found: Found, trust: TrustPolicy, demands: Demands, *, as_of: datetime) -> StoodBy:
    """How long bundles stood, or stand, by the operator's word alone."""
    if not trust.witnesses and not trust.authorities:
        return StoodBy(remarks=(_NOBODY,)) if demands.max_lag is None else StoodBy((_NOBODY,))
    lags = [Lag.of(info, vouched_at(_proofs(folder), trust), as_of=as_of) for folder, info in found.bundles.items()]
    waiting = [one for one in lags if not one.ended]
    limit = demands.max_lag
    late = [] if limit is None else [one for one in lags if one.lag > limit]
    return StoodBy(
        tuple(_lagging(late, f"no witness or authority vouched within {duration_words(limit)} for") if limit else ()),
        tuple(_lagging(waiting, "no witness or authority vouches yet for")),
    )


def too_long_alone(bundle: Path, trust: TrustPolicy, limit: timedelta, *, as_of: datetime) -> str | None:
    """Why a bundle stood, or stands, too long by the operator's word alone; `None` if it does not."""
    if not trust.witnesses and not trust.authorities:
        return _NOBODY
    info = read_info(bundle)
    lag = Lag.of(info, vouched_at(_proofs(bundle), trust), as_of=as_of)
    if lag.lag <= limit:
        return None
    told = "only vouched" if lag.ended else "does not vouch yet,"
    return (
        f"a witness or an authority {told} {duration_words(lag.lag)} after {info.slot} was over;"
        f" {duration_words(limit)} are allowed"
    )


def _lagging(lags: Sequence[Lag], told: str) -> list[str]:
    """Some bundles in one line."""
    if not lags:
        return []
    worst = max(lags, key=lambda one: one.lag)
    return [f"{told} {len(lags)} bundles; {worst.slot} longest, {duration_words(worst.lag)} after its slot was over"]


def _proofs(folder: Path) -> dict[str, bytes]:
    files = (folder / "proof" / name for name in (PROOF_FILE, STAMP_FILE))
    return {path.name: path.read_bytes() for path in files if path.is_file()}
