"""What is expected of documents: there, not empty, complete, with links that lead somewhere, and looked at lately."""

from collections.abc import Mapping

from great_expectations.expectations import ExpectColumnValuesToBeBetween, ExpectColumnValuesToNotBeNull

from checks.evidence.records import Scalar
from checks.expectations.conditions import GOOD, at_least, at_most, is_good
from checks.expectations.dated import FOUND, LINK, VERSION, found_columns, named, readable, version_columns
from checks.expectations.suite import Occasion, Rule, Suite
from checks.kinds.documents import DocumentsCheck, DocumentsRow
from checks.outcome import Outcome

_DAY_SECONDS = 86_400
"""How far ahead a review's date may be: it is a day, and somewhere that day begins before it does in UTC."""


def _columns(check: DocumentsCheck, row: DocumentsRow, occasion: Occasion) -> Mapping[str, Scalar]:
    expect = check.expect
    age = (occasion.now - row.reviewed_at).total_seconds() if row.reviewed_at else None
    read = row.words is not None
    return {
        **found_columns(row),
        **version_columns(check, row),
        "link_form": named(row.broken_links) or GOOD if read else None,
        "links_asked": True if expect.links else None,
        "heading_form": named(row.headings_missing) or GOOD if read else None,
        "headings_asked": ", ".join(expect.headings) or None,
        "saying": named(row.unsaid) or GOOD if read else None,
        "saying_asked": named(expect.says) or None,
        "linking": named(row.unlinked) or GOOD if read else None,
        "linking_asked": ", ".join(expect.links_to) or None,
        "open_most": expect.open_items,
        "table_form": named(row.drift) or GOOD if read else None,
        "tables_asked": ", ".join(table.under for table in expect.tables) or None,
        "review_asked": True if expect.reviewed else None,
        "reviewed_within": expect.reviewed.total_seconds() if expect.reviewed else None,
        "review_age": age,
        "review_earliest": -_DAY_SECONDS if expect.reviewed else None,
        "review_trouble": row.unreviewed or "is not known",
        "reviewer": row.reviewed_by,
    }


DOCUMENTS: Suite[DocumentsCheck, DocumentsRow] = Suite(
    kind="documents",
    columns=_columns,
    guards={
        "found": FOUND,
        "readable": readable("text"),
        "written": Rule(
            ExpectColumnValuesToBeBetween(column="words", min_value=1),
            because="{where} holds {words} words; its SHA-256 is {digest}",
            otherwise="{where} is empty",
            observed="words",
            unmet=Outcome.MISSING,
        ),
    },
    expectations={
        "headings": Rule(
            is_good("heading_form"),
            because="it has every section asked for: {headings_asked}",
            otherwise="it has no section {heading_form}",
            observed="heading_form",
            expected="headings_asked",
        ),
        "says": Rule(
            is_good("saying"),
            because="it says {saying_asked}",
            otherwise="it does not say {saying}",
            observed="saying",
            expected="saying_asked",
        ),
        "links": Rule(
            is_good("link_form"),
            because="each of its {links} relative links leads somewhere",
            otherwise="broken links: {link_form}",
            observed="link_form",
            asked="links_asked",
        ),
        "links-to": Rule(
            is_good("linking"),
            because="it links to {linking_asked}",
            otherwise="it does not link to {linking}",
            observed="linking",
            expected="linking_asked",
        ),
        "open-items": Rule(
            at_most("open_items", "open_most"),
            because="{open_items} items of its checklists are open; at most {open_most} may be",
            observed="open_items",
            expected="open_most",
        ),
        "tables": Rule(
            is_good("table_form"),
            because="its tables hold what the catalogue says: {tables_asked}",
            otherwise="its tables and the catalogue drift apart: {table_form}",
            observed="table_form",
            expected="tables_asked",
        ),
        "review": Rule(
            ExpectColumnValuesToNotBeNull(column="reviewer"),
            because="reviewed at {reviewed_at} by {reviewer}",
            otherwise="a review {review_trouble}",
            observed="reviewer",
            asked="review_asked",
            unmet=Outcome.MISSING,
        ),
        "review-not-from-the-future": Rule(
            at_least("review_age", "review_earliest"),
            because="its review is not dated in the future",
            otherwise="its review is dated {reviewed_at}, in the future",
            observed="review_age",
            expected="review_earliest",
            unmet=Outcome.STALE,
            needs=("review",),
        ),
        "reviewed": Rule(
            at_most("review_age", "reviewed_within"),
            because="reviewed {review_age} s ago; it may be {reviewed_within} s",
            observed="review_age",
            expected="reviewed_within",
            unmet=Outcome.STALE,
            needs=("review",),
        ),
        **VERSION,
        "link": LINK,
    },
)
