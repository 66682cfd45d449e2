"""What the examples cover of their documents' requirements: `python -m examples.requirements` prints the counts."""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.catalog import Catalog
from checks.models import Model
from checks.readiness.assessing import assess_all
from checks.readiness.facts import Facts
from checks.readiness.registry import ASSESS
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


def _without_evidence(catalog: Catalog, model: Model) -> set[str]:
    """Parts that rest on nothing; a scorecard's column does where its cell does in every row."""
    facts = Facts.of(catalog, [], contexts={}, waivers=[], as_of=now())
    elements = assess_all(facts, ASSESS)[model.id].elements
    bare = {name for name, one in elements.items() if not one.answers and name != "ownership"}
    if isinstance(model, WeightedScore):
        return bare - {
            f"{name}/{key}" for name, one in model.categories.items() for key, item in one.items.items() if item.halfway
        }
    columns = {name.partition("/")[2] for name in elements.keys() - bare}
    return {name for name in bare if name.partition("/")[2] not in columns}


def table() -> Iterator[str]:
    """How many requirements of each document rest on evidence, as a markdown table."""
    columns = ("requirements", "by evidence", "halfway", "shown without evidence", "out of reach")
    yield f"| example | {' | '.join(columns)} |"
    yield f"| --- |{' ---: |' * len(columns)}"
    total = [0] * len(columns)
    for example, (prefix, _) in REQUIREMENTS.items():
        rows, bare = covered(example), unsupported(example)
        out, half = sum(one.is_out_of_reach for one in rows), sum(one.is_halfway for one in rows)
        counts = [len(rows), len(rows) - out - half - len(bare), half, len(bare), out]
        total = [before + more for before, more in zip(total, counts, strict=True)]
        yield f"| {example} ({prefix}) | {' | '.join(map(str, counts))} |"
    yield f"| all | {' | '.join(map(str, total))} |"


if __name__ == "__main__":
    sys.stdout.write("\n".join(table()) + "\n")
