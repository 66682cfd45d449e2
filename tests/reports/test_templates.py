"""What holds of every template: nothing from outside comes alive, and every page can be read by everybody."""

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from jinja2 import TemplateAssertionError, UndefinedError
from markdown_it import MarkdownIt

from checks.outcome import Outcome
from reports.bundle import report_html, report_markdown
from reports.comparison import comparison_html
from reports.drills import drills_html, drills_markdown
from reports.escaping import text_of
from reports.models import model_html, model_markdown
from reports.outcomes import SYMBOLS, outcome_word
from reports.rendering import TEMPLATES, html, markdown
from reports.tracker import tracker_html, tracker_markdown
from tests.reports.examples import a_comparison, a_drill_page, a_gate, a_model, a_report, a_tracker, an_acceptance
from tests.reports.hostile import PAYLOADS, TAME, poisoned

PAGES: dict[str, tuple[Callable[[], object], Callable[..., str]]] = {
    "tracker.html.j2": (a_tracker, tracker_html),
    "tracker.md.j2": (a_tracker, tracker_markdown),
    "report.html.j2": (a_report, report_html),
    "report.md.j2": (a_report, report_markdown),
    "drills.html.j2": (a_drill_page, drills_html),
    "drills.md.j2": (a_drill_page, drills_markdown),
    "comparison.html.j2": (a_comparison, comparison_html),
    "release-gate.html.j2": (a_gate, model_html),
    "release-gate.md.j2": (a_gate, model_markdown),
    "acceptance.html.j2": (an_acceptance, model_html),
    "acceptance.md.j2": (an_acceptance, model_markdown),
    **{
        f"{template}.{form}.j2": (partial(a_model, template), render)
        for template in ("service-scorecard", "use-case-register", "weighted-score")
        for form, render in (("html", model_html), ("md", model_markdown))
    },
}
HTML = [name for name in PAGES if name.endswith(".html.j2")]
MARKDOWN = [name for name in PAGES if name.endswith(".md.j2")]
VOID = {"meta", "br", "img", "link", "input", "hr"}
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


class Page(HTMLParser):
    """A page's elements in order, with the text between them; unbalanced tags are refused."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.within: list[str] = []
        self.feed(source)
        self.close()
        assert self.within == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(attrs) == len(dict(attrs)), f"an attribute of <{tag}> stands twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.within.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.within:
            self.text += data

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def each(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def render(template: str, text: str | None = None) -> str:
    """A template's page of the shared example, or of the same with `text` for every string."""
    make, page = PAGES[template]
    return page(make() if text is None else poisoned(make(), text))


