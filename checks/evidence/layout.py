"""Layout: what each file in a bag is called, and what a run's evidence and judgements put into it.

Paths are relative to the bag, as findings cite them (`data/raw/…`); `bundle_files` has them without `data/`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.errors import SealError
from checks.evidence.digests import Digest, sha256
from checks.evidence.records import Evidence, Provenance, RawCapture, Record, Scalar, json_bytes, rfc3339
from checks.findings import Judgement
from checks.slots import Slot

PAYLOAD = "data/"
VERDICTS = "data/verdicts.json"
CATALOG = "data/catalog.yaml"
INPUTS = "data/inputs.json"
REPORT_TEXT = "data/report.md"
REPORT_PAGE = "data/report.html"

_SAFE = re.compile(r"(?!\.)[A-Za-z0-9._-]{1,200}")


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose run a bundle speaks of: its stream, and the environment and version that were observed.

    A stream is one row of bundles, each naming the one before: `desk-stack/production/hourly`.
    """

    stream: str
    environment: str
    version: str | None


class CaptureMeta(Record):
    """What lies beside a raw body: how it came, and how to ask for it again."""

    check: str
    item: str
    bytes: int
    sha256: Digest
    capture: dict[str, Scalar]
    provenance: Provenance


def is_safe_name(name: str) -> bool:
    """Whether a name is fit for a file on any system: letters, digits, dot, dash and underscore, no dot in front."""
    return _SAFE.fullmatch(name) is not None


def is_safe_path(path: str) -> bool:
    """Whether every part of a relative path is a safe name, so that it cannot leave its folder."""
    return all(is_safe_name(part) for part in path.split("/"))


def bundle_path(slot: Slot) -> str:
    """Where the bundle of a slot lies beneath the root of the evidence: `2026/11/22/2026-11-22T1400Z.hourly`."""
    return f"{slot.at:%Y/%m/%d}/{slot.label}"


def raw_path(check: str, item: str) -> str:
    """The bytes a source sent, as they came."""
    return f"data/raw/{_safe(check)}/{_safe(item)}.body"


def meta_path(check: str, item: str) -> str:
    """What is known of those bytes: `CaptureMeta`."""
    return f"data/raw/{_safe(check)}/{_safe(item)}.meta.json"


def rows_path(check: str) -> str:
    """The rows that were read from a check's captures, a line of JSON each."""
    return f"data/rows/{_safe(check)}.jsonl"


def validation_path(check: str) -> str:
    """The Great Expectations result that a check's findings were read from."""
    return f"data/validation/{_safe(check)}.json"


def page_path(name: str) -> str:
    """A page as it was rendered then, the tracker for one."""
    return f"data/pages/{_safe(name)}"


def comparison_page_path(check: str) -> str:
    """The page of a comparison: counts, columns, totals, samples side by side."""
    return page_path(f"comparison.{_safe(check)}.html")


def open_items_path(check: str) -> str:
    """The rows that a comparison's sides do not agree on, and since which slot: `OpenItems`."""
    return page_path(f"open-items.{_safe(check)}.json")


def bundle_files(
    slot: Slot, evidence: Sequence[Evidence], judgements: Sequence[Judgement], *, origin: Origin, catalog: bytes
) -> Iterator[tuple[str, bytes]]:
    """Everything a run leaves but its pages, one file after the other: its path relative to `data/`, and its bytes.

    The order of arguments and of what is in them does not show in any file.
    """
    seen: set[str] = set()
    for path, data in _every_file(slot, evidence, judgements, origin=origin, catalog=catalog):
        if path in seen:
            raise SealError(
                f"{path} would be written twice; give every check one evidence and every capture its own item"
            )
        seen.add(path)
        yield path.removeprefix(PAYLOAD), data


def _every_file(
    slot: Slot, evidence: Sequence[Evidence], judgements: Sequence[Judgement], *, origin: Origin, catalog: bytes
) -> Iterator[tuple[str, bytes]]:
    for one in evidence:
        yield from _evidence_files(one)
    for judgement in judgements:
        yield from _judgement_files(judgement)
    yield VERDICTS, _verdicts(slot, origin, judgements)
    yield CATALOG, catalog


def _evidence_files(evidence: Evidence) -> Iterator[tuple[str, bytes]]:
    for capture in evidence.captures:
        yield raw_path(evidence.check, capture.item), capture.body
        yield meta_path(evidence.check, capture.item), _meta(evidence, capture)
    lines = [row.model_dump_json() + "\n" for row in evidence.rows]
    yield rows_path(evidence.check), "".join(lines).encode()


def _meta(evidence: Evidence, capture: RawCapture) -> bytes:
    meta = CaptureMeta(
        check=evidence.check,
        item=capture.item,
        bytes=len(capture.body),
        sha256=sha256(capture.body),
        capture=dict(capture.meta),
        provenance=evidence.provenance,
    )
    return json_bytes(json.loads(meta.model_dump_json()))


def _judgement_files(judgement: Judgement) -> Iterator[tuple[str, bytes]]:
    """A check that brought nothing was not validated, and has no file to say so: its finding does."""
    if judgement.validation:
        yield validation_path(judgement.check), judgement.validation


def _verdicts(slot: Slot, origin: Origin, judgements: Sequence[Judgement]) -> bytes:
    """`verdicts.json`, the fields of `Verdicts`: written finding by finding, since there may be many thousands."""
    verdicts = sorted((one for each in judgements for one in each.verdicts), key=lambda one: (one.check, one.subject))
    return json_bytes(
        {
            "stream": origin.stream,
            "slot": rfc3339(slot.at),
            "environment": origin.environment,
            "version": origin.version,
            "findings": [finding for verdict in verdicts for finding in verdict.findings],
        }
    )


def _safe(name: str) -> str:
    if not is_safe_name(name):
        raise SealError(f"{name!r} cannot be a file name in a bundle; use letters, digits, dot, dash and underscore")
    return name
