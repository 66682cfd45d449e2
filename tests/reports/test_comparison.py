"""The page of a comparison: what it counts, marks, draws and admits not to know."""

import re
from datetime import timedelta
from typing import Any

import pytest

from checks.evidence.open_items import followed
from checks.outcome import Outcome
from reports.bars import LABEL, VALUE, WIDTH, chart
from reports.comparison import ComparisonPage, comparison_html, comparison_page, group_name
from reports.differences import Piece, pieces
from tests.reports.examples import SLOT, a_comparison, told


def page(**more: Any) -> ComparisonPage:
    return comparison_page(told(**more), title="books-agree")


def joined(found: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in found)


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        ("1234.50", "1234.75", ("1234.5[0]", "1234.[7]5")),
        ("acme ", "acme", ("acme[ ]", "acme")),
        ("abc", "abc", ("abc", "abc")),
        ("abc", "xyz", ("[abc]", "[xyz]")),
        (None, "abc", ("[–]", "[abc]")),
        ("", "a", ('[""]', "[a]")),
        (None, "–", ("[–]", '["–"]')),
        (None, "", ("[–]", '[""]')),
        (True, False, ("[true]", "[false]")),
        ("a\r\nb", "a\nb", ("a[\\x0d]\nb", "a\nb")),
        ("a", "a\n", ("a", "a[\\x0a]")),
        ("a b", "a\tb", ("a[ ]b", "a[\\x09]b")),
        ("a b", "a\u00a0b", ("a[ ]b", "a[\\xa0]b")),
        ("\u00e9", "e\u0301", ("[\u00e9]", "[e\\u0301]")),
        ("a\x1b", "a\\x1b", ("a[\\x1b]", "a[\\x5cx1b]")),
        (1.5, 1.25, ("1.5", "1.[2]5")),
    ],
)
def test_exactly_the_characters_that_differ_are_marked(left, right, marked):
    assert tuple(map(joined, pieces(left, right))) == marked


def test_values_of_any_length_are_marked_in_bounded_time():
    here, there = pieces("x" * 1_000_000 + "a", "x" * 1_000_000 + "b")
    assert (here[0].differs, here[-1].differs, there[-1].text[-1]) == (False, True, "b")


@pytest.mark.parametrize(
    ("left", "right", "marked"),
    [
        ("x" * 1500 + "A", "x" * 1500 + "B", ("x[A]", "x[B]")),
        ("word " * 300 + "end" + "." * 900, "word " * 300 + "eXd" + "." * 900, ("[n]", "[X]")),
        ("A" + "x" * 1500 + "B", "C" + "x" * 1500 + "D", ("[B]", "[D]")),
    ],
)
def test_what_differs_is_shown_wherever_it_stands_and_what_was_left_out_is_counted(left, right, marked):
    for found, one, words in zip(pieces(left, right), (left, right), marked, strict=True):
        assert words in joined(found)
        assert len(joined(found)) < 600
        left_out = sum(
            int(re.search(r"([\d,]+) char", piece.text)[1].replace(",", "")) for piece in found if piece.told
        )
        assert left_out + sum(len(piece.text) for piece in found if not piece.told) == len(one)


def test_keys_and_groups_tell_null_from_every_text():
    names = [group_name({"group": {"g": value}}) for value in (None, "None", "–", "", "a", "a ", '"a "', True)]
    assert names == ["g –", "g None", 'g "–"', 'g ""', "g a", 'g "a "', 'g ""a ""', "g true"]
    missing = {**told()["samples"][2], "key": {"id": None}}
    assert page(samples=[missing]).samples[0].samples[0].key == "id –"


def test_the_sentence_tells_equal_from_different_from_nothing():
    assert page().outcome is Outcome.FAIL
    assert page().sentence == (
        "The sides differ: 1 missing, 1 extra, 2 changed, 1 with a key that repeats, 1 group whose totals differ,"
        " control totals of amount that differ; 9 rows match by key."
    )
    none = dict.fromkeys(told()["rows"], 0)
    assert page(rows=none, groups=[], controls=[]).outcome is Outcome.INCONCLUSIVE
    assert page(rows={**none, "left": 3, "right": 3, "matched": 3}, groups=[], controls=[]).outcome is Outcome.PASS


