"""What a collector hands over: typed rows, byte-exact captures, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import Field

from checks.records import Instant as Instant
from checks.records import Record as Record
from checks.records import Scalar as Scalar
from checks.records import json_bytes as json_bytes
from checks.records import rfc3339 as rfc3339


class EvidenceRow(Record):
    """One observation of one subject; each kind of evidence adds its own columns."""

    subject: str


class Provenance(Record):
    """Where evidence came from, so that a stranger could ask the same question again.

    `request` is the exact URL or query, without credentials; durations are seconds. `redactions` says how many secrets
    of which form were taken out of the captures before anything was kept; where it is not there, they are byte-exact.
    """

    collector: str
    collector_version: str
    source: str
    request: str
    parameters: dict[str, Scalar] = Field(default_factory=dict)
    started_at: Instant
    ended_at: Instant
    rows: int
    redactions: dict[str, int] = Field(default_factory=dict, exclude_if=lambda found: not found)


@dataclass(frozen=True, slots=True)
class RawCapture:
    """The very bytes a source sent, and what they came with.

    `item` names it within its check and becomes a file name: letters, digits, dot, dash and underscore.
    """

    item: str
    body: bytes
    meta: Mapping[str, Scalar] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one collection of one check brought: rows to judge, and the captures they were read from."""

    check: str
    rows: tuple[EvidenceRow, ...]
    captures: tuple[RawCapture, ...]
    provenance: Provenance
