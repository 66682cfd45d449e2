"""Statements: what the collector attests of a bundle, as in-toto Statements v1.

There are two about the same subject, the bag's tag manifest: one in the words of in-toto's test-result predicate, for
other people's tools, and one of our own that keeps all ten outcomes apart.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo
from checks.evidence.digests import Digest
from checks.evidence.dsse import compact_json
from checks.evidence.layout import CATALOG
from checks.evidence.records import Record
from checks.evidence.verdicts import VerdictsSummary
from checks.outcome import Outcome

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
OUTCOMES = "urn:readiness-evidence:outcomes:v1"

STATEMENT_FILE = "statement.dsse.json"
OUTCOMES_FILE = "outcomes.dsse.json"
SIGSTORE_FILE = "statement.sigstore.json"
"""The envelope of `STATEMENT_FILE` once more, in the form that Sigstore's verifiers read."""


class Resource(Record):
    """Something with a digest: an in-toto ResourceDescriptor."""

    name: str
    digest: dict[Literal["sha256"], Digest]


class ResultPredicate(Record):
    """The predicate of in-toto's test-result, v0.1; the tests by name stand in `verdicts.json`."""

    result: Literal["PASSED", "WARNED", "FAILED"]
    configuration: tuple[Resource, ...]


class Outcomes(Record):
    """The predicate of our own: which slot, and how many findings came to which outcome."""

    stream: str
    slot: str
    status: str
    environment: str
    version: str | None
    findings: dict[Outcome, Annotated[int, Field(ge=0)]]


class ResultStatement(Record):
    """A statement that other people's policies read."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Resource]
    predicateType: Literal["https://in-toto.io/attestation/test-result/v0.1"]  # noqa: N815 (in-toto's spelling)
    predicate: ResultPredicate


class OutcomesStatement(Record):
    """A statement that keeps every outcome apart."""

    type: Literal["https://in-toto.io/Statement/v1"] = Field(alias="_type")
    subject: tuple[Resource]
    predicateType: Literal["urn:readiness-evidence:outcomes:v1"]  # noqa: N815 (in-toto's spelling)
    predicate: Outcomes


def statements(tag_manifest_digest: str, info: SealedInfo, verdicts: VerdictsSummary) -> dict[str, bytes]:
    """What a bundle attests, by the file in `proof/` that holds it; compact JSON, always the same bytes."""
    subject = [{"name": subject_name(info.slot), "digest": {"sha256": tag_manifest_digest}}]
    catalog = {"name": CATALOG, "digest": {"sha256": info.catalog_digest}}
    outcomes = Outcomes(
        stream=info.stream,
        slot=info.slot,
        status=info.status,
        environment=info.environment,
        version=verdicts.version,
        findings=verdicts.counts,
    )
    predicates: dict[str, tuple[str, object]] = {
        STATEMENT_FILE: (TEST_RESULT, {"result": overall_result(verdicts.counts), "configuration": [catalog]}),
        OUTCOMES_FILE: (OUTCOMES, outcomes.model_dump(mode="json")),
    }
    return {
        file: compact_json({"_type": STATEMENT_TYPE, "subject": subject, "predicateType": kind, "predicate": predicate})
        for file, (kind, predicate) in predicates.items()
    }


def subject_name(slot: str) -> str:
    """What the statements call their subject."""
    return f"{slot}/bag/{TAG_MANIFEST}"


def overall_result(counts: Mapping[Outcome, int]) -> Literal["PASSED", "WARNED", "FAILED"]:
    """One word for a slot: waived is warned, anything else that is not a pass has failed, and so has nothing at all."""
    found = {outcome for outcome, count in counts.items() if count}
    if not found or found - {Outcome.PASS, Outcome.WAIVED}:
        return "FAILED"
    return "WARNED" if Outcome.WAIVED in found else "PASSED"