EQUAL: dict[str, Any] = {
    "rows": {**dict.fromkeys(told()["rows"], 0), "left": 3, "right": 3, "matched": 3}, "groups": [], "controls": [],
}  # fmt: skip


@pytest.mark.parametrize(
    ("coverage", "outcome", "sentence"),
    [
        ({}, Outcome.PASS, "The sides are equal in tenant, amount: 3 rows match, and none differs."),
        (
            {"columns_from": "all", "left_only": []},
            Outcome.PASS,
            "The sides are equal: 3 rows match, and none differs.",
        ),
        (
            {"columns_from": "all"},
            Outcome.FAIL,
            "The sides differ: a column that only the left has: note; 3 rows match by key.",
        ),
        (
            {"columns_from": "all", "left_only": [], "right_only": [f"c{n}" for n in range(10)]},
            Outcome.FAIL,
            "The sides differ: 10 columns that only the right has: c0, c1, c2, c3, c4, c5, c6, c7 and 2 more; "
            "3 rows match by key.",
        ),
        (
            {"columns": [], "columns_from": "all", "left_only": []},
            Outcome.PASS,
            "The sides are equal in their keys, and nothing else was compared: 3 rows match, and none differs.",
        ),
        (
            {"columns": [], "key": ["a", "b"], "key_from": "whole row"},
            Outcome.PASS,
            "The sides are equal in a, b: 3 rows match, and none differs.",
        ),
    ],
)
def test_equality_is_said_of_what_was_compared(coverage, outcome, sentence):
    shown = page(**EQUAL, coverage={**told()["coverage"], **coverage})
    assert (shown.outcome, shown.sentence) == (outcome, sentence)


def test_a_result_that_does_not_say_where_its_columns_come_from_is_read_as_it_was():
    coverage = {name: one for name, one in told()["coverage"].items() if name not in ("columns_from", "left_out")}
    shown = page(**EQUAL, coverage={**coverage, "columns": []})
    assert shown.sentence == "The sides are equal: 3 rows match, and none differs."


def test_columns_that_one_side_lacks_stand_before_what_differs_in_rows():
    coverage = {**told()["coverage"], "columns_from": "all"}
    rows = {**EQUAL["rows"], "missing": 1, "left": 4}
    assert page(**{**EQUAL, "rows": rows}, coverage=coverage).sentence == (
        "The sides differ: a column that only the left has: note; 1 missing; 3 rows match by key."
    )


def test_columns_that_were_not_compared_are_named_where_the_outcome_passes_too():
    coverage = {**told()["coverage"], "columns_from": "all"}
    found = comparison_page({**told(), **EQUAL, "coverage": coverage}, title="x", same_columns=False)
    assert found.outcome is Outcome.PASS
    shown = comparison_html(found)
    assert "The sides are equal in the columns that both have: 3 rows match" in shown
    assert "<dt>On both sides and not compared</dt><dd>booked_at</dd>" in shown
    assert "<dt>On the left only</dt><dd>note</dd>" in shown


def test_totals_outside_their_tolerance_are_a_difference_though_every_row_matches():
    rows = {**dict.fromkeys(told()["rows"], 0), "left": 3, "right": 3, "matched": 3}
    assert page(rows=rows, controls=[]).outcome is Outcome.FAIL


def test_a_judged_outcome_stands_before_the_counts_own():
    assert comparison_page(told(), title="x", outcome=Outcome.PASS).outcome is Outcome.PASS


def test_the_columns_that_differ_most_come_first_and_estimates_say_about():
    assert [column.name for column in page().columns] == ["amount", "tenant"]
    assert re.search(r'<td class="number">about 2</td>', comparison_html(page()))


def test_bars_stand_on_the_side_of_their_sign_and_within_the_drawing():
    drawn = chart("x", [("a", "30", 30.0), ("b", "-10", -10.0), ("c", "0.001", 0.001)])
    first, second, third = drawn.bars
    assert first.x == drawn.zero
    assert (second.x + second.width, second.below_zero) == (drawn.zero, True)
    assert first.width == pytest.approx(3 * second.width, rel=0.01)
    assert second.x >= LABEL
    assert first.x + first.width <= WIDTH - VALUE + 0.1
    assert third.width >= 1
    assert chart("x", []) is None


