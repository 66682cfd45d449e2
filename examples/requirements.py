"""What the examples cover of their documents' requirements: `python -m examples.requirements` prints the counts."""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from checks.catalog import Catalog
from checks.models import Model, in_order
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
from checks.readiness.requirement import Element
from checks.readiness.weighted_score import WeightedScore
from flows.wiring import load_catalog, now

EXAMPLES = Path(__file__).parent
REQUIREMENTS = {
    "release-gate": ("S0", 35),
    "slos-and-drills": ("S1", 41),
    "service-scorecard": ("S2", 56),
    "weighted-score": ("S3", 82),
    "use-case-register": ("S4", 57),
}
"""By example: the prefix of its document's requirements, and how many there are."""
OUT_OF_REACH = "out of reach: "
HALFWAY = "halfway: "
_ROW = re.compile(r"^\| (S\d)-(\d+) \| (.+) \|$", re.MULTILINE)
_QUOTED = re.compile(r"`([a-z][a-z0-9.-]*(?:[/@#][A-Za-z0-9/@#=._-]+)?)`")


@dataclass(frozen=True, slots=True)
class Covered:
    """One row of an example's map: a requirement, and what its README says of it."""

    prefix: str
    number: int
    words: str

    @property
    def is_out_of_reach(self) -> bool:
        return self.words.startswith(OUT_OF_REACH)

    @property
    def is_halfway(self) -> bool:
        """Whether only a part of it is shown, and the README says which."""
        return not self.is_out_of_reach and HALFWAY in self.words

    @property
    def names(self) -> list[str]:
        """What covers it, by the catalogue's names; what stands in brackets explains."""
        return [] if self.is_out_of_reach else _QUOTED.findall(self.words.partition(" (")[0])


def covered(example: str) -> list[Covered]:
    """The map of an example's README, in its order."""
    text = (EXAMPLES / example / "README.md").read_text(encoding="utf-8")
    return [Covered(prefix, int(number), words) for prefix, number, words in _ROW.findall(text)]


def unsupported(example: str) -> set[int]:
    """The requirements whose parts of a model name no evidence: they are shown, as MISSING or as somebody's claim."""
    catalog, _ = load_catalog(EXAMPLES / example / "readiness.yaml")
    bare = {f"{model.id}/{part}" for model in catalog.models.values() for part in _without_evidence(catalog, model)}
    return {one.number for one in covered(example) if one.names and bare.issuperset(one.names)}


def by_people(example: str) -> set[int]:
    """The requirements that only people's signed evidence shows, or that it shows together with other checks."""
    catalog, _ = load_catalog(EXAMPLES / example / "readiness.yaml")
    resting = {check.id for check in catalog.checks.values() if check.kind == "attestation"}
    for model in in_order(catalog.models):
        for name, one in _elements(catalog, model).items():
            if any(_rests_on(answer.reference) in resting for answer in one.answers):
                resting.add(f"{model.id}/{name}")
    return {one.number for one in covered(example) if any(_rests_on(name) in resting for name in one.names)}


def _rests_on(reference: str) -> str:
    """The check, or the part of a model, that a reference leads to."""
    return reference.removeprefix("model:").partition("#")[0].partition("@")[0]


def _elements(catalog: Catalog, model: Model) -> Mapping[str, Element]:
    """The parts of a model before anything was looked at: what each of them would rest on."""
    facts = Facts.of(catalog, [], contexts={}, waivers=[], as_of=now())
    return assess_all(facts, ASSESS)[model.id].elements


def _without_evidence(catalog: Catalog, model: Model) -> set[str]:
    """Parts that rest on nothing; a scorecard's column does where its cell does in every row."""
    elements = _elements(catalog, model)
    bare = {name for name, one in elements.items() if not one.answers and name != "ownership"}
    if isinstance(model, WeightedScore):
        return bare - {
            f"{name}/{key}" for name, one in model.categories.items() for key, item in one.items.items() if item.halfway
        }
    columns = {name.partition("/")[2] for name in elements.keys() - bare}
    return {name for name in bare if name.partition("/")[2] not in columns}


def table() -> Iterator[str]:
    """How many requirements of each document rest on which evidence, as a markdown table; a row counts once."""
    columns = ("requirements", "by checks", "with people's word", "halfway", "shown without evidence", "out of reach")
    yield f"| example | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    total = [0] * len(columns)
    for example, (prefix, _) in REQUIREMENTS.items():
        rows, bare = covered(example), unsupported(example)
        out, half = sum(one.is_out_of_reach for one in rows), sum(one.is_halfway for one in rows)
        people = len(by_people(example) - {one.number for one in rows if one.is_halfway})
        counts = [len(rows), len(rows) - out - half - people - len(bare), people, half, len(bare), out]
        total = [before + more for before, more in zip(total, counts, strict=True)]
        yield f"| {example} ({prefix}) | {' | '.join(map(str, counts))} |"
    yield f"| all | {' | '.join(map(str, total))} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
