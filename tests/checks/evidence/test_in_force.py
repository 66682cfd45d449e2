"""What is in force, as pages quote it: the newest change first, and nobody's approval is said too."""

from datetime import UTC, datetime, timedelta

from checks.evidence.approval import ChangeStanding
from checks.evidence.in_force import MOST_CHANGES, InForce
from checks.evidence.log_records import CatalogChange

AT = datetime(2026, 11, 22, 14, tzinfo=UTC)


def change(number: int, *, first: bool = False, suites: str = "s0", approved_by: str | None = None) -> CatalogChange:
    digests = [f"{one:064x}" for one in (number - 1, number)]
    return CatalogChange(
        at=AT + timedelta(hours=number),
        by="collector",
        before=None if first else digests[0],
        after=digests[1],
        suites_before=None if first else "s0",
        suites_after=suites,
        approved_by=approved_by,
    )


def test_nothing_is_in_force_before_anything_was_logged():
    assert InForce.of([]) == InForce()
    assert InForce().newest is None


def test_the_newest_comes_first_and_says_what_it_changed_and_by_whom():
    logged = [
        ChangeStanding(0, change(0, first=True)),
        ChangeStanding(3, change(1, suites="s1"), "ada"),
        ChangeStanding(5, change(2), "ada", AT + timedelta(days=1)),
    ]
    told = InForce.of(logged, change(3, approved_by=None))
    assert [(one.leaf, one.what, one.approved, one.approval) for one in told.changes] == [
        (None, "catalogue", False, "approved by nobody"),
        (5, "catalogue", True, "approved by ada afterwards, at 2026-11-23T14:00:00Z"),
        (3, "catalogue and suites", True, "approved by ada"),
        (0, "the first catalogue", False, "approved by nobody"),
    ]


def test_one_that_is_about_to_be_logged_has_the_approval_that_it_was_given():
    (coming,) = InForce.of([], change(0, first=True, approved_by="ada")).changes
    assert (coming.leaf, coming.approved, coming.approval) == (None, True, "approved by ada")


def test_a_claim_of_an_approval_that_nobody_gave_is_no_approval():
    (told,) = InForce.of([ChangeStanding(4, change(1), "ada", problem="leaf 4 says that bob approved it")]).changes
    assert not told.approved
    assert told.approval == "approved by ada; leaf 4 says that bob approved it"


def test_more_than_a_page_shows_are_counted_with_those_that_nobody_approved():
    logged = [ChangeStanding(at, change(at, first=not at), "ada" if at else None) for at in range(MOST_CHANGES + 3)]
    told = InForce.of(logged)
    assert [one.leaf for one in told.changes] == [7, 6, 5, 4, 3]
    assert (told.older, told.older_unapproved) == (3, 1)
