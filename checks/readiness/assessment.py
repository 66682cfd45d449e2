"""Assessments: what a readiness model comes to at an instant; every template's answer is one, with more to say."""

from collections.abc import Mapping

from checks.evidence.inputs import EarlierStanding
from checks.outcome import Outcome
from checks.readiness.facts import Answer
from checks.readiness.requirement import Element
from checks.records import Instant, Record
from checks.references import ModelReference


class Assessment(Record):
    """A model's answer. `sentence` says it in one line; `figure` is the number that a trend follows, if any."""

    model: str
    template: str
    title: str
    system: str
    environment: str
    as_of: Instant
    outcome: Outcome
    sentence: str
    figure: float | None = None
    figure_words: str | None = None

    @property
    def elements(self) -> Mapping[str, Element]:
        """Its parts by the names under which other models rest on them."""
        return {}

    @property
    def counted(self) -> Mapping[str, Element]:
        """Those of its parts that are counted by outcome; parts that sum up others would count them twice."""
        return self.elements

    @property
    def part_words(self) -> Mapping[str, str]:
        """A word for each part that is worth comparing with an earlier day's: an outcome, or a level."""
        return {name: str(part.outcome) for name, part in self.elements.items()}

    def remark(self, before: str, now: str) -> str | None:  # noqa: ARG002 (for templates whose words have an order)
        """What is odd about a part that had one word and has another."""
        return None

    def as_earlier(self, ago: str) -> EarlierStanding:
        """In short, for a later page to compare itself with."""
        return EarlierStanding(
            model=self.model,
            ago=ago,
            as_of=self.as_of,
            outcome=self.outcome,
            sentence=self.sentence,
            figure=self.figure,
            figure_words=self.figure_words,
            parts=dict(self.part_words),
        )

    def answer(self, reference: ModelReference) -> Answer:
        """What another model's reference to it, or to one of its parts, comes to."""
        if reference.element is None:
            deciding = max(
                (one for part in self.elements.values() for one in part.answers),
                key=lambda one: one.outcome.badness,
                default=None,
            )
            return _answer(reference, self.outcome, self.sentence, deciding)
        part = self.elements[reference.element]
        return _answer(reference, part.outcome, part.because, part.deciding)


def _answer(reference: ModelReference, outcome: Outcome, because: str, deciding: Answer | None) -> Answer:
    found = deciding or Answer(reference="", outcome=outcome, because="")
    return Answer(
        reference=str(reference),
        outcome=outcome,
        because=because,
        subject=found.subject,
        slot=found.slot,
        judged_at=found.judged_at,
        version=found.version,
    )
