"""The example catalogues: read strictly, and every requirement of their documents is covered by what they state."""

import re

import pytest

from checks.catalog import Catalog
from examples.requirements import EXAMPLES, OUT_OF_REACH, REQUIREMENTS, by_people, covered, table, unsupported
from flows.wiring import load_catalog


def exists(name: str, catalog: Catalog) -> bool:
    """Whether a catalogue has a check, a part of a check, a model or a part of a model of that name."""
    check, _, subject = name.partition("#")[0].partition("@")
    if check in catalog.checks:
        return not subject or subject in catalog.checks[check].subjects
    model, _, part = name.partition("/")
    return model in catalog.models and (not part or part in catalog.models[model].element_names)


@pytest.mark.parametrize("example", REQUIREMENTS)
def test_every_requirement_is_covered_or_named_as_out_of_reach(example: str):
    catalog, _ = load_catalog(EXAMPLES / example / "readiness.yaml")
    prefix, count = REQUIREMENTS[example]
    rows = covered(example)
    assert {one.prefix for one in rows} == {prefix}
    assert sorted(one.number for one in rows) == list(range(1, count + 1))
    for one in rows:
        if one.is_out_of_reach:
            assert len(one.words) > len(OUT_OF_REACH) + 10, f"{one.number}: say why it is out of reach"
        else:
            assert one.names, f"{one.number}: {one.words}"
        for name in one.names:
            assert exists(name, catalog), f"{one.number}: {name} is nothing in the catalogue"


@pytest.mark.parametrize("example", REQUIREMENTS)
def test_what_rests_on_no_evidence_is_said_to(example: str):
    said = {one.number for one in covered(example) if "no evidence is named" in one.words}
    assert said == unsupported(example)


@pytest.mark.parametrize("example", ["weighted-score", "service-scorecard"])
def test_what_rests_on_peoples_word_is_said_to(example: str):
    said = {one.number for one in covered(example) if "signed word" in one.words or "signed evidence" in one.words}
    assert said == by_people(example)


def test_the_counts_are_told():
    *_, last = table()
    total = sum(count for _, count in REQUIREMENTS.values())
    counts = [int(figure) for figure in re.findall(r"\d+", last)]
    assert counts[0] == total == sum(counts[1:])


@pytest.mark.parametrize("example", REQUIREMENTS)
def test_a_page_shows_what_the_readme_promises(example: str):
    catalog, _ = load_catalog(EXAMPLES / example / "readiness.yaml")
    page = re.search(r"var/reports/([a-z-]+)\.html", (EXAMPLES / example / "README.md").read_text())
    assert page is not None
    assert page[1] in catalog.models


@pytest.mark.parametrize("example", REQUIREMENTS)
def test_a_readme_shows_its_page_as_a_small_picture(example: str):
    assert "](page.png)" in (EXAMPLES / example / "README.md").read_text()
    picture = (EXAMPLES / example / "page.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 150_000
