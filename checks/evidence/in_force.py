"""What is in force, as pages quote it: the newest changes of catalogue and suites, and who approved each."""

from collections.abc import Sequence

from checks.evidence.approval import ChangeStanding
from checks.evidence.log_records import CatalogChange
from checks.records import Instant, Record

MOST_CHANGES = 5
"""Changes that a page shows; the log holds all."""


class QuotedChange(Record):
    """One change. `leaf` is `None` if it only comes into force with the bundle that quotes it."""

    leaf: int | None
    at: Instant
    what: str
    approved: bool
    approval: str


class InForce(Record):
    """The newest changes, the one in force first, and of how many older ones; `why_not` is of a log nobody can believe.

    It is the collector's word of the log; whoever verifies a bundle holds it against the log by step 11.
    """

    changes: tuple[QuotedChange, ...] = ()
    older: int = 0
    older_unapproved: int = 0
    why_not: str | None = None

    @property
    def newest(self) -> QuotedChange | None:
        return self.changes[0] if self.changes else None

    @classmethod
    def of(cls, standing: Sequence[ChangeStanding], coming: CatalogChange | None = None) -> "InForce":
        """Of the changes of a log, in its order, and of one that is about to be logged."""
        new = [] if coming is None else [ChangeStanding(-1, coming, coming.approved_by)]
        ordered = [*new, *reversed(standing)]
        older = ordered[MOST_CHANGES:]
        return cls(
            changes=tuple(map(_quoted, ordered[:MOST_CHANGES])),
            older=len(older),
            older_unapproved=sum(one.approved_by is None for one in older),
        )


def _quoted(one: ChangeStanding) -> QuotedChange:
    return QuotedChange(
        leaf=None if one.leaf < 0 else one.leaf,
        at=one.change.at,
        what=_what(one.change),
        approved=one.approved_by is not None and one.problem is None,
        approval=f"{one.words}; {one.problem}" if one.problem else one.words,
    )


def _what(change: CatalogChange) -> str:
    if change.before is None:
        return "the first catalogue"
    changed = {"catalogue": change.before != change.after, "suites": change.suites_before != change.suites_after}
    return " and ".join(name for name, is_other in changed.items() if is_other) or "nothing"
