"""The example catalogues: read strictly, and every requirement of their documents is covered by what they state."""

import re
from pathlib import Path

import pytest

from checks.catalog import Catalog
from flows.wiring import load_catalog

EXAMPLES = Path(__file__).parents[2] / "examples"
REQUIREMENTS = {
    "release-gate": ("S0", 35),
    "service-scorecard": ("S2", 56),
    "weighted-score": ("S3", 82),
    "use-case-register": ("S4", 57),
    "slos-and-drills": ("S1", 41),
}
_ROW = re.compile(r"^\| (S\d)-(\d+) \| (.+) \|$", re.MULTILINE)
_QUOTED = re.compile(r"`([a-z][a-z0-9.-]*(?:[/@#][A-Za-z0-9/@#._-]+)?)`")
OUT_OF_REACH = "out of reach: "


def rows(example: str) -> dict[int, str]:
    text = (EXAMPLES / example / "README.md").read_text()
    found = [(prefix, int(number), covered) for prefix, number, covered in _ROW.findall(text)]
    assert {prefix for prefix, _, _ in found} == {REQUIREMENTS[example][0]}
    assert len(found) == len({number for _, number, _ in found})
    return {number: covered for _, number, covered in found}


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
    covered = rows(example)
    assert sorted(covered) == list(range(1, REQUIREMENTS[example][1] + 1))
    for number, words in covered.items():
        if words.startswith(OUT_OF_REACH):
            assert len(words) > len(OUT_OF_REACH) + 10, f"{number}: say why it is out of reach"
            continue
        first = _QUOTED.search(words)
        assert first is not None, f"{number}: {words}"
        assert exists(first[1], catalog), f"{number}: {first[1]} is nothing in the catalogue"


@pytest.mark.parametrize("example", REQUIREMENTS)
def test_a_page_shows_what_the_readme_promises(example: str):
    catalog, _ = load_catalog(EXAMPLES / example / "readiness.yaml")
    page = re.search(r"var/reports/([a-z-]+)\.html", (EXAMPLES / example / "README.md").read_text())
    assert page is not None
    assert page[1] in catalog.models
