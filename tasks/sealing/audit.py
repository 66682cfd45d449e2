"""The audit of the evidence log: append-only, complete, and every leaf's bundle there or its deletion on record."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

from checks.evidence.auditing import NOTHING_MORE, About, AuditProblem, Demands, LogAudit
from checks.evidence.completeness import Owing, absent, pauses
from checks.evidence.digests import sha256
from checks.evidence.log_records import Archived, Departure, Tombstone
from checks.evidence.ordering import Logged, set_back
from checks.evidence.people import PersonsEvidence
from checks.evidence.trust import TrustPolicy
from checks.slots import Slot
from tasks.sealing.attesting import artifact_path
from tasks.sealing.catalogs import owing
from tasks.sealing.found import Found
from tasks.sealing.log_history import rewritten
from tasks.sealing.logged import Belief
from tasks.sealing.standing_by import unapproved, unvouched
from tasks.sealing.summing import missummed


def audit_log(root: Path, trust: TrustPolicy, *, as_of: datetime, demands: Demands = NOTHING_MORE) -> LogAudit:
    """Audits the log beneath an evidence root, against keys that the reader trusts, as of an instant.

    Payloads are not read: `verify` does that.
    """
    belief = Belief.of(root, trust)
    found = Found.at(root, belief.trust)
    unknown, owed = owing(found)
    changes, vouching = unapproved(belief.log.changes, demands), unvouched(found, belief.trust, demands, as_of=as_of)
    problems = [
        *found.problems,
        *_about(About.LOG, _history(found)),
        *_about(About.RECORD, _weak(found, belief.trust)),
        *_about(About.BUNDLE, _missing(found)),
        *_about(About.BUNDLE, missummed(found.infos, found.entries)),
        *_about(About.CLOCK, set_back([*_times(found)])),
        *_about(About.SLOT, unknown),
        *_about(About.SLOT, _unfilled(found, owed, as_of)),
        *_about(About.APPROVAL, changes.problems),
        *_about(About.ANCHOR, vouching.problems),
    ]
    gone = [one.record for one in found.records.values() if isinstance(one.record, Departure)]
    return LogAudit(
        log=found.log,
        leaves=len(found.entries),
        bundles=len(found.infos),
        records=len(found.records),
        tombstones=sum(isinstance(one, Tombstone) for one in gone),
        archived=sum(isinstance(one, Archived) for one in gone),
        slots=len({(info.stream, Slot.parse_label(info.slot).end) for info in found.infos.values()}),
        found=tuple(problems),
        remarks=(*changes.remarks, *vouching.remarks, *(one.words for one in belief.successors)),
    )


def _about(about: About, texts: Iterable[str]) -> Iterator[AuditProblem]:
    yield from (AuditProblem(about, text) for text in texts)


def _history(found: Found) -> Iterator[str]:
    """Leaves that are there twice, and whatever checkpoint the log has left behind."""
    for entry, times in Counter(found.entries).items():
        if times > 1:
            same = ", ".join(str(at) for at, one in enumerate(found.entries) if one == entry)
            yield f"leaves {same} are the same"
    if found.entries:
        yield from rewritten(found.root, found.entries, found.log)


def _weak(found: Found, trust: TrustPolicy) -> Iterator[str]:
    """Records that do not count or do not speak of the leaf that they name, and artefacts that are not as they were."""
    for index, signed in found.records.items():
        record = signed.record
        yield from (f"{found.logged[index]}: {why}" for why in signed.weaknesses(trust))
        if isinstance(record, Departure):
            leaf = found.entries[record.index] if record.index < len(found.entries) else b""
            if sha256(leaf) != record.digest:
                yield f"{found.logged[index]} says that leaf {record.index} is {record.slot}, and it is another"
        if isinstance(record, PersonsEvidence):
            path = found.root / artifact_path(record)
            if not path.is_file():
                yield f"{artifact_path(record)} is not there"
            elif sha256(path.read_bytes()) != record.artifact_digest:
                yield f"{artifact_path(record)} was changed"


def _missing(found: Found) -> Iterator[str]:
    """Leaves whose bundle is not there, without a record of its deletion or of where it is."""
    placed = {info.log_index: folder for folder, info in found.bundles.items()}
    gone = {one.record.index for one in found.records.values() if isinstance(one.record, Departure)}
    for index in sorted({*range(len(found.entries))} - {*gone, *found.logged, *placed}):
        before = max((at for at in placed if at is not None and at < index), default=None)
        near = "" if before is None else f"; it was logged after {placed[before].name}"
        yield f"the bundle of leaf {index} is not there, and no tombstone says why{near}"


def _times(found: Found) -> Iterator[Logged]:
    """Every leaf that says when it was made."""
    for index, signed in found.records.items():
        yield Logged.record(index, found.logged[index], signed.record.at)
    for info in found.bundles.values():
        if info.log_index is not None:
            yield Logged.bundle(info.log_index, info)


def _unfilled(found: Found, owed: list[Owing], as_of: datetime) -> Iterator[str]:
    """Every slot that was owed and that has no leaf."""
    streams: dict[str, list[Slot]] = defaultdict(list)
    for info in found.infos.values():
        streams[info.stream].append(Slot.parse_label(info.slot))
    records = [found.records[index].record for index in sorted(found.records)]
    departed = [Slot.parse_label(one.slot) for one in records if isinstance(one, Departure)]
    for stream, slot in absent(streams, owed, until=as_of, departed=departed, paused=pauses(records)):
        yield f"{slot.label} of {stream} was owed, and has no leaf"
