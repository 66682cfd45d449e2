"""What a message says: plain text that means nothing but itself, and never more than a chat takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from checks.outcome import Outcome
from checks.telling.deciding import step
from checks.telling.topics import Event, Notice
from checks.telling.wording import LONGEST_BODY, line_of, plain, words_of
from tests.checks.telling.making import section, seen

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](https://evil.example)",
    "![](https://evil.example/pixel.png)",
    "https://evil.example and www.evil.example",
    "@everyone <!channel> <@U123> @here",
    "**bold** _it_ `code` ~~gone~~ ||spoiler||",
    "# heading\n- item\n> quote\n| a | b |",
    "line\r\nSubject: other\u2028third",
    "a\u202egnp.exe\u200b\x1b[31mred\x00",
    "\ud800 half",
    "&lt;b&gt; &#60;",
]


def notice(because: str, topic: str = "api", outcome: Outcome = Outcome.FAIL) -> Notice:
    _, (found,) = step(None, seen(outcome, topic=topic, because=plain(because), owner="Desk Ops"), section())
    return found


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_outside_world_wrote_means_nothing_in_markdown_html_or_a_chat(text: str):
    line = line_of(notice(text))
    tokens = MarkdownIt("commonmark", {"html": True, "linkify": False}).parse(line)
    assert [child.type for token in tokens for child in token.children or ()] == ["text"]
    assert not set("<>&@[]`*|~#\\\n\r") & set(line)
    assert "://" not in line


@given(st.text())
def test_any_text_becomes_one_short_printable_line(text: str):
    line = plain(text)
    assert len(line) <= 240
    assert line.isprintable()
    assert line.encode().decode() == line
    assert plain(line) == line


def test_a_line_says_what_whose_and_since_when():
    assert line_of(notice("it said 503")) == (
        "FAIL api: it said 503 (Desk Ops has no route of their own), since 2026-11-22 12:00 UTC"
    )


def test_a_message_of_hundreds_of_failures_fits_a_chat_and_counts_what_it_leaves_out():
    notices = [notice("x" * 500, f"check-{number:03}") for number in range(300)]
    words = words_of(notices, system="desk", environment="production")
    assert len(words.body) <= LONGEST_BODY
    shown = words.body.splitlines()
    assert shown[-1] == f"and {300 - len(shown) + 1} more, none of them worse; see the tracker"
    assert words.title == "desk in production: 300 fired"


def test_the_worst_comes_first_and_good_news_last():
    fired, resolved = notice("bad"), notice("good", "db").model_copy(update={"event": Event.RESOLVED})
    stale = notice("old", "old", Outcome.STALE)
    lines = words_of([resolved, stale, fired], system="desk", environment="test").body.splitlines()
    assert [line.split(":")[0] for line in lines] == ["FAIL api", "STALE old", "resolved"]


def test_good_news_alone_is_not_told_as_a_failure():
    resolved = notice("good").model_copy(update={"event": Event.RESOLVED})
    assert words_of([resolved], system="desk", environment="test").bad is False
    assert words_of([notice("bad")], system="desk", environment="test").bad is True


def test_a_notice_of_any_event_has_words():
    for event in Event:
        line = line_of(notice("so it is").model_copy(update={"event": event, "was": Outcome.WARN, "held": True}))
        assert "so it is" in line
        assert "held since 2026-11-22 12:00 UTC" in line
