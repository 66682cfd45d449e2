"""`inputs.json` and what is derived with it: written one way, read strictly, and every difference said."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.errors import VerificationError
from checks.evidence.inputs import (
    Collection,
    EarlierOutcomes,
    EarlierVerdict,
    Inputs,
    Judging,
    Quoted,
    disordered,
    read_inputs,
    remembered,
)
from checks.evidence.rederivation import differing
from checks.outcome import Outcome
from tests.checks.evidence.examples import NOW, SLOT, evidence, judgement

(VERDICT,) = judgement(Outcome.FAIL, Outcome.PASS).verdicts
INPUTS = Inputs(
    made_with={"readiness-evidence": "0.1.0"},
    suites="0" * 64,
    judging=Judging(
        judged_at=NOW,
        checks=(Collection.of("api-health", evidence()), Collection.of("report", None, "no answer")),
        remembered=remembered({("report", "b"): ("2", "1"), ("report", "a"): ("3",)}),
    ),
    quoted=Quoted(
        as_of=NOW,
        verdicts=(EarlierVerdict.of(VERDICT),),
        before=EarlierOutcomes(as_of=NOW, rows=(("z", Outcome.PASS), ("a", Outcome.FAIL))),
    ),
)
BEFORE, AFTER = "-" * 30, "-" * 89


def test_inputs_come_back_as_they_were_written():
    read = read_inputs(INPUTS.data)
    assert read == INPUTS
    assert read.quoted.verdicts[0].verdict == VERDICT
    assert read.judging.fingerprints == {("report", "a"): ("3",), ("report", "b"): ("2", "1")}
    assert read.judging.failures == {"report": "no answer"}
    assert read.quoted.before is not None
    assert list(read.quoted.before.outcomes) == ["z", "a"]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"made_with"', b'"made_by"'), (b": null", b":null"), (b'"FAIL"', b'"FINE"'), (b"}\n", b"}")],
)
def test_inputs_that_were_written_another_way_are_refused(old: bytes, new: bytes):
    assert INPUTS.data.count(old)
    with pytest.raises(VerificationError):
        read_inputs(INPUTS.data.replace(old, new))


def test_evidence_without_captures_keeps_its_provenance_in_the_inputs():
    silent = replace(evidence(), captures=())
    assert Collection.of("api-health", silent).provenance == silent.provenance
    assert Collection.of("api-health", silent).brought
    assert Collection.of("api-health", evidence()).provenance is None


@pytest.mark.parametrize(
    ("judged", "shown", "told"),
    [
        (0, 0, 0),
        (-60, -60, 0),
        (-61, 0, 1),  # judged before it was collected
        (0, -61, 1),  # shown before it was judged
        (-600, 0, 2),  # judged before its slot had begun, too
    ],
)
def test_a_run_whose_instants_contradict_each_other_is_told(judged: int, shown: int, told: int):
    inputs = INPUTS.model_copy(
        update={
            "judging": INPUTS.judging.model_copy(update={"judged_at": NOW + timedelta(seconds=judged)}),
            "quoted": INPUTS.quoted.model_copy(update={"as_of": NOW + timedelta(seconds=shown)}),
        }
    )
    assert len(disordered(inputs, [evidence()], SLOT.at)) == told


@pytest.mark.parametrize(
    ("sealed", "derived", "said"),
    [
        (b"a\nb\n", b"a\nb\n", None),
        (None, b"a", "x is not there, and the captures give one"),
        (b"a", None, "x comes from nothing that was captured"),
        (b"a\nb\n", b"a\nc\n", "x is not what the captures give: line 2 is b, and should be c"),
        (b"a\n", b"a\nb\n", "x is not what the captures give: line 2 is not there, and should be b"),
        (b"a\n", b"a", "x is not what the captures give: its lines end otherwise"),
        (
            b"-" * 500 + b"b" + b"-" * 500,
            b"-" * 500 + b"c" + b"-" * 500,
            f"x is not what the captures give: line 1 is …{BEFORE}b{AFTER}…, and should be …{BEFORE}c{AFTER}…",
        ),
    ],
)
def test_the_first_line_that_differs_is_quoted(sealed: bytes | None, derived: bytes | None, said: str | None):
    assert differing("x", sealed, derived) == said
