"""The bundle writer: turns what a run leaves into one sealed, dated folder, or into nothing."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from checks.errors import SealError
from checks.evidence.bag import MANIFEST, TAG_MANIFEST, manifest_text, tag_files
from checks.evidence.bag_info import BagInfo, SealedInfo
from checks.evidence.checkpoint import Checkpoint
from checks.evidence.digests import sha256
from checks.evidence.layout import CATALOG, PAYLOAD, VERDICTS, bundle_path
from checks.evidence.leaf_list import LEAVES, Summed
from checks.evidence.tlog_proof import PROOF_FILE
from checks.evidence.verdicts import VerdictsSummary, summarise_verdicts
from checks.slots import Slot
from tasks.sealing.bundle import INSTRUCTIONS, STAGING, EvidenceBundle, read_info
from tasks.sealing.chain import Chain
from tasks.sealing.durability import make_durable, make_folders, sync, sync_all
from tasks.sealing.evidence_log import EvidenceLog
from tasks.sealing.latest import switch_latest
from tasks.sealing.proofs import proof_files
from tasks.sealing.settling import is_whole, move, settle
from tasks.sealing.signers import Signer
from tasks.sealing.staging import Files, Staging, Written, is_abandoned
from tasks.sealing.summing import leaf_list
from tasks.sealing.trust import publish_log_key, publish_trust
from tasks.sealing.turn import one_line, writing_alone
from tasks.sealing.verify_md import instructions
from tasks.sealing.waiting import note_waiting

Clock = Callable[[], datetime]


class BundleWriter:
    """Stages, seals and files bundles beneath one evidence root.

    Nothing shows under its final name before all of it is on the disk and signed. A run that dies leaves a staging
    folder, which `leftovers` lists: `resume` finishes it if its seal had begun, `discard` removes it. The signer signs
    the log's checkpoints too, unless another key is named for the `log`.
    """

    def __init__(self, root: Path, signer: Signer, now: Clock, *, log: Signer | None = None) -> None:
        self._root = root
        self._signer = signer
        self._now = now
        self._chain = Chain(root)
        self._log_signer = log or signer
        self._log = EvidenceLog(root, self._log_signer)
        self._open: dict[Path, Staging] = {}

    def stage(self, slot: Slot, files: Files) -> Path:
        """A new staging folder with these files, by path relative to `data/`; they are on the disk when it returns.

        So whoever notes the folder as something to seal later, notes bytes that a power cut leaves as they are. Files
        that come one after the other need not all be in memory at once.
        """
        with writing_alone(self._root):  # else whoever clears could meet it before it is locked
            staging = Staging.new(self._root / STAGING, slot)
            self._open[staging.path] = staging
        try:
            with one_line(self._root):
                staging.write(files)
                make_durable(staging.path, files=staging.count)
                sync(staging.path.parent)
                staging.is_durable = True
        except BaseException:
            self._remove(staging.path)  # nobody knows of it, and what it holds takes room
            raise
        return staging.path

    def add(self, staging: Path, files: Files) -> None:
        """Adds files that were made later, such as pages."""
        with one_line(self._root):
            self._staging(staging).write(files)

    def summed(self, stream: str, slot: Slot) -> dict[str, bytes]:
        """The list of leaves that a bundle sums up, as a file of it; none for a stream that sums up nothing."""
        summed = Summed.by(stream, slot)
        if summed is None:
            return {}
        with self._alone():
            return {LEAVES.removeprefix(PAYLOAD): leaf_list(self._root, summed).data}

    def seal(self, staging: Path, slot: Slot, info: BagInfo) -> EvidenceBundle:
        """Closes the bag, signs it, files it under its slot and points `latest` at it.

        A slot that is sealed already stays as it is: sealing the same payload again returns its bundle, any other
        payload is refused. A staging folder that is gone because its bundle got its name just before a crash is as
        good as the same payload.
        """
        with self._alone():
            target = self._root / bundle_path(slot)
            if target.exists() and not staging.exists():
                return self._sealed_before(target, slot, info)
            payload = self._staging(staging).payload()
            manifest = manifest_text({path: written.digest for path, written in payload.items()})
            if target.exists():
                self._compare(target, manifest)
                self._remove(staging)
            else:
                self._file(staging, target, manifest, self._describe(staging, slot, info=info, payload=payload))
            switch_latest(self._root, slot, target)
            return EvidenceBundle.at(target)

    def resume(self, staging: Path) -> EvidenceBundle:
        """Seals what a crashed run left, if all of its payload was there: that is, if its seal had begun."""
        with self._alone():
            if not staging.exists():
                return self._filed(staging)
        if not is_whole(staging):
            raise SealError(f"{staging} was left before all of its payload was there; discard it and collect again")
        info = read_info(staging)
        known = info.model_dump(include=set(BagInfo.model_fields) - {"previous", "log_index"})
        return self.seal(staging, Slot.parse_label(info.slot), BagInfo.model_validate(known))

    def discard(self, staging: Path) -> None:
        """Removes a staging folder; one whose bundle is in the log already is filed and not discarded."""
        with self._alone():
            if not staging.exists():
                raise SealError(f"{staging} is gone: it is in the evidence log, and its bundle stands under its slot")
            self._chain.forget(staging)
            self._remove(staging)

    def leftovers(self) -> list[Path]:
        """The staging folders that a crashed run left; those somebody works in are not among them."""
        with one_line(self._root):
            return [path for path in sorted((self._root / STAGING).glob("*.*-*")) if is_abandoned(path)]

    def clear(self, left: Path) -> bool:
        """Removes a leftover that no store has on record; whether it was there.

        One whose bundle is in the log is filed under its slot, and not removed.
        """
        with self._alone():
            if not left.exists() or not is_abandoned(left):
                return False
            self._chain.forget(left)
            self._remove(left)
            return True

    def _describe(
        self, staging: Path, slot: Slot, *, info: BagInfo, payload: Mapping[str, Written]
    ) -> tuple[SealedInfo, VerdictsSummary]:
        """What the bag says of itself; refused unless the payload says the same."""
        if VERDICTS not in payload or CATALOG not in payload:
            raise SealError(f"{staging} lacks {VERDICTS} or {CATALOG}; a bundle has both")
        verdicts = summarise_verdicts((staging / "bag" / VERDICTS).read_bytes())
        told = (info.stream, slot.at, info.environment, info.catalog_digest)
        if told != (verdicts.stream, verdicts.slot, verdicts.environment, payload[CATALOG].digest):
            raise SealError(f"{slot.label}: stream, slot, environment or catalogue are not those of its {VERDICTS}")
        before = self._chain.last(info.stream)
        if info.previous not in (None, before):
            raise SealError(f"{slot.label}: another bundle of {info.stream} was sealed in between; seal it again")
        size = sum(written.size for written in payload.values())
        sealed = SealedInfo(
            **info.model_dump(exclude={"previous", "log_index"}),
            previous=before,
            log_index=self._log.size,
            slot=slot.label,
            bagged_on=self._now().astimezone(UTC).date(),
            oxum=f"{size}.{len(payload)}",
            key=self._signer.kind,
        )
        return sealed, verdicts

    def _file(
        self, staging: Path, target: Path, manifest: bytes, described: tuple[SealedInfo, VerdictsSummary]
    ) -> None:
        """Writes all that is not payload, waits for the disk, and gives the bundle its name."""
        info, verdicts = described
        publish_trust(
            self._root / "trust", self._signer, as_of=info.verified_as_of, now=self._now(), log=self._log_signer
        )
        tags = tag_files(info.text(), manifest)
        proofs = proof_files(self._signer, tags[TAG_MANIFEST], info=info, verdicts=verdicts)
        guide = instructions(info, self._signer, self._log.key(self._log.origin(tags[TAG_MANIFEST])))
        written = _write(staging / "bag", tags)
        written += _write(staging / "proof", proofs)
        written += _write(staging, {INSTRUCTIONS: guide})
        appending = self._log.prepare(tags[TAG_MANIFEST])
        publish_log_key(self._root / "trust", self._log.key(Checkpoint.of(appending.note).origin))
        proof = self._log.files.proof(appending.index, appending.note)
        written += _write(staging / "proof", {PROOF_FILE: proof.data})
        written += [*appending.paths, *note_waiting(self._root, appending.index, target)]
        written += self._chain.note(info, staging, sha256(tags[TAG_MANIFEST]))
        make_folders(target.parent)
        if self._staging(staging).is_durable:
            sync_all(list(dict.fromkeys(written)))
        else:
            make_durable(staging, files=manifest.count(b"\n"), also=written)
        sync_all([self._log.commit(appending.tiles), move(staging, target)])
        self._close(staging)

    def _filed(self, staging: Path) -> EvidenceBundle:
        """The bundle that a staging folder of a dead run has become."""
        slot = Slot.parse_label(staging.name.rpartition("-")[0])
        return EvidenceBundle.at(self._root / bundle_path(slot))

    def _sealed_before(self, target: Path, slot: Slot, info: BagInfo) -> EvidenceBundle:
        """The bundle of a slot whose staging folder is gone, if it is of the run that asks."""
        sealed = read_info(target)
        if (sealed.stream, sealed.catalog_digest) != (info.stream, info.catalog_digest):
            raise SealError(f"{target.name} is sealed already, of another stream or catalogue, in {target}")
        switch_latest(self._root, slot, target)
        return EvidenceBundle.at(target)

    def _compare(self, target: Path, manifest: bytes) -> None:
        if (target / "bag" / MANIFEST).read_bytes() != manifest:
            raise SealError(
                f"{target.name} is sealed already, with other evidence, in {target}; a sealed slot is never replaced"
            )

    def _staging(self, path: Path) -> Staging:
        if path not in self._open:
            if not (path / "bag" / "data").is_dir():
                raise SealError(f"{path} is no staging folder; stage the slot first")
            self._open[path] = Staging(path)
        return self._open[path]

    def _remove(self, staging: Path) -> None:
        shutil.rmtree(staging)
        self._close(staging)

    def _close(self, staging: Path) -> None:
        if staging in self._open:
            self._open.pop(staging).close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The one writer beneath the root; a bundle that a dead run left in the log is filed before anything else."""
        with writing_alone(self._root):
            settle(self._root, self._log, self._chain)
            yield


def _write(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Writes files into a folder; returns what has to be synced."""
    folder.mkdir(exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return [*(folder / name for name in files), folder]
