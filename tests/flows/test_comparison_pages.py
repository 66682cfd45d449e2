"""The pages of comparisons in sealed bundles, and open items that are followed from slot to slot."""

import json
from pathlib import Path

import pytest

from checks.evidence.open_items import OpenItems
from checks.outcome import Outcome
from checks.slots import Cadence
from flows.cadence import RunSummary
from tests.flows.conftest import Run
from tests.flows.test_cadence import Clock, clock, slot  # noqa: F401 (a fixture)

CATALOG = """\
system: small
environment: test
sources:
  files: {folder: FOLDER}
checks:
  books-agree:
    kind: reconciliation
    left: files:left.csv
    right: files:right.csv
    key: id
    expect: {open_for: 90m, known: [{what: extra, rows: 1, until: "2026-01-01T00:00:00Z", reason: old}]}
    rules: {amount: {read_as: numeric}}
    control: amount
"""
LEFT = "id,amount\n1,1.00\n2,2.00\n3,3.00\n"


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "readiness.yaml"
    path.write_text(CATALOG.replace("FOLDER", str(tmp_path)))
    return path


def pages(summary: RunSummary) -> Path:
    assert summary.bundle is not None
    return summary.bundle / "bag" / "data" / "pages"


def open_items(summary: RunSummary) -> OpenItems:
    return OpenItems.model_validate_json((pages(summary) / "open-items.books-agree.json").read_bytes())


def outcomes(summary: RunSummary) -> dict[str, str]:
    """What each expectation came to, as the bundle has it."""
    assert summary.bundle is not None
    verdicts = json.loads((summary.bundle / "bag" / "data" / "verdicts.json").read_bytes())
    return {one["expectation"]: one["outcome"] for one in verdicts["findings"]}


@pytest.mark.slow
def test_open_items_are_followed_through_a_slot_that_could_not_compare(
    run: Run,
    catalog: Path,
    clock: Clock,  # noqa: F811
    tmp_path: Path,
):
    right = tmp_path / "right.csv"
    (tmp_path / "left.csv").write_text(LEFT)
    right.write_text(LEFT.replace("2.00", "2.50"))
    first = run(Cadence.HOURLY, catalog)
    assert first.outcomes == {"books-agree": Outcome.FAIL}
    assert "The sides differ: 1 changed" in (pages(first) / "comparison.books-agree.html").read_text()
    report = (pages(first).parent / "report.html").read_text()
    assert 'href="pages/comparison.books-agree.html"' in report

    right.unlink()
    clock.now = slot(15, 7).at
    second = run(Cadence.HOURLY, catalog)
    assert second.outcomes == {"books-agree": Outcome.ERROR}
    assert not (pages(second) / "comparison.books-agree.html").exists()

    right.write_text(LEFT.replace("2.00", "2.75").replace("3,3.00\n", ""))
    clock.now = slot(16, 7).at
    third = open_items(run(Cadence.HOURLY, catalog))
    assert {(item.key["id"], item.first_seen) for item in third.items} == {("2", slot(14).at), ("3", slot(16).at)}
    assert outcomes(first)["open-for"] == "PASS"

    clock.now = slot(18, 7).at  # the slot of 17:00 is missed, and hands on what it was handed
    fourth = run(Cadence.HOURLY, catalog)
    assert fourth.missed == (slot(17),)
    assert {item.first_seen for item in open_items(fourth).items} == {slot(14).at, slot(16).at}
    assert (outcomes(fourth)["open-for"], outcomes(fourth)["followed"]) == ("FAIL", "PASS")
    assert outcomes(fourth)["adds-up"] == "PASS"
    page = (pages(fourth) / "comparison.books-agree.html").read_text()
    assert "Control totals" in page
    assert "expired" in page

    right.write_text("id,amount,note\n1,1.00,\n2,2.00,\n3,3.00,\n")
    clock.now = slot(19, 7).at
    last = run(Cadence.HOURLY, catalog)
    assert last.outcomes == {"books-agree": Outcome.PASS}
    page = (pages(last) / "comparison.books-agree.html").read_text()
    assert "The sides are equal in the columns that both have: 3 rows match" in page
    assert "<dt>On the right only</dt><dd>note</dd>" in page
    assert outcomes(last)["open-for"] == "PASS"
    assert [item.key["id"] for item in open_items(last).closed] == ["2", "3"]


@pytest.mark.slow
def test_nothing_that_is_redacted_is_sealed(run: Run, catalog: Path, clock: Clock, tmp_path: Path):  # noqa: F811
    more = """\
    columns: [id]
    map: {n2: {left: note, right: note}, n3: {left: upper(NOTE), right: '"note"'}}
    samples: {redact: [note]}
"""
    text = catalog.read_text().replace("    rules: {amount: {read_as: numeric}}\n    control: amount\n", more)
    whole = text[text.index("  books-agree") :].replace("books-agree", "whole-rows").replace("key: id", 'key: ["*"]')
    whole = whole.replace(more, '    samples: {redact: ["*"]}\n')
    catalog.write_text(text + whole)
    for name in ("left", "right"):
        (tmp_path / f"{name}.csv").write_text(f"id,note\n1,s3cret {name}\n2,s3cret\n")
    summary = run(Cadence.HOURLY, catalog)
    assert summary.outcomes == {"books-agree": Outcome.FAIL, "whole-rows": Outcome.FAIL}
    assert summary.bundle is not None
    files = [path for path in summary.bundle.rglob("*") if path.is_file()]
    assert [path for path in files if b"s3cret" in path.read_bytes().lower()] == []
    for name in ("books-agree", "whole-rows"):
        assert "[redacted]" in (pages(summary) / f"comparison.{name}.html").read_text()
        assert b"[redacted]" in (pages(summary).parent / "raw" / name / "result.json.body").read_bytes()
