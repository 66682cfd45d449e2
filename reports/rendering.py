"""The two Jinja2 environments: whatever a template interpolates is escaped by the environment, not by its author."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from checks.evidence.records import rfc3339
from checks.outcome import Outcome
from checks.timespans import age_words, duration_words
from reports import escaping
from reports.outcomes import SYMBOLS, outcome_word

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"

# Ways to mark text as harmless, or to escape it for HTML where Markdown is written.
_BYPASSES = ("safe", "e", "escape", "forceescape", "urlize", "xmlattr", "tojson", "striptags", "format", "replace")


def render(template: str, **values: object) -> str:
    """The text of a template from `templates/`, whose name says what it makes: `NAME.html.j2` or `NAME.md.j2`."""
    environment = html() if template.endswith(".html.j2") else markdown()
    return environment.get_template(template).render(values)


@cache
def html() -> Environment:
    """For pages: autoescape, after controls and bidirectional overrides were made visible."""
    environment = _environment(finalize=escaping.html_value)
    environment.filters.update(href=escaping.href, badge=_badges(environment, "_badge.html.j2"))
    return environment


@cache
def markdown() -> Environment:
    """For Markdown: the same mechanism, whose `finalize` escapes for Markdown and hands on what needs no more."""
    environment = _environment(finalize=escaping.markdown_text)
    environment.filters.update(code=escaping.markdown_code, link=escaping.markdown_link)
    environment.filters["badge"] = _badges(environment, "_badge.md.j2")
    return environment


def _environment(**options: object) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        **options,  # type: ignore[arg-type] # one callable, whose type each caller knows
    )
    for name in _BYPASSES:
        del environment.filters[name]
    environment.filters.update(
        age=age_words, duration=duration_words, rfc3339=rfc3339, symbol=SYMBOLS.__getitem__, word=outcome_word
    )
    environment.filters.update(heading_anchor=heading_anchor, thousands="{:,}".format)
    environment.globals["outcomes"] = tuple(reversed(Outcome))
    return environment


def _badges(environment: Environment, template: str) -> Callable[[Outcome], Markup]:
    """Each outcome's badge, made once: pages hold one for every finding."""
    badge = environment.get_template(template)
    return {outcome: Markup(badge.render(outcome=outcome)) for outcome in Outcome}.__getitem__  # noqa: S704 (rendered)


def heading_anchor(name: str) -> str:
    """Where Markdown viewers jump to for a heading that is a check's name: they leave the dots out."""
    return name.replace(".", "")
