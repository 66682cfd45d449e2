"""Summing up: the list of leaves in a daily or weekly bundle, and whether the log agrees with it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from checks.errors import ReadinessError, VerificationError
from checks.evidence.bag import TAG_MANIFEST
from checks.evidence.bag_info import SealedInfo
from checks.evidence.digests import sha256
from checks.evidence.leaf_list import LEAVES, LeafList, Summed, leaf_path
from checks.slots import Slot
from tasks.sealing.bundle import read_info
from tasks.sealing.log_files import LOG, LogFiles


def leaf_list(root: Path, summed: Summed) -> LeafList:
    """The leaves of the log as it stands; only to be used under the writer's lock, so that none is on its way."""
    checkpoint = LogFiles(root / LOG).checkpoint()
    digests, day = {}, summed.since
    while day < summed.until:
        for folder in sorted((root / f"{day:%Y/%m/%d}").glob(f"*Z.{summed.cadence}")):
            try:
                info = read_info(folder)
                slot = Slot.parse_label(info.slot)
                if summed.covers(info.stream, slot):
                    digests[leaf_path(slot)] = sha256((folder / "bag" / TAG_MANIFEST).read_bytes())
            except (OSError, ReadinessError):
                continue  # damaged: for `verify` to say; nothing can be said of its leaf
        day += timedelta(days=1)
    return LeafList(0 if checkpoint is None else checkpoint.size, digests)


def missummed(infos: Mapping[Path, SealedInfo], entries: Sequence[bytes]) -> Iterator[str]:
    """Where a bundle's list is not what the log has: a leaf that is none, one left out, or no list at all."""
    leaves = {sha256(entry): index for index, entry in enumerate(entries)}
    for folder, info in infos.items():
        summed = Summed.by(info.stream, Slot.parse_label(info.slot))
        if summed is None:
            continue
        there = {
            leaf_path(Slot.parse_label(one.slot)): index
            for one in infos.values()
            if summed.covers(one.stream, Slot.parse_label(one.slot)) and (index := one.log_index) is not None
        }
        try:
            found = LeafList.parse((folder / "bag" / LEAVES).read_bytes())
        except FileNotFoundError:
            if any(index < (info.log_index or 0) for index in there.values()):
                yield f"{folder.name} sums up leaves of {summed.stream}, and lists none"
            continue
        except (OSError, VerificationError) as error:
            yield f"{folder.name}: {LEAVES} cannot be read: {error}"
            continue
        yield from (f"{folder.name}: {problem}" for problem in _differences(found, info, there, leaves))


def _differences(
    found: LeafList, info: SealedInfo, there: Mapping[str, int], leaves: Mapping[str, int]
) -> Iterator[str]:
    if info.log_index is not None and found.size > info.log_index:
        yield f"{LEAVES} is of a log of {found.size} leaves, and the bundle is leaf {info.log_index}"
    for path, digest in found.digests.items():
        index = leaves.get(digest)
        if index is None or index >= found.size or there.get(path, index) != index:
            yield f"{LEAVES} lists {path}, which is no leaf of the log as it was then"
    for path, index in there.items():
        if index < found.size and path not in found.digests:
            yield f"{LEAVES} leaves out {path}, leaf {index}"