def markdown_shape(source: str) -> list[tuple[str, str]]:
    """Every block and every inline element but plain text, in order."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source)
    inline = [child for token in tokens for child in token.children or () if child.type != "text"]
    return [(token.type, token.tag) for token in (*tokens, *inline)]


def without_addresses(page: str) -> str:
    """A page without the files its links lead to, whose names are checked where they are made."""
    return re.sub(r'href="[^"]*"|\]\([^)]*\)', "", page)


def test_every_template_is_tried():
    assert {path.name for path in TEMPLATES.iterdir() if not path.name.startswith("_")} == set(PAGES)


@pytest.mark.parametrize("template", HTML)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_text_changes_no_element_of_a_page(template: str, payload: str):
    page = Page(render(template, payload))
    assert page.shape == Page(render(template, TAME)).shape
    assert " ".join(text_of(payload).split()) in " ".join(page.text.split())


@pytest.mark.parametrize("template", MARKDOWN)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_text_changes_no_element_of_markdown(template: str, payload: str):
    assert markdown_shape(render(template, payload)) == markdown_shape(render(template, TAME))


@pytest.mark.parametrize("template", MARKDOWN)
def test_markdown_makes_tables_and_no_html(template: str):
    source = render(template, PAYLOADS["script"])
    shape = dict.fromkeys(kind for kind, _ in markdown_shape(source))
    assert "table_open" in shape
    assert not {"html_block", "html_inline", "image", "fence", "code_block", "blockquote_open"} & set(shape)


@pytest.mark.parametrize("template", MARKDOWN)
def test_no_bare_link_of_outside_text_becomes_one_where_viewers_look_for_them(template: str):
    prose = without_addresses(re.sub(r"`+[^`]*`+", "", render(template, PAYLOADS["bare link"])))
    assert not re.search(r"(?<!\\)://|www\.|[^\\]@", prose)
    assert re.search(r"https\\://", prose)


@pytest.mark.parametrize("template", PAGES)
@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_nothing_invisible_reaches_a_page(template: str, payload: str):
    page = render(template, payload)
    hidden = {char for char in page if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} or char in BIDI}
    assert hidden <= set("\n\t\r")
    page.encode()


@pytest.mark.parametrize("template", PAGES)
def test_one_long_value_does_not_make_an_endless_page(template: str):
    short, long = (without_addresses(render(template, "x" * length)) for length in (1_000, 1_000_000))
    assert len(long) < 1.1 * len(short)


@pytest.mark.parametrize("template", HTML)
def test_a_page_asks_nobody_for_anything_and_runs_nothing(template: str):
    source = render(template, PAYLOADS["link"])
    page = Page(source)
    assert {tag for tag, _ in page.elements} & {
        "script",
        "iframe",
        "object",
        "embed",
        "form",
        "img",
        "link",
        "base",
    } == set()
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on")]
        assert {"src", "srcset", "action", "background"} & set(attributes) == set()
        address = attributes.get("href") or ""
        assert not re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|\\", address), (tag, address)
    style = source.split("<style>")[1].split("</style>")[0]
    assert not re.search(r"url\(|@import|expression", style)


@pytest.mark.parametrize("template", HTML)
def test_a_page_forbids_itself_everything_but_its_own_style(template: str):
    first_two = Page(render(template)).each("meta")[:2]
    assert first_two[0] == {"charset": "utf-8"}
    assert first_two[1] == {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'; img-src data:",
    }


@pytest.mark.parametrize("template", HTML)
def test_a_page_can_be_followed_by_ear(template: str):
    page = Page(render(template))
    assert page.each("html") == [{"lang": "en"}]
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert all(header.get("scope") in {"col", "row", "rowgroup"} for header in page.each("th"))
    assert [tag for tag, _ in page.elements].count("main") == 1
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("environment", [html(), markdown()], ids=["html", "markdown"])
@pytest.mark.parametrize("outcome", Outcome)
def test_an_outcome_is_told_by_a_symbol_and_a_word_and_never_by_colour_alone(environment, outcome: Outcome):
    badge = re.sub("<[^>]*>", " ", environment.from_string("{{ outcome|badge }}").render(outcome=outcome))
    assert badge.split() == [SYMBOLS[outcome], *outcome_word(outcome).split()]
    assert len(set(SYMBOLS.values())) == len(Outcome)


@pytest.mark.parametrize("environment", [html(), markdown()], ids=["html", "markdown"])
@pytest.mark.parametrize("bypass", ["safe", "e", "escape", "forceescape", "urlize", "tojson", "xmlattr", "format"])
def test_no_template_can_call_a_value_harmless(environment, bypass: str):
    with pytest.raises(TemplateAssertionError):
        environment.from_string(f"{{{{ value|{bypass} }}}}")


@pytest.mark.parametrize("environment", [html(), markdown()], ids=["html", "markdown"])
def test_a_value_that_is_not_there_is_an_error_and_no_blank(environment):
    with pytest.raises(UndefinedError):
        environment.from_string("{{ nobody }}").render()


def colours(scheme: str) -> dict[str, str]:
    """The page's colours by name, in the light or the dark scheme."""
    style = (TEMPLATES / "_style.css.j2").read_text()
    light, dark = style.split("@media screen and (prefers-color-scheme: dark)")
    chosen = light if scheme == "light" else dark.split("\n}\n")[0]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", chosen))


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(scheme: str):
    palette = colours(scheme)
    tones = ["good", "granted", "doubt", "blind", "bad"]
    pairs = [(text, ground) for text in ("ink", "muted", "link") for ground in ("paper", "wash")]
    pairs += [(tone, f"{tone}-wash") for tone in tones] + [("doubt", "paper")]
    assert {pair: ratio for pair in pairs if (ratio := contrast(palette[pair[0]], palette[pair[1]])) < 4.5} == {}


def test_every_outcome_has_a_tone():
    style = (TEMPLATES / "_style.css.j2").read_text()
    assert all(re.search(rf"\.{outcome}\b", style) for outcome in Outcome)