def test_the_chart_shows_one_measure_and_the_table_has_all():
    totals = [
        {**told()["groups"][0], "group": {"tenant": name}, "measure": measure}
        for name, measure in (("a", "amount"), ("b", "amount"), ("c", "rows"))
    ]
    found = page(groups=totals)
    assert [bar.label for bar in found.chart.bars] == ["tenant a", "tenant b"]
    assert len(found.groups) == 3


def test_samples_of_one_side_show_that_side_alone():
    missing = next(section for section in page().samples if section.title == "Rows on the left only")
    assert [(cell.column, joined(cell.left), cell.right) for cell in missing.samples[0].cells] == [
        ("tenant", "acme", ()),
        ("amount", "3.00", ()),
    ]


def test_an_item_is_as_old_as_the_first_slot_that_showed_it():
    first = followed(None, told(), SLOT.at)
    later = followed(first, told(), SLOT.at + timedelta(hours=5))
    shown = comparison_page(told(), title="x", open_items=later).aging
    assert {line.age for line in shown.lines} == {timedelta(hours=5)}
    assert (shown.open_rows, shown.followed) == (4, 4)
    assert "5 h" in comparison_html(comparison_page(told(), title="x", open_items=later))


def test_control_totals_are_shown_by_class_and_one_that_does_not_add_up_is_no_verdict():
    shown = comparison_html(page())
    assert "Control totals of amount" in shown
    assert "The classes add up to both totals" in shown
    (control,) = told()["controls"]
    broken = page(controls=[{**control, "adds_up": False}])
    assert (broken.outcome, broken.sentence) == (
        Outcome.ERROR, "The classes of rows do not add up to the totals of amount.",
    )  # fmt: skip
    assert "do not add up" in comparison_html(broken)
    rows = {**dict.fromkeys(told()["rows"], 0), "left": 3, "right": 3, "matched": 3}
    assert page(rows=rows, groups=[]).outcome is Outcome.FAIL


def test_a_page_says_by_which_rules_and_how_rows_were_paired():
    shown = comparison_html(a_comparison())
    for words in ("within 0.01", "many rows stand for one", "cents / 100.0 left", "lines on the right", "expired"):
        assert words in shown, words
    items = {**told()["coverage"], "matching": {"how": "items", "amount": "amount", "time": None, "pairs": 2}}
    assert ("amount", "amount, within 0.01") in page(coverage=items).matching
    assert ("pairs", 2) in page(coverage=items).matching


def test_groups_and_keys_stand_in_the_order_that_was_asked():
    group = {**told()["groups"][0], "group": {"currency": "CHF", "tenant": "t3"}}
    asked = comparison_page(told(groups=[group]), title="x", asked=[("tenant", "currency")])
    assert asked.groups[0].name == asked.chart.bars[0].label == "tenant t3, currency CHF"
    coverage = {**told()["coverage"], "key": ["tenant", "id"]}
    sample = {**told()["samples"][0], "key": {"id": 7, "tenant": "acme"}}
    assert page(coverage=coverage, samples=[sample]).samples[0].samples[0].key == "tenant acme, id 7"


@pytest.mark.parametrize(
    ("more", "match", "counted"),
    [
        ({}, "rows match by key.", "paired one to one by key;"),
        ({"key_from": "whole row"}, "rows match as they are.", "the same as a whole;"),
        ({"matching": {"how": "items", "amount": "amount"}}, "rows were paired as items.", "by amount and time;"),
        ({"matching": {"how": "one to many", "many": "right"}}, "rows match by key.", "stand together for one;"),
    ],
)
def test_a_page_says_of_its_counts_how_rows_were_paired(more, match, counted):
    shown = comparison_html(page(coverage={**told()["coverage"], **more}))
    assert match in shown
    assert counted in shown


def test_repeats_of_whole_rows_are_no_difference():
    coverage = {**told()["coverage"], "key_from": "whole row"}
    rows = {**dict.fromkeys(told()["rows"], 0), "left": 3, "right": 3, "matched": 3, "duplicate_left": 1}
    assert page(rows=rows, groups=[], controls=[], coverage=coverage).outcome is Outcome.PASS
