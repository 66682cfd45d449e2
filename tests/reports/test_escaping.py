"""What the outside world wrote is read on a page, and does nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markupsafe import Markup

from reports.escaping import LONGEST, href, markdown_code, markdown_link, markdown_text, text_of

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def visible(source: str) -> str:
    """The text that a reader of rendered Markdown sees, if nothing but text is in it."""
    paragraph, inline, end = MARKDOWN.parse(source)
    assert (paragraph.type, end.type) == ("paragraph_open", "paragraph_close")
    assert {child.type for child in inline.children or ()} <= {"text"}, inline.children
    return "".join(child.content for child in inline.children or ())


@given(st.text(alphabet=st.one_of(st.sampled_from("\\`*_[]()<>|~$@&#+-=.!:/1 \n\tw"), st.characters()), max_size=60))
def test_any_text_as_markdown_reads_as_itself(text: str):
    assert visible(markdown_text(text)) == (" ".join(text_of(text).split()) or "–")


@given(st.text(max_size=60))
def test_any_text_as_a_code_span_reads_as_itself(text: str):
    inline = MARKDOWN.parse(f"so {markdown_code(text)} it")[1]
    code = [child.content for child in inline.children or () if child.type == "code_inline"]
    assert code == [" ".join(text_of(text).split()) or "–"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (True, "true"),
        (503, "503"),
        (0.0421873, "0.0422"),
        (1234.5, "1234.5"),
        (1.0, "1"),
        (timedelta(minutes=125), "2 h 5 min"),
        (datetime(2026, 11, 22, 14, tzinfo=UTC), "2026-11-22 14:00 UTC"),
        ("pass\u202efdp.exe", "pass\\u202efdp.exe"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("half\ud800", "half\\ud800"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_a_value_is_shown_short_and_with_nothing_hidden(value: object, shown: str):
    assert text_of(value) == shown


def test_a_long_value_is_cut_and_says_by_how_much():
    shown = text_of("x" * 10_000)
    assert shown.startswith("x" * LONGEST)
    assert shown.endswith("… (and 9,000 characters more)")
    assert len(shown) < LONGEST + 50


def test_plain_words_stay_readable_in_the_source():
    assert markdown_text("orders_freshness took 0.5 s; expected at most 1 s") == (
        "orders_freshness took 0.5 s; expected at most 1 s"
    )


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("# loud", "\\# loud"),
        ("- item", "\\- item"),
        ("+ item", "\\+ item"),
        ("12. item", "12\\. item"),
        ("3) item", "3\\) item"),
        ("a | b", "a \\| b"),
        ("`code`", "\\`code\\`"),
        ("[x](javascript:alert)", "\\[x\\](javascript:alert)"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("see https://example.org", "see https\\://example.org"),
        ("www.example.org", "www\\.example.org"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_loses_its_meaning(text: str, escaped: str):
    assert markdown_text(text) == escaped


def test_what_is_markdown_already_is_left_alone():
    assert markdown_text(Markup("**bold**")) == "**bold**"


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("raw/a b/x.body", "raw/a%20b/x.body"),
        ("../../VERIFY.md", "../../VERIFY.md"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("//example.org/x", ".//example.org/x"),
        ('"><script>', "%22%3E%3Cscript%3E"),
    ],
)
def test_an_address_stays_within_the_folder_of_the_page(path: str, address: str):
    assert href(path) == address


def test_a_link_escapes_its_label_and_its_path():
    assert markdown_link("a]b", "x)y", "z w") == "[a\\]b](x%29y#z%20w)"
