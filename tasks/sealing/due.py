"""What is due for deletion under a policy, and what keeps it all the same. Looks, and deletes nothing."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from checks.errors import ReadinessError, SealError, VerificationError
from checks.evidence.bag import MANIFEST, TAG_MANIFEST, read_manifest
from checks.evidence.bag_info import SealedInfo
from checks.evidence.digests import sha256
from checks.evidence.holds import Hold, HoldRelease, standing_holds
from checks.evidence.layout import VERDICTS
from checks.evidence.log_records import AnyRecord, record_in
from checks.evidence.people import Waiver
from checks.evidence.signed_records import SignedRecord
from checks.evidence.trust import TrustPolicy
from checks.records import rfc3339
from checks.retention import Retention
from checks.slots import Slot
from tasks.sealing.bundle import bundle_folders, read_info
from tasks.sealing.log_files import LOG, LogFiles
from tasks.sealing.waiting import waiting

_EXCEPTIONS = (Hold, HoldRelease, Waiver)


@dataclass(frozen=True, slots=True)
class Dated:
    """A bundle that a policy keeps until an instant. `words` are the policy; `kept_by` is what keeps it after that.

    `unfit` says why nobody may rely on it yet, if so: it is not what was logged, or nobody has vouched for it.
    """

    path: Path
    slot: Slot
    index: int
    until: datetime
    words: str
    kept_by: tuple[str, ...]
    unfit: str | None


def due_for_deletion(
    root: Path, policy: Retention, trust: TrustPolicy, *, as_of: datetime, anchored: bool
) -> list[Dated]:
    """The bundles whose time is over at an instant, oldest first, with what keeps them all the same."""
    found = dated_bundles(root, policy, trust, as_of=as_of, anchored=anchored, over=as_of)
    return [one for one in found if one.until <= as_of]


def dated_bundles(
    root: Path, policy: Retention, trust: TrustPolicy, *, as_of: datetime, anchored: bool, over: datetime | None = None
) -> list[Dated]:
    """The bundles of cadences that a policy names, oldest first; only those that may be `over` at an instant, if given.

    What keeps one: a legal hold, a waiver for one of its checks, that it is the last of its stream (the next one names
    it, and `latest` points at it), that it does not hold what was logged, and, where only what is `anchored` may go,
    that nobody has vouched for it yet. If a hold or a waiver of the log is not there, nobody can tell: that is refused.
    """
    log = LogFiles(root / LOG)
    entries = log.sound_entries()
    if not entries:
        return []
    exceptions = _Exceptions(_records(root, entries), trust, as_of)
    unanchored = {index for index, _ in waiting(root, len(entries))} if anchored else set()
    infos = dict(_infos(root))
    last = set(_last_of_streams(infos))
    found = []
    for folder, info in infos.items():
        slot, checks, unfit = Slot.parse_label(folder.name), dict[str, str](), None
        soonest = policy.keeps_until(slot, ())
        if soonest is None or (over is not None and soonest > over):
            continue
        try:
            checks = _checks(folder, info, entries)
        except ReadinessError as error:
            unfit = f"{error}; run `readiness verify`"
        if info.log_index in unanchored:
            unfit = "no witness or authority has vouched for it yet"
        kept_by = list(exceptions.keeping(slot, checks))
        kept_by += ["it is the last of its stream"] if folder in last else []
        kept_by += [unfit] if unfit else []
        kinds = set(checks.values())
        until = policy.keeps_until(slot, kinds) or soonest
        words = policy.words(slot, kinds)
        found.append(Dated(folder, slot, info.log_index or 0, until, words, tuple(kept_by), unfit))
    return sorted(found, key=lambda one: (one.slot.at, one.path))


class _Exceptions:
    """The holds and the waivers that stand at an instant.

    Whatever says that evidence stays is believed; that a hold is over, only of an allowed signer.
    """

    def __init__(self, records: Mapping[str, SignedRecord], trust: TrustPolicy, as_of: datetime) -> None:
        found: dict[str, AnyRecord] = {digest: one.record for digest, one in records.items()}
        holds = {digest: one for digest, one in found.items() if isinstance(one, Hold)}
        releases = {
            digest: one
            for digest, one in found.items()
            if isinstance(one, HoldRelease) and not records[digest].weaknesses(trust)
        }
        self._holds = standing_holds(holds, releases, as_of=as_of)
        self._waivers = [one for one in found.values() if isinstance(one, Waiver) and one.holds(as_of)]

    def keeping(self, slot: Slot, checks: Collection[str]) -> Iterator[str]:
        for hold in self._holds:
            if hold.covers(slot):
                until = f"until {rfc3339(hold.expires_at)}" if hold.expires_at else "until it is released"
                yield f"hold by {hold.by} {until}: {hold.reason}"
        for waiver in self._waivers:
            if waiver.check in checks:
                yield f"waiver of {waiver.check} by {waiver.by} until {rfc3339(waiver.expires_at)}"


def _records(root: Path, entries: Sequence[bytes]) -> dict[str, SignedRecord]:
    """Every hold, release and waiver of the log, by the digest of its record; one that is gone is refused."""
    endings = tuple(f".{kind.model_fields['kind'].default}.json" for kind in _EXCEPTIONS)
    found = {}
    for entry in entries:
        logged = record_in(entry) if b"  records/" in entry else None
        if logged is None or not logged[0].endswith(endings):
            continue
        path, digest = logged
        try:
            found[digest] = SignedRecord.parse(_as_logged(root / path, digest))
        except (OSError, VerificationError) as error:
            why = error.strerror if isinstance(error, OSError) else error
            raise SealError(
                f"{path}: {why}; it may keep evidence, so nothing is deleted before it is back: `readiness log audit`"
            ) from error
    return found


def _as_logged(path: Path, digest: str) -> bytes:
    data = path.read_bytes()
    if sha256(data) != digest:
        raise VerificationError("it is not the record that was logged")
    return data


def _infos(root: Path) -> Iterator[tuple[Path, SealedInfo]]:
    """What can be read; the rest is for `verify` to say, and stays."""
    for folder in bundle_folders(root):
        try:
            yield folder, read_info(folder)
        except (OSError, ReadinessError):
            continue


def _last_of_streams(infos: Mapping[Path, SealedInfo]) -> Iterable[Path]:
    """The bundle of each stream that was logged last, and the one of its newest slot."""
    logged: dict[str, Path] = {}
    newest: dict[str, Path] = {}
    for folder, info in sorted(infos.items(), key=lambda item: item[1].log_index or 0):
        logged[info.stream] = folder
    for folder, info in sorted(infos.items(), key=lambda item: Slot.parse_label(item[1].slot)):
        newest[info.stream] = folder
    return (*logged.values(), *newest.values())


def _checks(folder: Path, info: SealedInfo, entries: Sequence[bytes]) -> dict[str, str]:
    """The checks that a bundle has findings of, each with its kind, if its verdicts are those that were logged."""
    bag = folder / "bag"
    try:
        tag_manifest, manifest = (bag / TAG_MANIFEST).read_bytes(), (bag / MANIFEST).read_bytes()
        verdicts = (bag / VERDICTS).read_bytes()
    except OSError as error:
        raise VerificationError(f"{error.filename} cannot be read: {error.strerror}") from error
    if info.log_index is None or entries[info.log_index : info.log_index + 1] != [tag_manifest]:
        raise VerificationError("it is not the leaf of the log that it says it is")
    listed = (read_manifest(tag_manifest).get(MANIFEST), read_manifest(manifest).get(VERDICTS))
    if listed != (sha256(manifest), sha256(verdicts)):
        raise VerificationError("its verdicts are not those that were sealed")
    return {finding["check"]: finding["kind"] for finding in json.loads(verdicts)["findings"]}
