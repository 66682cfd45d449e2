"""Approving: what a changed catalogue or suites would put in force, and the word of somebody who stands for it."""

import difflib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.evidence.approval import ChangeStanding
from checks.evidence.digests import sha256
from checks.records import rfc3339
from flows.people import attesting
from flows.settings import Settings
from flows.wiring import load_catalog, suites_digest
from tasks.sealing.catalogs import kept_catalog
from tasks.sealing.changes import approval_for, in_force, sound_belief_beside

_SHOWN = 16  # hexadecimal digits of a digest


@dataclass(frozen=True, slots=True)
class Coming:
    """A catalogue and the installed suites, beside those that the log says are in force."""

    settings: Settings
    catalog: bytes
    now_in_force: ChangeStanding | None

    @classmethod
    def of(cls, settings: Settings) -> "Coming":
        """Of the catalogue that the settings name, which has to be a good one."""
        _, data = load_catalog(settings.catalog)
        return cls(settings, data, in_force(sound_belief_beside(settings.evidence)))

    def lines(self) -> list[str]:
        """What differs, for whoever is to approve it."""
        newest = self.now_in_force
        if newest is None:
            return ["nothing is in force yet: the next run puts this catalogue in force"]
        change = newest.change
        told = [f"in force since leaf {newest.leaf}, {rfc3339(change.at)}, {newest.words}"]
        if change.suites_after != suites_digest():
            told.append(f"suites: {_short(change.suites_after)} in force, {_short(suites_digest())} installed")
        if change.after != sha256(self.catalog):
            told += self._difference(change.after)
        if len(told) == 1:
            told.append("the catalogue and the suites are those in force")
        return told

    def approve(self, key: Path, identity: str, *, reason: str, at: datetime) -> Path:
        """Logs that somebody approves; returns the record."""
        policy = (sha256(self.catalog), suites_digest())
        approval = approval_for(self.settings.evidence, policy, by=identity, at=at, reason=reason)
        return attesting(self.settings, key, identity).approve(approval)

    def _difference(self, digest: str) -> list[str]:
        """The catalogue's lines that change, as `diff -u` prints them."""
        before = kept_catalog(self.settings.evidence, digest)
        if before is None:
            return [f"catalogue: {_short(sha256(self.catalog))}; of {_short(digest)}, in force, no copy is here"]
        old, new = (data.decode(errors="replace").splitlines() for data in (before, self.catalog))
        names = (f"in force {_short(digest)}", f"coming {_short(sha256(self.catalog))}")
        return list(difflib.unified_diff(old, new, *names, lineterm=""))


def _short(digest: str) -> str:
    return f"sha256:{digest[:_SHOWN]}"
